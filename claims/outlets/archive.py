"""The archive: one dated zip with every published claim in each form, and what somebody needs to use it.

An archive shows one moment, and so it goes on holding what is taken back afterwards. From then on it is given to nobody
(`Archive.holds_what_was_taken_back`); the next one has no trace of it.
"""

import datetime
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson
from django.conf import settings

from claims.choices import Act
from claims.formats import dictionary, files
from claims.formats.files import FILES, MissingPackage
from claims.formats.tables import CORRECTIONS, TABLES
from claims.formats.xlsx import TooLong
from claims.models import PublishedClaim, Revision
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.corrections import all_corrections
from claims.record.publications import Publication, publications
from factcheck.core import locks
from factcheck.core.database import one_moment
from factcheck.core.text import slug_from
from factcheck.core.web.streams import blocks_of

# The version of what is in an archive, and how. A reader of several asks for it first.
FORMAT = 1
TAKES_BACK = (Act.WITHDRAW, Act.REDACT)
# JSON stays out: it is NDJSON with commas.
FORMS = {name: file for name, file in FILES.items() if name != "claims.json"}
# The claims are gone through once to keep them, and once for each file.
PASSES = 1 + len(FORMS)

_NAME = re.compile(r"[a-z0-9][-_a-z0-9]{0,99}-\d{4}-\d\d-\d\d\.zip")
_PACKED_ALREADY = (".xlsx", ".parquet")
_UNIX = 3


class BeingBuilt(Exception):
    """Two cannot write the same archive."""


@dataclass(frozen=True)
class Archive:
    """An archive, as the file beside it tells of it. `newest` names the newest version that it could have seen."""

    name: str
    size: int
    sha256: str
    rows: dict[str, int]
    left_out: dict[str, str]
    newest: list[Any] | None

    @property
    def slug(self) -> str:
        return self.name.removesuffix(".zip")

    @property
    def path(self) -> Path:
        return folder() / self.name

    @property
    def holds_what_was_taken_back(self) -> bool:
        """Whether something in it may have been withdrawn or redacted since, or it is of another record than ours."""
        if self.newest is None:
            return Revision.objects.exists()
        pk, slug, number, at = self.newest
        known = Revision.objects.filter(pk=pk, slug=slug, number=number, at=at)
        return not known.exists() or Revision.objects.filter(pk__gt=pk, act__in=TAKES_BACK).exists()


def folder() -> Path:
    return Path(settings.ARCHIVES_FOLDER)


def name_of(day: datetime.date) -> str:
    """What the archive of a day is called."""
    return f"{slug_from(settings.SITE_NAME).lower() or 'factcheck'}-{day.isoformat()}.zip"


def find(name: str) -> Archive | None:
    """The archive of this name; None when there is none, or not a whole one."""
    if not _NAME.fullmatch(name):
        return None
    try:
        found = Archive(**orjson.loads(_beside(name).read_bytes()))
        return found if found.name == name and found.path.stat().st_size == found.size else None
    except (OSError, ValueError, TypeError):
        return None


def newest_first() -> Iterator[Archive]:
    """Every archive that there is."""
    names = [path.name for path in folder().glob("*.zip")]
    by_day = sorted(names, key=lambda name: (name[-len("2025-06-21.zip") :], name), reverse=True)
    return filter(None, map(find, by_day))


def remove(archive: Archive) -> None:
    """Take an archive away: first what tells of it, so that nobody is sent to half of one."""
    _beside(archive.name).unlink(missing_ok=True)
    archive.path.unlink(missing_ok=True)


def _beside(name: str) -> Path:
    return folder() / f"{name}.json"


# Building


