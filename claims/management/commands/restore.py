"""`manage.py restore`: load a dump of `manage.py backup` into an empty database, and prove that it serves."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from claims.models import Claim, Revision
from factcheck.devdb import programs


class Command(BaseCommand):
    help = "Load a dump into an empty database, completely or not at all. Connect as the owner of the database."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dump", type=Path, help="The file that `backup` wrote.")
        parser.add_argument("--web-role", help="Then make this login for the web processes, as `grant_web_role` does.")
        parser.add_argument("--url-file", type=Path, help="The file for the address of that login.")
        parser.add_argument("--dry-run", action="store_true", help="Only check the dump and the database.")

    def handle(self, *, dump: Path, dry_run: bool, **options: Any) -> None:
        if options["url_file"] and not options["web_role"]:
            raise CommandError("--url-file is for the login of --web-role. Name that too.")
        self._check(dump)
        if dry_run:
            self.stdout.write(f"{dump} can be restored: the database is empty.")
            return
        self.stdout.write(f"Loading {dump} ...")
        try:
            programs.load(dump)
        except programs.FAILURES as error:
            raise CommandError(f"Nothing was restored: {programs.reason(error)}") from error
        call_command("migrate", verbosity=0, interactive=False)
        if options["web_role"]:
            call_command("grant_web_role", options["web_role"], url_file=options["url_file"], stdout=self.stdout)
        call_command("check_record", stdout=self.stdout)
        self.stdout.write(f"Restored {Claim.objects.count():,} claims and {Revision.objects.count():,} versions.")

    def _check(self, dump: Path) -> None:
        """Raises CommandError if the file isn't a dump or the database isn't empty."""
        try:
            programs.run("pg_restore", ["--list", str(dump)], connects=False)
        except programs.FAILURES as error:
            raise CommandError(f"{dump} isn't a dump that pg_restore reads: {programs.reason(error)}") from error
        with connection.cursor() as cursor:
            if connection.introspection.table_names(cursor):
                raise CommandError(
                    "The database already has tables, and nothing was changed. "
                    "Create an empty one, and name it in DATABASE_URL."
                )
