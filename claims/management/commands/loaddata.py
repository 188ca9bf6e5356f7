"""Django's `loaddata` for fixtures of ours: see docs/how-to/export-and-load.md."""

import gzip
import os
import sys
import zlib
from pathlib import Path
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializedObject
from django.db import DatabaseError

from claims.desk import workflow
from claims.desk.fixture_load import READERS, Broken, Loader, Placed, name_of, reason_of
from claims.models import Claim, Correction, IndexEntry, PublishedClaim, Revision
from claims.record import check as record_check
from claims.search import indexing


class Command(loaddata.Command):
    """Loads all of a fixture or nothing, and says of a broken one where it is broken.

    1. Reads record by record; each names the rows it needs by their keys, and they stand before it.
    2. Leaves an account that exists as it is: a fixture changes nobody's name, password or rights.
    3. Compares the loaded part of the record with the bodies of its revisions.
    4. Makes of it what search needs, which no fixture carries.
    """

    help = "Load fixtures that `export_fixture` wrote (json or jsonl): the whole of them, or nothing."

    def loaddata(self, fixture_labels: Any) -> None:
        self.loader = Loader()
        self.claims: set[Any] = set()
        self.names: set[record_check.Name] = set()
        try:
            super().loaddata(fixture_labels)
        except DatabaseError as error:
            raise CommandError(f"Nothing was loaded. {str(error).partition(chr(10))[0]}") from error
        try:
            record_check.check(sorted(self.claims), sorted(self.names))
        except record_check.RecordMismatch as error:
            raise CommandError(f"Nothing was loaded. {self._place_of(error.subject)}: {error}.") from error
        loaded = PublishedClaim.objects.filter(claim__in=self.claims).order_by("pk")
        for ids in indexing.batched(loaded.values_list("pk", flat=True)):
            workflow.refresh_search(ids)

    def load_label(self, fixture_label: str) -> None:
        for path, *_ in cast("list[Any]", self.find_fixtures(fixture_label)):
            self.fixture_count += 1
            if path == loaddata.READ_STDIN:
                self._load(sys.stdin.buffer, self.format or "", "standard input")
                continue
            name = os.path.basename(path)
            _, form, compression = self.parse_name(name)
            if compression not in {None, "gz"}:
                raise CommandError(f"{name}: a fixture is plain or compressed as .gz.")
            try:
                with gzip.open(path) if compression else Path(path).open("rb") as file:
                    self._load(file, str(form), name)
            except (OSError, EOFError, zlib.error) as error:
                raise CommandError(f"Nothing was loaded. {name} cannot be read: {error}.") from error

    def _load(self, file: Any, form: str, name: str) -> None:
        if form not in READERS:
            raise CommandError(f"{name}: a fixture is json or jsonl. With standard input, say --format json or jsonl.")
        try:
            for placed in READERS[form](file):
                self.fixture_object_count += 1
                try:
                    self.loaded_object_count += self._save(placed, f"{name}, {placed}")
                except Broken as error:
                    raise Broken(f"{placed} ({name_of(placed.content)}): {error}") from error
        except Broken as error:
            sentence = f"{name}, {error}".rstrip(".")
            raise CommandError(f"Nothing was loaded. {sentence}.") from error

    def _save(self, placed: Placed, place: str) -> bool:
        row = self.loader.row(placed.content)
        instance = row.instance
        saved = False
        if not (row.exists and isinstance(instance, get_user_model())):
            try:
                saved = bool(self.save_obj(DeserializedObject(instance, row.related)))
            except (DatabaseError, ValueError) as error:
                raise Broken(reason_of(error, type(instance))) from error
        self.loader.saved(row, place)
        match instance:
            case Claim():
                self.claims.add(instance.pk)
            case Revision() | PublishedClaim():
                self.claims.add(instance.claim_id)
            case Correction():
                self.claims.add(instance.revision.claim_id)
            case IndexEntry():
                self.names.add((instance.kind, instance.slug))
        return saved

    def _place_of(self, subject: tuple[str | int, ...]) -> str:
        """Where the fixture speaks of the row with this key."""
        for model in (PublishedClaim, IndexEntry, Revision, Claim):
            place = self.loader.places.get((model, subject))
            if place:
                return f"{place} ({model._meta.label_lower} {' '.join(map(str, subject))})"
        return " ".join(map(str, subject))
