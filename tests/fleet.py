"""A migrated site database on real servers of its own: a primary, and as many hot standbys as a test starts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from deploy.drills.servers import DATABASE, OWNER, Fleet, Server, servers
from factcheck import environment
from factcheck.devdb import binaries
from tests.shared import fast_folder

WEB = "fleet_web"


@contextmanager
def fleet(configuration: str = "") -> Iterator[tuple[Fleet, Server]]:
    """The servers and their primary, which has the tables of the tests' database and the login of the web processes."""
    with servers("factcheck-fleet", inside=fast_folder()) as made:
        primary = made.primary(configuration)
        options = ["-q", "-v", "ON_ERROR_STOP=1", "-h", str(primary.folder), "-U", OWNER, "-d", DATABASE]
        primary.run("psql", *options, stdin=_dump())
        manage("grant_web_role", WEB, url=primary.url())
        yield made, primary


def manage(*arguments: str, url: str, **variables: str) -> str:
    """Run a command on the database at this address. Returns its output; raises CalledProcessError."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
    command = [sys.executable, "manage.py", *arguments]
    environ = {**kept, "DEBUG": "on", "DATABASE_URL": url, **variables}
    root = settings.BASE_DIR
    return subprocess.run(command, cwd=root, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout


def _dump() -> str:
    found = connection.get_connection_params()
    program = binaries.find(environment.text("POSTGRES_BIN")).program("pg_dump")
    address = [f"--host={found['host']}", f"--username={found['user']}", f"--dbname={found['dbname']}"]
    command = [str(program), "--no-owner", "--no-privileges", *address]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
