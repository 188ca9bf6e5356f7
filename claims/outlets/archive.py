"""Archives: a dated zip with every published claim in each file format, and the documentation needed to use it.

An archive shows one moment, so it still holds what is withdrawn or redacted later. From then on it's no longer offered
(`Archive.has_removed_text`). The next archive doesn't contain the removed text.
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
from django.db.models import Q

from claims.choices import Act
from claims.formats import dictionary, files
from claims.formats.files import FILES, MissingPackage
from claims.formats.tables import CORRECTIONS, TABLES, TooLong
from claims.models import PublishedClaim, Revision
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.corrections import all_corrections
from claims.record.pictures import bytes_of, ending_of
from claims.record.publications import Publication, publications
from factcheck.core import locks
from factcheck.core.database import repeatable_read
from factcheck.core.text import slug_from
from factcheck.core.web.streams import blocks_of

# The version of the contents and layout of an archive, so that programs can read archives of different ages.
FORMAT = 1
REMOVING_ACTS = (Act.WITHDRAW, Act.REDACT)
# Without claims.json, which has the same content as claims.ndjson.
FORMS = {name: file for name, file in FILES.items() if name != "claims.json"}
# A build reads all claims once to save them, and once more for each file.
PASSES = 1 + len(FORMS)

_NAME = re.compile(r"[a-z0-9][-_a-z0-9]{0,99}-\d{4}-\d\d-\d\d\.zip")
_ALREADY_COMPRESSED = (".xlsx", ".parquet", ".jpg", ".png")
# "Unix" as the system that made an entry, so that `external_attr` holds a file mode (PKWARE APPNOTE, 4.4.2).
_UNIX = 3


class BeingBuilt(Exception):
    """Another process is building an archive."""


@dataclass(frozen=True)
class Archive:
    """An archive, as its description file (JSON, next to the zip) says.

    `rows` has the number of rows of each table, and `left_out` the files that couldn't be written, with the reason.
    `newest` is the key, slug, number and time of the newest revision when it was built. None if there was none.
    """

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
    def has_removed_text(self) -> bool:
        """True if something in it may have been withdrawn or redacted since, or if it comes from another database."""
        if self.newest is None:
            return Revision.objects.exists()
        pk, slug, number, at = self.newest
        known = Revision.objects.filter(slug=slug, number=number, at=at).first()
        if known is None:
            return True
        # In a database that was loaded from a fixture, row numbers say nothing about time.
        since = Q(at__gte=at) | Q(pk__gt=pk) if known.pk == pk else Q(at__gte=at)
        return Revision.objects.filter(since, act__in=REMOVING_ACTS).exclude(pk=known.pk).exists()


def folder() -> Path:
    return Path(settings.ARCHIVES_FOLDER)


def name_of(day: datetime.date) -> str:
    """The file name of the archive of a day."""
    return f"{slug_from(settings.SITE_NAME).lower() or 'factcheck'}-{day.isoformat()}.zip"


def find(name: str) -> Archive | None:
    """The archive with this name. None if there is none, or if it isn't complete."""
    if not _NAME.fullmatch(name):
        return None
    try:
        found = Archive(**orjson.loads(_description_path(name).read_bytes()))
        return found if found.name == name and found.path.stat().st_size == found.size else None
    except (OSError, ValueError, TypeError):
        return None


def newest_first() -> Iterator[Archive]:
    """All complete archives, newest first."""
    names = [path.name for path in folder().glob("*.zip")]
    by_day = sorted(names, key=lambda name: (name[-len("2025-06-21.zip") :], name), reverse=True)
    return filter(None, map(find, by_day))


def remove(archive: Archive) -> None:
    """Delete an archive: its description first, so that the site doesn't offer a file that is gone."""
    _description_path(archive.name).unlink(missing_ok=True)
    archive.path.unlink(missing_ok=True)


def _description_path(name: str) -> Path:
    return folder() / f"{name}.json"


# Building


