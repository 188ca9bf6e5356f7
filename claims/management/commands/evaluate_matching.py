"""Measure matching on a set of claims, texts and judgements: see docs/reference/matching.md."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from claims.matching import evaluation
from claims.matching.encoder import encoder
from factcheck.core import progress


class Command(BaseCommand):
    help = (
        "Measure how well matching finds the right claims of a set. The set's claims are in temporary tables: "
        "nothing of the site is read or changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("claims", type=Path, help="One JSON object a line, also .gz: id, claim, title, date, lang.")
        parser.add_argument("queries", type=Path, help="One JSON object a line, also .gz: id, text and maybe date.")
        parser.add_argument("qrels", type=Path, help="Judgements in TREC's order: query, 0, claim, 1.")
        parser.add_argument("--date", action="store_true", help="Use the date of each text too.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            texts = evaluation.read_texts(options["queries"], options["qrels"])
            claims = list(evaluation.read_claims(options["claims"]))
        except OSError as error:
            raise CommandError(f"Can't read {error.filename}: {error.strerror}.") from error
        except (ValueError, KeyError) as error:
            raise CommandError(
                f"A file isn't in the expected form ({error}). Give one JSON object a line, with `id` and `claim` or "
                "`text`; and judgements with four columns."
            ) from error
        if not claims or not texts:
            raise CommandError("The set has no claims or no texts.")
        model = encoder()
        if settings.SENTENCE_MODEL and not model:
            raise CommandError("The sentence model can't be used. `manage.py check` says why.")
        with progress.show("Asking", len(texts) + (len(claims) if model else 0), sys.stderr) as advance:
            try:
                figures = evaluation.evaluate(claims, texts, use_date=options["date"], advance=advance)
            except ProgrammingError as error:
                if not isinstance(error.__cause__, InsufficientPrivilege):
                    raise
                raise CommandError(
                    "This role can't make temporary tables. Connect as the owner of the tables: deploy/manage --owner."
                ) from error
        by = "By words and wording" if model else "By words"
        self.stdout.write(f"{by}. {len(texts):,} texts over {len(claims):,} claims. In brackets: 95 of 100 resamples.")
        for line in figures.lines():
            self.stdout.write(line)
