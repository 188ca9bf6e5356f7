"""Find rows that may be one thing: see docs/how-to/merge-two-rows.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.choices import NameKind
from claims.desk.merging import KINDS, duplicates
from factcheck.core import progress


class Command(BaseCommand):
    """Compares all rows of each kind, and brings the desk's list of likely duplicates up to date."""

    help = (
        "Find claimants, topics, sources, publishers and claims that may be the same, for the desk's list of likely "
        "duplicates. Pairs that somebody said aren't the same stay out of it. Run it every night; it can run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", choices=[str(kind) for kind in KINDS], help="Compare only rows of this kind.")
        parser.add_argument("--dry-run", action="store_true", help="Only print how many pairs there are.")

    def handle(self, *_: Any, **options: Any) -> None:
        for kind in [NameKind(options["kind"])] if options["kind"] else KINDS:
            with progress.show(str(kind.label), duplicates.count(kind), sys.stderr) as advance:
                pairs = duplicates.find(kind, advance)
            if options["dry_run"]:
                self.stdout.write(f"{kind}: {len(pairs):,} likely duplicates.")
                continue
            done = duplicates.store(kind, pairs)
            if options["verbosity"]:
                self.stdout.write(
                    f"{kind}: {done.waiting:,} likely duplicates in the list, {done.new:,} of them new; "
                    f"{done.gone:,} taken out."
                )