def build(day: datetime.date, *, advance: Callable[[int], None] = lambda _steps: None) -> Archive:
    """Write the archive of this day, and replace the one that exists. The same data give the same bytes.

    Calls `advance` with the number of claims read since the last call; in total, `PASSES` times the number of claims.
    Raises BeingBuilt if another process is building one, and OSError if the folder can't be written.
    """
    name = name_of(day)
    part = folder() / f".{name}.part"
    with _build_lock(), ExitStack() as opened:
        try:
            file = opened.enter_context(part.open("w+b"))
            spool = _Spool(opened.enter_context(TemporaryFile()), opened.enter_context(TemporaryFile()), advance)
            left_out = _write(file, spool, day, name.removesuffix(".zip"))
            size = file.tell()
            file.seek(0)
            digest = hashlib.sha256()
            for block in blocks_of(file):
                digest.update(block)
            made = Archive(name, size, digest.hexdigest(), dict(spool.rows), left_out, spool.newest)
            # Remove the old description first: it must never describe the new zip.
            _description_path(name).unlink(missing_ok=True)
            file.flush()
            part.replace(made.path)
            part.write_bytes(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
            part.replace(_description_path(name))
        finally:
            part.unlink(missing_ok=True)
    return made


@contextmanager
def _build_lock() -> Iterator[None]:
    """Hold the lock for building in this folder. Raises BeingBuilt if another process holds it.

    A process that is killed releases the lock. The next build of the same day overwrites what it left.
    """
    folder().mkdir(parents=True, exist_ok=True)
    descriptor = locks.open_lock(folder() / "building.lock")
    try:
        if not locks.take(descriptor, locks.EXCLUSIVE):
            raise BeingBuilt("Another process is building an archive. Wait until it has ended.")
        yield
    finally:
        os.close(descriptor)


class _Spool:
    """The published claims and the corrections of one moment, saved on disk, so that each file can read them again."""

    def __init__(self, claims: IO[bytes], corrections: IO[bytes], advance: Callable[[int], None]) -> None:
        self._claims = claims
        self.corrections = corrections
        self._advance = advance
        self.rows: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
        # The hash and the ending of each picture.
        self.pictures: set[tuple[str, str]] = set()
        with repeatable_read():
            newest = Revision.objects.order_by("-at", "-pk").values_list("pk", "slug", "number", "at").first()
            self.newest = [*newest[:3], moment(newest[3])] if newest else None
            corrections.writelines(files.csv(CORRECTIONS, all_corrections()))
            for publication in publications(PublishedClaim.objects.all()):
                self._save(publication)
                advance(1)
        corrections.seek(0)

    def _save(self, publication: Publication) -> None:
        saved = [publication.body, publication.first_published_at, publication.corrections, publication.pages]
        self._claims.write(orjson.dumps(saved) + b"\n")
        self.pictures |= {(one["sha256"], ending_of(one)) for one in publication.content["pictures"]}
        for name, table in TABLES.items():
            self.rows[name] += sum(1 for _item in table.of(publication))

    def __iter__(self) -> Iterator[Publication]:
        self._claims.seek(0)
        for line in self._claims:
            body, first, corrections, pages = orjson.loads(line)
            yield Publication(body, datetime.datetime.fromisoformat(first), tuple(corrections), tuple(pages))
            self._advance(1)


def _write(file: IO[bytes], spool: _Spool, day: datetime.date, top: str) -> dict[str, str]:
    """Write the zip, with everything in the folder `top`. Returns the reason for each file that couldn't be written."""
    left_out: dict[str, str] = {}
    sums: list[str] = []
    with ZipFile(file, "w") as package:

        def add(name: str, pieces: Iterable[bytes]) -> None:
            entry = ZipInfo(f"{top}/{name}", (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_STORED if name.endswith(_ALREADY_COMPRESSED) else ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            digest = hashlib.sha256()
            with package.open(entry, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)
                    digest.update(piece)
            sums.append(f"{digest.hexdigest()}  {name}\n")

        for name, form in FORMS.items():
            try:
                pieces = form.write(spool)
                first = next(pieces, b"")
            except (MissingPackage, TooLong) as reason:
                left_out[name] = str(reason)
            else:
                add(name, chain([first], pieces))
        add("corrections.csv", blocks_of(spool.corrections))
        for digest, ending in sorted(spool.pictures):
            name = f"pictures/{digest}.{ending}"
            try:
                add(name, [bytes_of(digest, ending)])
            except OSError:
                left_out[name] = "This site doesn't have the bytes of this picture."
        add("dictionary.csv", dictionary.as_csv())
        add("dictionary.md", dictionary.as_markdown())
        add("README.txt", (f"{line}\n".encode() for line in _readme_lines(spool, day, left_out)))
        add("SHA256SUMS", [line.encode() for line in sums])
    return left_out


def _readme_lines(spool: _Spool, day: datetime.date, left_out: dict[str, str]) -> Iterator[str]:
    title = f"{settings.SITE_NAME}: published fact-checks, {day.isoformat()}"
    yield from [title, "=" * len(title), "", *dictionary.about(), "", f"Format of this archive: {FORMAT}"]
    yield f"Rows: {', '.join(f'{name} {count:,}' for name, count in spool.rows.items())}"
    if spool.newest:
        yield f"It includes everything published up to: {spool.newest[3]}"
    yield from ["", "What is in it", "-------------", ""]
    for name, table in (*TABLES.items(), (CORRECTIONS.name, CORRECTIONS)):
        forms = [form for form in (*FORMS, "corrections.csv") if form.startswith(f"{name}.") and form not in left_out]
        yield f"{', '.join(forms)}: {table.meaning}"
    yield "dictionary.csv, dictionary.md: what each column means."
    if spool.pictures:
        yield "pictures/: the pictures of the explanations. The name of each is the SHA-256 of its bytes."
        yield "The claims say who made each. Ask them before you publish a picture elsewhere."
    yield "SHA256SUMS: checksums. To check the files, run `sha256sum -c SHA256SUMS` in this folder."
    yield from (f"Left out: {name}. {reason}" for name, reason in left_out.items())
    yield from ["", "How to read it", "--------------", "", *dictionary.READING.values()]
    yield from ["", "What changes", "------------", ""]
    yield f"Every correction, changed rating and withdrawal: {imprint.address('claims:correction-list')}"
    yield "We stop offering an archive when a claim in it is withdrawn. If you pass these data on, please do the same."
