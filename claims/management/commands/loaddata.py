"""Django's `loaddata` for Factcheck's fixtures: see docs/how-to/export-and-load.md."""

import gzip
import os
import sys
import zlib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

from django.core import serializers
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, transaction

from claims.choices import EventKind
from claims.desk import fixture_load, record_check, record_refresh
from claims.desk.fixture_load import HISTORY, READERS, FixtureError, Loader, Placed, PlacedError, name_of
from claims.desk.rules import RULES
from claims.models import Claim, PublishedClaim
from claims.search import indexing
from factcheck.accounts.models import User
from factcheck.core import progress
from factcheck.core.batches import batched


class Command(loaddata.Command):
    """Loads a whole fixture or nothing, and gives the place of an error.

    1. Reads record by record. Each refers to earlier rows by their keys. A row that exists already must be the same, or
       the file is refused. Only accounts may differ, and stay unchanged.
    2. Logs claims that come without a history.
    3. Loads a history only before anything is published, and checks the whole record against it.
    """

    help = "Load fixtures that `export_fixture` wrote (json or jsonl), completely or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("args", metavar="fixture", nargs="+", help="Files, or names of fixtures in `fixtures/`.")
        parser.add_argument(
            "--by", metavar="USERNAME", default="", help="The account that logs the claims that have no history."
        )
        parser.add_argument(
            "--as-drafts", action="store_true", help="Leave out people and history, and log each claim."
        )
        parser.add_argument("--format", choices=READERS, help="The format of standard input (“-”).")
        parser.add_argument("--dry-run", action="store_true", help="Load and check everything, then undo it.")

    def handle(self, *fixture_labels: Any, **options: Any) -> None:
        # Django's `find_fixtures` needs these.
        self.using, self.app_label, self.excluded_apps = DEFAULT_DB_ALIAS, "", set[Any]()
        self.serialization_formats = serializers.get_public_serializer_formats()
        self.verbosity, self.format = options["verbosity"], options["format"]
        self.loader, self.as_drafts = Loader(), options["as_drafts"]
        self.counts: Counter[str] = Counter()
        self.claims: list[int] = []
        by = _account(options["by"])
        try:
            with transaction.atomic():
                for label in fixture_labels:
                    self.load_label(label)
                self._finish(by)
                transaction.set_rollback(options["dry_run"])
        except DatabaseError as error:
            raise CommandError(f"Nothing was loaded. {str(error).partition(chr(10))[0]}") from error
        if self.verbosity:
            self.stdout.write(self._summary(dry_run=options["dry_run"]))

    def _finish(self, by: User | None) -> None:
        self.taken = fixture_load.add_to_workflow(self.claims, by=by)
        if self.counts["history"]:
            with self._shown("Checking", Claim.objects.count()) as advance:
                for fault in record_check.faults(search=False, advance=advance):
                    raise CommandError(f"Nothing was loaded. {self._place_of(fault)}{fault}")
        # After the check of the record, which says where in the file a fault is.
        connection.check_constraints()
        loaded = PublishedClaim.objects.filter(claim__in=self.claims).order_by("pk")
        with self._shown("Making search", loaded.count()) as advance:
            for ids in batched(loaded.values_list("pk", flat=True), indexing.BATCH):
                record_refresh.refresh_search(ids)
                advance(len(ids))

    def load_label(self, fixture_label: str) -> None:
        for path, *_ in cast("list[Any]", self.find_fixtures(fixture_label)):
            if path == loaddata.READ_STDIN:
                self._load(sys.stdin.buffer, self.format or "", "standard input")
                continue
            name = os.path.basename(path)
            _, form, compression = self.parse_name(name)
            if compression not in {None, "gz"}:
                raise CommandError(f"{name}: a fixture must be uncompressed or end in .gz.")
            try:
                with gzip.open(path) if compression else Path(path).open("rb") as file:
                    self._load(file, str(form), name)
            except (OSError, EOFError, zlib.error) as error:
                raise CommandError(f"Nothing was loaded. {name} can't be read: {error}.") from error

    def _load(self, file: Any, form: str, name: str) -> None:
        if form not in READERS:
            raise CommandError(
                f"{name}: a fixture is json or jsonl. For standard input, add --format json or --format jsonl."
            )
        try:
            with self._shown(f"Loading {name}", None) as advance:
                try:
                    for placed in READERS[form](file):
                        try:
                            self._take(placed, f"{name}, {placed}")
                        except PlacedError:
                            raise
                        except FixtureError as error:
                            raise FixtureError(f"{placed} ({name_of(placed.content)}): {error}") from error
                        advance(1)
                finally:
                    self.loader.save_pending()  # an earlier record may have a fault that only the database sees
        except FixtureError as error:
            sentence = f"{name}, {error}".rstrip(".")
            raise CommandError(f"Nothing was loaded. {sentence}.") from error

    def _take(self, placed: Placed, place: str) -> None:
        content = fixture_load.without_history(placed.content) if self.as_drafts else placed.content
        if content is None:
            self.counts["left out"] += 1
            return
        row = self.loader.row(content)
        instance = row.instance
        self.loader.add(row, placed, place)
        if row.exists:
            self.counts["here"] += 1
            return
        self.counts["loaded"] += 1
        self.counts["history"] += type(instance) in HISTORY
        if isinstance(instance, Claim):
            self.claims.append(instance.pk)

    def _place_of(self, fault: record_check.Fault) -> str:
        """The place of the record of the row with a fault, to begin a sentence with."""
        place = next(
            (
                place
                for (model, key), place in self.loader.places.items()
                if (model._meta.label_lower, key) == (fault.model, fault.key)
            ),
            "",
        )
        return f"{place}: " if place else ""

    def _shown(self, title: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
        return progress.show(title, total, sys.stderr) if self.verbosity else nullcontext(lambda _steps: None)

    def _summary(self, *, dry_run: bool) -> str:
        counts = self.counts
        sentences = [f"{'Would load' if dry_run else 'Loaded'} {counts['loaded']:,} rows."]
        if self.taken[EventKind.LOGGED]:
            sentences.append(f"{self.taken[EventKind.LOGGED]:,} claims were logged and wait at the desk.")
        if self.taken[EventKind.LOADED]:
            sentences.append(f"{self.taken[EventKind.LOADED]:,} claims came with their history.")
        if counts["here"]:
            sentences.append(f"{counts['here']:,} rows existed already.")
        if counts["left out"]:
            sentences.append(f"{counts['left out']:,} rows of people and history were left out.")
        return " ".join(sentences)


def _account(username: str) -> User | None:
    """The account with this username. Raises CommandError if it may not log claims."""
    if not username:
        return None
    user = User.objects.filter(username=username).first()
    if user is None or not RULES["log"].permits(user):
        raise CommandError(f"“{username}” isn't an account that can log claims.")
    return user
