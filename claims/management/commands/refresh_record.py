"""Make again what follows from the record: see docs/how-to/deploy.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk import record_refresh
from claims.models import Revision
from factcheck.core import progress


class Command(BaseCommand):
    help = "Make the public rows, the index of names, search and counts again from the versions, where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what differs.")

    def handle(self, *_: Any, **options: Any) -> None:
        claims, lines = Revision.objects.filter(number=1).count(), 0
        with progress.show("Comparing", claims, sys.stderr) as advance:
            for line in record_refresh.refresh(dry_run=options["dry_run"], advance=advance):
                lines += 1
                self.stdout.write(line)
        done = "would be made again" if options["dry_run"] else "made again"
        self.stdout.write(f"{lines:,} differences in {claims:,} claims {done}." if lines else "Nothing differs.")
