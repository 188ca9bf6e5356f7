"""Bring the search tables up to date: see docs/reference/search.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk import record_refresh
from claims.search import indexing
from factcheck.core import progress
from factcheck.core.batches import batched


class Command(BaseCommand):
    """Refreshes the claims that search lacks or has from an older version, in batches of one transaction each."""

    help = "Refresh the search tables where rows are missing or out of date. Publishing does this automatically."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only print how many claims would be refreshed.")

    def handle(self, *_: Any, **options: Any) -> None:
        ids = list(indexing.stale().values_list("pk", flat=True))
        if options["dry_run"]:
            self.stdout.write(f"{len(ids):,} claims would be refreshed.")
            return
        with progress.show("Refreshing", len(ids), sys.stderr) as advance:
            for batch in batched(ids, indexing.BATCH):
                record_refresh.refresh_search(batch)
                advance(len(batch))
        if options["verbosity"]:
            self.stdout.write(f"{len(ids):,} claims refreshed.")
