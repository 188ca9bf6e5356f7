"""Runs PostgreSQL's client programs on the database of the site."""

import os
import subprocess
from collections.abc import Sequence

from django.db import connection

from factcheck import environment
from factcheck.devdb import binaries
from factcheck.devdb.errors import LaunchError

# What `run` raises, and the system for a file.
FAILURES = (OSError, subprocess.CalledProcessError, LaunchError)

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


def run(program: str, arguments: Sequence[str], *, connects: bool = True, names_database: bool = False) -> None:
    """Run a program on the site's database. The password is in its environment, which only its user can read.

    Raises CalledProcessError with the program's messages if it fails, and LaunchError if there is no such program.
    """
    path = str(binaries.find(environment.text("POSTGRES_BIN")).program(program))
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    found = connection.get_connection_params() if connects else {}
    variables |= {variable: str(found[name]) for name, variable in _VARIABLES.items() if found.get(name)}
    database = [f"--dbname={found['dbname']}"] if names_database else []
    subprocess.run([path, *database, *arguments], env=variables, check=True, capture_output=True, text=True)  # noqa: S603


def reason(error: Exception) -> str:
    """The last message of the program, or of the system."""
    said = getattr(error, "stderr", None) or str(error)
    return str(said).strip().splitlines()[-1]
