"""Creates PostgreSQL's data folder and checks its version."""

import errno
import locale
import os
import shutil
import subprocess
from pathlib import Path

from factcheck.devdb.binaries import Binaries
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places

DATABASE = "factcheck"
ROLE = "factcheck"
_BUILTIN_LOCALE_SINCE = 17
_PARTIAL = "cluster.making"

_CONFIGURATION = """
# Factcheck: a small server for one machine. The settings that keep it private are passed when it starts.
max_connections = 100
shared_buffers = 128MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_checkpoints = off
"""
_ACCESS = "# The socket is in a folder that only its owner and root can enter.\nlocal all all trust\n"


def create(places: Places, binaries: Binaries) -> None:
    """Create the data folder with its role and database, completely or not at all.

    Raises LaunchError if that fails.
    """
    partial = places.home / _PARTIAL
    # Left by an interrupted start. Nobody else uses it, because we hold the supervisor's lock.
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _run(places, [binaries.program("initdb"), "-D", partial, *_initdb_options(binaries)])
        with (partial / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(_CONFIGURATION)
        (partial / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
        _run(
            places,
            [binaries.program("postgres"), "--single", "-D", partial, "postgres"],
            statement=f"CREATE DATABASE {DATABASE};\n",
        )
        partial.rename(places.cluster)
    except OSError as error:
        raise _creation_failure(places, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_version(places: Places, binaries: Binaries) -> None:
    """Check that these programs can read the data folder.

    Raises LaunchError if they can't. The message has the command that moves the data.
    """
    made_by = major_version(places.cluster)
    if made_by == binaries.major:
        return
    if made_by is None:
        raise LaunchError(
            f"{places.cluster} is not a database: it has no PG_VERSION. "
            "Move it away to start with an empty one, or put a backup in its place."
        )
    raise LaunchError(
        f"The database in {places.cluster} was made by PostgreSQL {made_by}, "
        f"and the programs in {binaries.folder} are version {binaries.version}. Run `manage.py db upgrade` to move it, "
        f"or set POSTGRES_BIN to the folder of PostgreSQL {made_by}'s programs."
    )


def major_version(cluster: Path) -> int | None:
    """The major version that created this data folder, or None if it isn't one."""
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _initdb_options(binaries: Binaries) -> list[str]:
    # Collation and case mapping come from PostgreSQL itself where it has its own table, so every machine sorts alike.
    libc = "C.UTF-8" if _libc_has("C.UTF-8") else "C"
    options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", libc]
    options += ["--lc-messages", "C", "--text-search-config", "simple", "--no-instructions"]
    if binaries.major >= _BUILTIN_LOCALE_SINCE:
        options += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    return options


def _libc_has(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def _run(places: Places, command: list[str | Path], statement: str = "") -> None:
    done = subprocess.run(  # noqa: S603
        command,
        input=statement,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with places.log.open("a", encoding="utf-8") as log:
        log.write(done.stdout)
    # In single-user mode a failed statement does not change the exit status.
    if done.returncode or "ERROR:" in done.stdout:
        program = Path(command[0]).name
        raise _creation_failure(places, error_line(done.stdout) or f"{program} ended with {done.returncode}")


def error_line(output: str) -> str:
    """The first of the most severe errors in PostgreSQL's output, without its prefix. Empty if there is none."""
    for prefix in ("PANIC:  ", "FATAL:  ", "error: ", "ERROR:  "):
        for line in output.splitlines():
            if prefix in line:
                return line.partition(prefix)[2].strip().rstrip(".")
    return ""


def _creation_failure(places: Places, why: str) -> LaunchError:
    advice = (
        "Free 100 MB there"
        if os.strerror(errno.ENOSPC) in why
        else "Fix that and start again, or set DATA_FOLDER to another folder"
    )
    return LaunchError(
        f"PostgreSQL cannot make its database in {places.cluster}: {why}. The log is {places.log}. {advice}."
    )
