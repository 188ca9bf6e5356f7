"""Bring changes of names to the many claims that show them: see docs/how-to/deploy.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk import names
from factcheck.core import progress


class Command(BaseCommand):
    help = (
        "Revise the published claims that show a name which two people changed, batch by batch. What is done stays "
        "done when this is stopped; the next run goes on from there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when no change is left.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what is to be done.")

    def handle(self, *_: Any, **options: Any) -> None:
        changes = list(names.unfinished())
        if options["dry_run"]:
            for change in changes:
                self.stdout.write(f"{change}: {change.revised:,} of about {change.claims:,} claims are revised.")
            self.stdout.write(f"{len(changes):,} changes are to be written.")
            return
        for change in changes:
            with progress.show(str(change), change.claims, sys.stderr) as advance:
                done = change.revised
                while not names.write_some(change):
                    change.refresh_from_db()
                    advance(change.revised - done)
                    done = change.revised
            change.refresh_from_db()
            if options["verbosity"]:
                self.stdout.write(f"{change}: done, {change.revised:,} claims revised.")