def build(day: datetime.date, *, advance: Callable[[int], None] = lambda _steps: None) -> Archive:
    """Write the archive of this day, in place of one that there is. The same data give the same bytes.

    Calls `advance` with the number of claims that it went through, `PASSES` times over. Raises BeingBuilt and OSError.
    """
    name = name_of(day)
    part = folder() / f".{name}.part"
    with _alone(), ExitStack() as opened:
        try:
            file = opened.enter_context(part.open("w+b"))
            kept = _Kept(opened.enter_context(TemporaryFile()), opened.enter_context(TemporaryFile()), advance)
            left_out = _write(file, kept, day, name.removesuffix(".zip"))
            size = file.tell()
            file.seek(0)
            digest = hashlib.sha256()
            for block in blocks_of(file):
                digest.update(block)
            made = Archive(name, size, digest.hexdigest(), dict(kept.rows), left_out, kept.newest)
            # Whoever is told of an archive finds it whole: in between, there is none.
            _beside(name).unlink(missing_ok=True)
            file.flush()
            part.replace(made.path)
            part.write_bytes(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
            part.replace(_beside(name))
        finally:
            part.unlink(missing_ok=True)
    return made


@contextmanager
def _alone() -> Iterator[None]:
    """Be the only one who builds here; what a killed one has left is written over. Raises BeingBuilt."""
    folder().mkdir(parents=True, exist_ok=True)
    descriptor = locks.open_lock(folder() / "building.lock")
    try:
        if not locks.take(descriptor, locks.EXCLUSIVE):
            raise BeingBuilt("Another process is building an archive. Wait until it has ended.")
        yield
    finally:
        os.close(descriptor)


class _Kept:
    """The published claims and the corrections of one moment, on disk: each file goes through the claims once more."""

    def __init__(self, claims: IO[bytes], corrections: IO[bytes], advance: Callable[[int], None]) -> None:
        self._claims = claims
        self.corrections = corrections
        self._advance = advance
        self.rows: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
        with one_moment():
            newest = Revision.objects.order_by("-pk").values_list("pk", "slug", "number", "at").first()
            self.newest = [*newest[:3], moment(newest[3])] if newest else None
            corrections.writelines(files.csv(CORRECTIONS, all_corrections()))
            for publication in publications(PublishedClaim.objects.all()):
                self._keep(publication)
                advance(1)
        corrections.seek(0)

    def _keep(self, publication: Publication) -> None:
        kept = [publication.body, publication.first_published_at, publication.corrections]
        self._claims.write(orjson.dumps(kept) + b"\n")
        for name, table in TABLES.items():
            self.rows[name] += sum(1 for _item in table.of(publication))

    def __iter__(self) -> Iterator[Publication]:
        self._claims.seek(0)
        for line in self._claims:
            body, first, corrections = orjson.loads(line)
            yield Publication(body, datetime.datetime.fromisoformat(first), tuple(corrections))
            self._advance(1)


def _write(file: IO[bytes], kept: _Kept, day: datetime.date, top: str) -> dict[str, str]:
    """Fill the zip; returns what could not be put into it, by name, with the reason."""
    left_out: dict[str, str] = {}
    sums: list[str] = []
    with ZipFile(file, "w") as package:

        def put(name: str, pieces: Iterable[bytes]) -> None:
            entry = ZipInfo(f"{top}/{name}", (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_STORED if name.endswith(_PACKED_ALREADY) else ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            digest = hashlib.sha256()
            with package.open(entry, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)
                    digest.update(piece)
            sums.append(f"{digest.hexdigest()}  {name}\n")

        for name, form in FORMS.items():
            try:
                pieces = form.write(kept)
                first = next(pieces, b"")
            except (MissingPackage, TooLong) as reason:
                left_out[name] = str(reason)
            else:
                put(name, chain([first], pieces))
        put("corrections.csv", blocks_of(kept.corrections))
        put("dictionary.csv", dictionary.as_csv())
        put("dictionary.md", dictionary.as_markdown())
        put("README.txt", (f"{line}\n".encode() for line in _read_me(kept, day, left_out)))
        put("SHA256SUMS", [line.encode() for line in sums])
    return left_out


def _read_me(kept: _Kept, day: datetime.date, left_out: dict[str, str]) -> Iterator[str]:
    title = f"{settings.SITE_NAME}: published fact-checks, {day.isoformat()}"
    yield from [title, "=" * len(title), "", *dictionary.about(), "", f"Format of this archive: {FORMAT}"]
    yield f"Rows: {', '.join(f'{name} {count:,}' for name, count in kept.rows.items())}"
    if kept.newest:
        yield f"Newest public act that it could see: {kept.newest[3]}"
    yield from ["", "What is in it", "-------------", ""]
    for name, table in (*TABLES.items(), (CORRECTIONS.name, CORRECTIONS)):
        forms = [form for form in (*FORMS, "corrections.csv") if form.startswith(f"{name}.") and form not in left_out]
        yield f"{', '.join(forms)}: {table.meaning}"
    yield "dictionary.csv, dictionary.md: what each column means."
    yield "SHA256SUMS: to check the files with `sha256sum -c SHA256SUMS` in this folder."
    yield from (f"Left out: {name}. {reason}" for name, reason in left_out.items())
    yield from ["", "How to read it", "--------------", "", *dictionary.READING.values()]
    yield from ["", "What changes", "------------", ""]
    yield f"Every correction, changed rating and withdrawal: {imprint.address('claims:correction-list')}"
    yield "No archive that we give out holds a claim that was withdrawn. If you pass these data on, do as we do."
