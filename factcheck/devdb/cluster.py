"""PostgreSQL's data folder: how it is made, and which versions can read it."""

import errno
import locale
import os
import shutil
import subprocess
from pathlib import Path

from factcheck.devdb import binaries as programs
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places

DATABASE = "factcheck"
ROLE = "factcheck"
_BUILTIN_LOCALE_SINCE = 17
_PARTIAL = "cluster.making"

_CONFIGURATION = """
# Factcheck: a small server for one machine. What keeps it private is given when it starts, not here.
max_connections = 100
shared_buffers = 128MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_checkpoints = off
"""
_ACCESS = "# The server listens only in a folder that its owner and root can enter.\nlocal all all trust\n"


def create(places: Places, binaries: Binaries) -> None:
    """Make the data folder with its role and database, whole or not at all.

    Raises LaunchError when PostgreSQL cannot make it.
    """
    partial = places.home / _PARTIAL
    # Left behind by a start that was cut off: nobody else can be at it, the supervisor's lock is ours.
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
        raise _cannot_make(places, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_version(places: Places, binaries: Binaries) -> None:
    """Raise LaunchError, with the commands that move the data, when these programs cannot read the folder."""
    made_by = major_version(places.cluster)
    if made_by == binaries.major:
        return
    if made_by is None:
        raise LaunchError(
            f"{places.cluster} is not a database: it has no PG_VERSION. "
            "Move it away to start with an empty one, or put a backup in its place."
        )
    old = next(
        (
            folder
            for folder in programs.installed_folders()
            if (version := programs.version_in(folder)) and version.split(".")[0] == str(made_by)
        ),
        f"<folder of PostgreSQL {made_by}'s programs>",
    )
    raise LaunchError(
        f"The database in {places.cluster} was made by PostgreSQL {made_by}, "
        f"and the programs in {binaries.folder} are version {binaries.version}. Dump it with the old ones: "
        f"`POSTGRES_BIN={old} python manage.py db dump factcheck.sql`, and load it with the new ones: "
        f"`mv '{places.cluster}' '{places.cluster}.{made_by}' && "
        "python manage.py db psql -- -v ON_ERROR_STOP=1 -q -1 -f factcheck.sql`."
    )


def major_version(cluster: Path) -> int | None:
    """The major version that made this data folder, or None when it is no data folder."""
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _initdb_options(binaries: Binaries) -> list[str]:
    # Sorting and case come from one table inside PostgreSQL where it has one, never from the machine.
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
        raise _cannot_make(places, complaint(done.stdout) or f"{program} ended with {done.returncode}")


def complaint(output: str) -> str:
    """The line in PostgreSQL's output that says what went wrong, without its mark, or nothing."""
    for mark in ("PANIC:  ", "FATAL:  ", "error: ", "ERROR:  "):
        for line in output.splitlines():
            if mark in line:
                return line.partition(mark)[2].strip().rstrip(".")
    return ""


def _cannot_make(places: Places, why: str) -> LaunchError:
    advice = (
        "Free 100 MB there"
        if os.strerror(errno.ENOSPC) in why
        else "Mend that and start again, or set DATA_FOLDER to another folder"
    )
    return LaunchError(
        f"PostgreSQL cannot make its database in {places.cluster}: {why}. The log is {places.log}. {advice}."
    )
