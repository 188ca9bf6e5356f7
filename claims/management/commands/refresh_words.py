"""Bring what search knows of the published claims up to date: see docs/reference/search.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk import workflow
from claims.models import PublishedClaim
from claims.search import indexing
from factcheck.core import progress


class Command(BaseCommand):
    """1. Takes the claims that search does not know or knows by an older clean-up, in batches of one transaction each.
    2. With --all takes every claim, and then counts all words and values anew.
    """

    help = "Make anew what search needs, where it is missing or out of date. Publishing does this by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="Every claim, and every count.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many claims would be taken.")

    def handle(self, *_: Any, **options: Any) -> None:
        claims = PublishedClaim.objects.order_by("pk") if options["all"] else indexing.stale()
        ids = list(claims.values_list("pk", flat=True))
        if options["dry_run"]:
            self.stdout.write(f"{len(ids):,} claims would be refreshed.")
            return
        with progress.show("Refreshing", len(ids), sys.stderr) as advance:
            for batch in indexing.batched(ids):
                workflow.refresh_search(batch)
                advance(len(batch))
        if options["all"]:
            workflow.recount_search()
        if options["verbosity"]:
            self.stdout.write(f"{len(ids):,} claims refreshed.")
