"""Remove pictures that nothing shows: see docs/how-to/add-a-picture.md."""

import datetime
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from claims.desk import pictures
from factcheck.core import progress
from factcheck.core.options import kept

# A form with an upload may stay open for a day, and come back after a sign-in.
_days = kept(2, 36_500, "days")


class Command(BaseCommand):
    """Removes the rows and the files of pictures that no draft, version or approval shows."""

    help = (
        "Remove pictures that were uploaded some time ago and that no draft, published version, approval or earlier "
        "text shows, with their files. It can be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--keep-days", metavar="N", type=_days, default=30, help="Keep what was uploaded since. Default: 30."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be removed.")

    def handle(self, *_: Any, **options: Any) -> None:
        before = timezone.now() - datetime.timedelta(days=options["keep_days"])
        with progress.show("Pictures", None, sys.stderr) as advance:
            removed = pictures.prune(before=before, is_dry=options["dry_run"], advance=advance)
        if options["dry_run"]:
            self.stdout.write(f"{removed.rows:,} pictures and {removed.files:,} files would be removed.")
        elif options["verbosity"]:
            self.stdout.write(f"{removed.rows:,} pictures and {removed.files:,} files removed.")
