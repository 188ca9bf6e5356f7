"""Make the vectors of the sentence model: see docs/how-to/compare-wording.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.matching import vectors
from claims.matching.encoder import Encoder, Unusable
from factcheck.core import progress


class Command(BaseCommand):
    """Encodes the statements of claims that lack a vector, and deletes the vectors that no claim needs any more."""

    help = (
        "Make the vectors by which matching compares wording, where they are missing or out of date. "
        "Run it every few minutes; it can be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only print how many vectors would change.")

    def handle(self, *_: Any, **options: Any) -> None:
        count = sum(vectors.stale(drafts=drafts) for drafts in (False, True))
        if options["dry_run"]:
            self.stdout.write(f"{count:,} vectors would change.")
            return
        if not settings.SENTENCE_MODEL:
            raise CommandError("SENTENCE_MODEL is off, so matching needs no vectors. Set it to on to use the model.")
        if count:
            try:
                model = Encoder()
            except Unusable as error:
                raise CommandError(f"{error} {error.hint}") from error
            with progress.show("Encoding", count, sys.stderr) as advance:
                for drafts in (False, True):
                    vectors.refresh(model, drafts=drafts, advance=advance)
        if options["verbosity"]:
            self.stdout.write(f"{count:,} vectors changed.")
