"""Runs PostgreSQL's client programs on the database of the site."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, CalledProcessError, Popen
from tempfile import TemporaryFile
from typing import IO

from django.db import connection

from factcheck import environment
from factcheck.devdb import binaries, scripts
from factcheck.devdb.errors import LaunchError

# What `run` and `load` raise, and the system for a file.
FAILURES = (OSError, CalledProcessError, LaunchError)

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_MOST_LINES = 5


def run(program: str, arguments: Sequence[str], *, connects: bool = True) -> None:
    """Run a program on the site's database. The password is in its environment, which only its user can read.

    Raises CalledProcessError with the program's messages if it fails, and LaunchError if there is no such program.
    """
    subprocess.run(  # noqa: S603
        [_path(program), *arguments], env=_environment(connects=connects), check=True, capture_output=True, text=True
    )


def load(dump: Path) -> None:
    """Load a dump of pg_dump into the site's database in one transaction: completely or not at all.

    The server may be older than the programs. Raises what `run` raises.
    """
    # As a script through psql, because what pg_restore itself sends to a server can't be changed.
    reading = [_path("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    writing = [_path("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with (
        TemporaryFile() as reader_says,
        TemporaryFile() as writer_says,
        Popen(reading, env=_environment(connects=False), stdout=PIPE, stderr=reader_says) as reader,  # noqa: S603
        Popen(writing, env=_environment(), stdin=PIPE, stdout=DEVNULL, stderr=writer_says) as writer,  # noqa: S603
    ):
        assert reader.stdout and writer.stdin  # noqa: S101, PT018 — they are pipes
        is_read = True
        try:
            writer.stdin.write(b"BEGIN;\n")
            _copy(reader.stdout, writer.stdin)
            # Without this line nothing is kept. psql's own --single-transaction would commit a script that ends early.
            if is_read := reader.wait() == 0:
                writer.stdin.write(b"COMMIT;\n")
            writer.stdin.close()
        except BrokenPipeError:  # psql has ended, and says why
            with suppress(BrokenPipeError):
                writer.stdin.close()
        writer.wait()
        if not is_read:
            raise _failure(reader, reader_says)
        if writer.returncode:
            raise _failure(writer, writer_says)


def _copy(script: IO[bytes], target: IO[bytes]) -> None:
    """Copy the script of pg_restore, as every server accepts it."""
    for line in script:
        target.write(scripts.portable(line))
        if scripts.begins_rows(line):
            break
    shutil.copyfileobj(script, target)


def _failure(process: Popen[bytes], says: IO[bytes]) -> CalledProcessError:
    says.seek(0)
    return CalledProcessError(process.returncode, process.args, stderr=says.read().decode(errors="replace"))


def _path(program: str) -> str:
    return str(binaries.find(environment.text("POSTGRES_BIN")).program(program))


def _environment(*, connects: bool = True) -> dict[str, str]:
    """The variables of a program. If it connects, it does so to the site's database."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    found = connection.get_connection_params() if connects else {}
    return variables | {variable: str(found[name]) for name, variable in _VARIABLES.items() if found.get(name)}


def reason(error: Exception) -> str:
    """The last lines of the program, or the message of the system. What is wrong can be in the first of several."""
    said = getattr(error, "stderr", None) or str(error)
    return "\n".join(str(said).strip().splitlines()[-_MOST_LINES:])
