"""`manage.py db`: manage the project's own PostgreSQL."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck import environment
from factcheck.devdb import control, lease
from factcheck.devdb.cluster import DATABASE, ROLE
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.upgrade import upgrade

_ENGINE = "factcheck.devdb"


class Command(BaseCommand):
    help = "Start, stop, inspect, query, dump or upgrade the project's own PostgreSQL."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="start|stop|status|psql|dump|upgrade")
        actions.add_parser("start", help="Start the server and keep it running until `db stop`.")
        actions.add_parser("stop", help="Stop the server, unless a process still uses it.")
        actions.add_parser("status", help="Show what runs, from which programs, and which processes use it.")
        psql = actions.add_parser("psql", help="Open psql on the database. Arguments after `--` go to psql.")
        psql.add_argument("arguments", nargs="*")
        upgrade = actions.add_parser("upgrade", help="Move the database to another major version of PostgreSQL.")
        upgrade.add_argument("--old", type=Path, help="The folder of the old version's programs, if it isn't found.")
        dump = actions.add_parser("dump", help="Write the database as SQL to a file, or to standard output.")
        dump.add_argument("file", nargs="?", type=Path)

    def handle(self, *, action: str, **options: Any) -> None:
        if settings.DATABASES["default"]["ENGINE"] != _ENGINE:
            raise CommandError(
                "DATABASE_URL names the server, and this command manages only the project's own. "
                "Use `manage.py dbshell` to open psql, or unset DATABASE_URL."
            )
        try:
            getattr(self, f"_{action}")(Path(settings.DATA_FOLDER), environment.text("POSTGRES_BIN"), options)
        except LaunchError as error:
            raise CommandError(str(error)) from error

    def _start(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        server = control.start(data_folder, setting)
        self.stdout.write(f"PostgreSQL {server.version} runs on {server.socket_folder} until `manage.py db stop`.")

    def _stop(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        stopped = control.stop(data_folder)
        self.stdout.write("The server is stopped." if stopped else "No server was running.")

    def _status(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        for name, value in control.describe(data_folder, setting):
            self.stdout.write(f"{name:<12} {value}")

    def _psql(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        self._exec(data_folder, setting, "psql", options["arguments"])

    def _dump(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        target = [f"--file={options['file']}"] if options["file"] else []
        # Roles belong to the server and not to the database: a dump that names them would fail to load elsewhere.
        self._exec(data_folder, setting, "pg_dump", ["--no-owner", "--no-privileges", *target])

    def _upgrade(self, data_folder: Path, setting: str, options: dict[str, Any]) -> None:
        kept = upgrade(data_folder, setting, options["old"])
        if kept is None:
            self.stdout.write("The database fits the programs. There is nothing to move.")
        else:
            self.stdout.write(f"The database is moved. The old one is in {kept}: remove it once the site works.")

    def _exec(self, data_folder: Path, setting: str, program: str, arguments: list[str]) -> None:
        """Replace this process by the program, which keeps the lease."""
        server = lease.ensure(data_folder, setting)
        path = str(server.binaries.program(program))
        lease.pass_to_next_program(data_folder)
        address = [f"--host={server.socket_folder}", f"--username={ROLE}", f"--dbname={DATABASE}"]
        self.stdout.flush()
        os.execv(path, [path, *address, *arguments])  # noqa: S606
