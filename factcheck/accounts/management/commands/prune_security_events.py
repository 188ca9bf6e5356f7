"""Delete old security events: see docs/reference/security.md."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.utils import timezone

from factcheck.accounts.models import SecurityEvent
from factcheck.core.options import kept

# The trigger of the table refuses to delete younger ones.
_days = kept(90, 36_500, "days")


class Command(BaseCommand):
    help = "Delete security events that are older than a number of days. Needs the owner of the tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep-days", metavar="N", type=_days, default=365, help="Default: 365. At least 90.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be deleted.")

    def handle(self, *_: Any, **options: Any) -> None:
        limit = timezone.now() - datetime.timedelta(days=options["keep_days"])
        old = SecurityEvent.objects.filter(at__lt=limit)
        if options["dry_run"]:
            self.stdout.write(f"{old.count():,} security events would be deleted.")
            return
        try:
            deleted, _models = old.delete()
        except ProgrammingError as error:
            raise CommandError(
                "This role can't delete events. Connect as the owner of the tables: deploy/manage --owner."
            ) from error
        if options["verbosity"]:
            self.stdout.write(f"{deleted:,} security events deleted.")
