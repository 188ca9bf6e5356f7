"""Published claims in bulk, by COPY into the tables of the desk, the record and search: for measurements only.

`scratch()` makes an empty database beside the one that DATABASE_URL names. `publish()` fills it from the bodies of
versions, in two processes. What follows from a body is made by the project's own functions, so `manage.py check_record`
finds the record whole, as if it were loaded from a file.
"""

import gc
import json
import os
import re
import subprocess
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# Shared data is not ours to ship; a benchmark that needs it says so and stops.
DATA = Path(os.environ.get("BENCHMARK_DATA", ROOT.parent / "shared" / "data"))
BATCH = 1_000
PROCESSES = 2
MOST_VERSIONS = 4

Content = dict[str, Any]
# Claims' keys with their versions, oldest first: what each says, and its bytes.
Batch = list[tuple[int, list[Content], list[str]]]


class Claims(Protocol):
    """The bodies of each claim's versions, oldest first."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> list[Content]: ...


@contextmanager
def scratch(name: str = "benchmark", *, keep: bool = False, copy_of: str = "") -> Iterator[bool]:
    """Set Django's environment up for a database of its own; yields True if the database was there before.

    With `keep`, a database that is there is used again, and a new one is dropped only if something goes wrong. A new
    one is empty, or a copy of the one with the name `copy_of`.
    """
    address = os.environ["DATABASE_URL"]
    own = urlsplit(address).path.removeprefix("/")
    database, template = f"{own}_{name}", f"{own}_{copy_of}" if copy_of else "template1"
    with psycopg.connect(address, autocommit=True) as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None
        if known and not keep:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
            known = False
        if not known:
            names = map(sql.Identifier, (database, template))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    os.environ.update(
        DATABASE_URL=urlsplit(address)._replace(path=f"/{database}").geturl(),
        DEBUG="on",
        DJANGO_SETTINGS_MODULE="factcheck.settings",
        PYTHONPATH=str(ROOT),
    )
    sys.path.insert(0, str(ROOT))
    keep_now = False
    try:
        if not known and not copy_of:
            subprocess.run([sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"], check=True)  # noqa: S603
        yield known
        keep_now = keep
    finally:
        os.environ["DATABASE_URL"] = address
        if not keep_now and not (keep and known):
            with psycopg.connect(address, autocommit=True) as server:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def build(size: int, *options: str) -> None:
    """Build the record of so many claims, unless it is there: see `build.py`."""
    command = [sys.executable, str(Path(__file__).with_name("build.py")), str(size), *options]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603


def measured(*arguments: str) -> tuple[float, float]:
    """Run one of our programs; returns seconds and the most memory it held, in MB."""
    started = time.monotonic()
    command = [sys.executable, str(ROOT / arguments[0]), *arguments[1:]]
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    assert status == 0, arguments
    return time.monotonic() - started, usage.ru_maxrss / 1024


def false() -> Content:
    """The card of the rating *false*."""
    from claims.models import Rating  # noqa: PLC0415 — Django is set up only now
    from claims.record.body import rating_card  # noqa: PLC0415

    return rating_card(Rating.objects.select_related("scale").get(slug="false"))


def content(slug: str, statement: str, *, rating: Content, **given: Any) -> Content:
    """The body of a claim's only version with these values, and plain ones elsewhere."""
    from django.utils import timezone  # noqa: PLC0415 — Django is set up only now

    from claims.choices import Act  # noqa: PLC0415
    from claims.record.body import Signing  # noqa: PLC0415
    from claims.schema import CLAIM, SCHEMA  # noqa: PLC0415

    blank = {one.name: one.blank for one in CLAIM.fields}
    plain = {
        "schema": SCHEMA,
        "slug": slug,
        "statement": statement,
        "kind": "other",
        "checkable": True,
        "language": "en",
        "rating": rating,
        # An approved claim has both. Search finds no word in an ellipsis.
        "summary": "…",
        "explanation": "…",
    }
    made = blank | plain | {name: value for name, value in given.items() if value or name not in plain}
    if not made["revision"]:
        signing = Signing(number=1, act=Act.PUBLISH, at=timezone.now(), signed_by="author", approved_by="Another")
        made["revision"] = signing.as_content()
    return CLAIM.upgraded(made)


def publish(claims: Claims) -> int:
    """Write these claims at the desk, into the record and into search; returns how many. Shows its progress."""
    from django.core.management.color import no_style  # noqa: PLC0415 — Django is set up only now
    from django.db import connection, connections  # noqa: PLC0415

    from claims.models import Facet, Stem, Word  # noqa: PLC0415
    from claims.record import figure_counts  # noqa: PLC0415
    from factcheck.accounts.models import User  # noqa: PLC0415

    author, _ = User.objects.get_or_create(username="author", is_active=False)
    with _without_indexes(), _staged():
        connections.close_all()  # a child must not inherit them
        _Writer.claims, _Writer.author = claims, author.pk
        # Forked, so that the claims needn't be sent.
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
            counts = list(pool.map(_write_share, range(PROCESSES)))
        words: Counter[str] = sum((found for found, _stems, _facets in counts), Counter())
        stems: Counter[int] = sum((found for _words, found, _facets in counts), Counter())
        facets: Counter[tuple[str, str]] = sum((found for _words, _stems, found in counts), Counter())
        _copy(Word, ({"word": word, "claims": times} for word, times in words.items()))
        _copy(Stem, ({"hash": stem, "claims": times} for stem, times in stems.items()))
        _copy(
            Facet,
            (
                {"id": _key(*one), "kind": one[0], "value": one[1], "claims": times}
                for one, times in sorted(facets.items())
            ),
        )
        figure_counts.correct(figure_counts.differing())
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE)")
    return len(claims)


def _models() -> list[Any]:
    from claims import models  # noqa: PLC0415 — Django is set up only now

    names = (
        *("Claim", "Appearance", "Evidence", "ClaimEvent"),
        *("Revision", "Correction", "PublishedClaim", "SearchRow", "Word", "Stem", "Facet", "ClaimFacets"),
    )
    return [*_names(), *(getattr(models, name) for name in names), models.Claim.topics.through]


def _names() -> dict[Any, str]:
    """The tables of names, which both processes find, in an order in which they can be filled; and their keys."""
    from claims.models import Claimant, IndexEntry, Topic  # noqa: PLC0415 — Django is set up only now
    from sources.models import Publisher, Source  # noqa: PLC0415

    return {Publisher: "slug", Source: "slug", Claimant: "slug", Topic: "slug", IndexEntry: "kind, slug"}


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop the indexes that enforce nothing, and make them again in the end: quicker than to keep them up to date."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    tables = [model._meta.db_table for model in _models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")  # one VACUUM in the end is enough
    yield
    started = time.monotonic()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for _name, definition in indexes:
            cursor.execute(definition)
    _say(f"  indexes made in {time.monotonic() - started:.0f} s")


@contextmanager
def _staged() -> Iterator[None]:
    """Give each table of names one beside it without any rule, in which two processes may both add the same name.

    So neither has to look a name up or to wait. In the end, one of each is taken.
    """
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    tables = {model._meta.db_table: key for model, key in _names().items()}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE UNLOGGED TABLE {_STAGE}{table} (LIKE {table} INCLUDING DEFAULTS)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table, key in tables.items():
            # A name that was there before keeps its row.
            cursor.execute(
                f"INSERT INTO {table} SELECT DISTINCT ON ({key}) * FROM {_STAGE}{table} ORDER BY {key} "
                f"ON CONFLICT ({key}) DO NOTHING"
            )
            cursor.execute(f"DROP TABLE {_STAGE}{table}")
        cursor.execute("SET session_replication_role = origin")


_STAGE = "staged_"


def _key(*parts: str) -> int:
    """The primary key of a name, which two processes give it alike without asking each other."""
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=6).digest())


def _say(text: str) -> None:
    print(text, flush=True)


def _written(value: Any) -> str:
    """A value of a column in the text format of COPY. A list is an array."""
    match value:
        case str():
            # Quicker than `translate`, because most texts have none of these.
            text = value.replace("\\", r"\\")
            return text.replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")
        case None:
            return r"\N"
        case bool():
            return "t" if value else "f"
        case list() if not value or type(value[0]) is int:
            return f"{{{','.join(map(str, value))}}}"
        case list():
            quoted = (one.replace("\\", r"\\").replace('"', r"\"") for one in value)
            inside = ",".join(f'"{one}"' for one in quoted)
            return _written(f"{{{inside}}}")
    return str(value)


def _copy(model: Any, rows: Iterable[Any], *, stage: str = "") -> None:
    """Add these rows, with their keys, by COPY. A row is an object of the model, or its values by column."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    fields, columns, blank, documents = _columns(model)
    lines = []
    for row in rows:
        said = blank | (row if isinstance(row, dict) else vars(row))
        for name in documents:
            said[name] = json.dumps(said[name], ensure_ascii=False)
        lines.append("\t".join([_written(said[name]) for name in fields]))
    if not lines:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {stage}{model._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        copy.write("\n".join([*lines, ""]))


@cache
def _columns(model: Any) -> tuple[list[str], str, Content, list[str]]:
    """The attributes of a row, the columns of its table, what they are unless they are given, and those with JSON."""
    from django.db.models import JSONField  # noqa: PLC0415 — Django is set up only now

    fields = model._meta.concrete_fields
    names = [one.attname for one in fields]
    blank = {one.attname: one.get_default() for one in fields if not one.primary_key}
    documents = [one.attname for one in fields if isinstance(one, JSONField)]
    return names, ", ".join(f'"{one.column}"' for one in fields), blank, documents


def _remember_words() -> None:
    """Read each paragraph once in this process: the claims of a corpus share theirs. The words are the same."""
    from claims.record import canonical  # noqa: PLC0415 — Django is set up only now
    from claims.search import addresses, indexing  # noqa: PLC0415

    @lru_cache(maxsize=200_000)
    def part(text: str, language: str) -> "tuple[str, array[int]]":
        line, stems = indexed(text, language)
        return line, array("q", stems)  # a fifth of the memory of a tuple

    indexed = indexing.words_and_stems

    def whole(text: str, language: str) -> tuple[str, tuple[int, ...]]:
        parts = [part(found, language) for found in _BETWEEN_PARTS.split(text)]
        return " ".join(filter(None, (line for line, _stems in parts))), tuple(chain.from_iterable(s for _, s in parts))

    indexing.words_and_stems = whole
    addresses.key_of = lru_cache(maxsize=200_000)(addresses.key_of)
    vars(canonical)["clean"] = lru_cache(maxsize=50_000)(vars(canonical)["clean"])


# No word, number or name of a text goes on behind these.
_BETWEEN_PARTS = re.compile(r"\n\n| — ")


def _write_share(share: int) -> tuple[Counter[str], Counter[int], Counter[tuple[str, str]]]:
    """Write every batch of one process; returns how many claims have each word, each stem and each facet."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    gc.freeze()  # what the processes share needn't be looked through
    gc.set_threshold(100_000)  # a COPY and its text refer to each other, and hardly anything else does
    writer = _Writer()
    _remember_words()
    with connection.cursor() as cursor:
        # The rows are checked by `check_record`, and not by each trigger and foreign key.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
    started, total = time.monotonic(), len(writer.claims)
    for first in range(share * BATCH, total, PROCESSES * BATCH):
        writer.write(range(first, min(first + BATCH, total)))
        if share == 0 and first // BATCH % 50 == 0 and total > 50 * BATCH:
            _say(f"  {first:,} of {total:,} claims after {time.monotonic() - started:.0f} s")
    return writer.words, writer.stems, writer.facets


class _Writer:
    """Writes claims in one process. Each process writes every name that it meets, once."""

    claims: Claims = []
    author = 0

    def __init__(self) -> None:
        from claims.models import Rating  # noqa: PLC0415 — Django is set up only now

        self.words: Counter[str] = Counter()
        self.stems: Counter[int] = Counter()
        self.facets: Counter[tuple[str, str]] = Counter()
        self.ratings = dict(Rating.objects.values_list("slug", "pk"))
        # The keys of names: those that were there before, and those that this process wrote.
        self.keys = {
            model: dict(model.objects.values_list("slug", "pk")) for model, key in _names().items() if key == "slug"
        }
        self.entries: set[tuple[str, str]] = set()

    def write(self, places: range) -> None:
        """Write the claims in these places."""
        from claims.record.canonical import canonical  # noqa: PLC0415 — Django is set up only now
        from claims.schema import read  # noqa: PLC0415

        # As they are stored, because canonical JSON cleans text. The place of a claim gives its keys.
        bodies = [[canonical(one) for one in self.claims[place]] for place in places]
        batch = [
            (place + 1, [read(body) for body in versions], versions)
            for place, versions in zip(places, bodies, strict=True)
        ]
        self._names([one for _key, versions, _bodies in batch for one in versions])
        self._desk(batch)
        self._record(batch)
        self._index([versions[-1] for _key, versions, _bodies in batch])

    def _names(self, contents: list[Content]) -> None:
        from claims.models import Claimant, Topic  # noqa: PLC0415 — Django is set up only now
        from claims.record.body import people  # noqa: PLC0415
        from claims.schema import CLAIMANT, PUBLISHER, SOURCE, TOPIC  # noqa: PLC0415
        from sources.models import Publisher, Source  # noqa: PLC0415

        sources = [item["source"] for one in contents for item in [*one["appearances"], *one["evidence"]]]
        self._add(Claimant, [card for one in contents for card in people(one)], CLAIMANT)
        self._add(Topic, [card for one in contents for card in one["topics"]], TOPIC)
        self._add(Publisher, [card["publisher"] for card in sources], PUBLISHER)
        self._add(Source, sources, SOURCE)

    def _add(self, model: Any, cards: Iterable[Content], what: Any) -> None:
        """Write the rows of the names that are new."""
        known = self.keys[model]
        new = {card["slug"]: card for card in cards if card["slug"] not in known}
        rows = [model(pk=_key(slug), **_said(model, what, card)) for slug, card in new.items()]
        for row in rows:
            if hasattr(row, "derive_from_address"):
                publishers = self.keys[model.publisher.field.related_model]
                row.publisher_id = publishers[new[row.slug]["publisher"]["slug"]]
                row.derive_from_address()
        known.update({row.slug: row.pk for row in rows})
        _copy(model, rows, stage=_STAGE)

    def _desk(self, batch: Batch) -> None:
        from claims.choices import EventKind, State  # noqa: PLC0415 — Django is set up only now
        from claims.models import Appearance, Claim, Claimant, ClaimEvent, Evidence, Topic  # noqa: PLC0415
        from claims.schema import APPEARANCE, CLAIM, EVIDENCE  # noqa: PLC0415
        from sources.models import Source  # noqa: PLC0415

        through = Claim.topics.through
        claims, topics, events = [], [], []
        listed: dict[Any, list[Any]] = {Appearance: [], Evidence: []}
        for key, versions, _bodies in batch:
            one = versions[-1]
            at = datetime.fromisoformat(one["revision"]["at"])
            state = State.CORRECTED if len(versions) > 1 else State.PUBLISHED
            claimant = one["claimant"]
            claims.append(
                _said(Claim, CLAIM, one)
                | {
                    "id": key, "state": state, "author_id": self.author, "version": 1,
                    "approved_by": one["revision"]["approved_by"] or "Another", "logged_at": at, "changed_at": at,
                    "missing": "\n".join(one["missing"]), "rating_id": self.ratings[one["rating"]["slug"]],
                    "claimant_id": claimant and self.keys[Claimant][claimant["slug"]],
                }
            )  # fmt: skip
            topics += [{"claim_id": key, "topic_id": self.keys[Topic][card["slug"]]} for card in one["topics"]]
            for model, what, items in (
                (Appearance, APPEARANCE, one["appearances"]),
                (Evidence, EVIDENCE, one["evidence"]),
            ):
                for order, item in enumerate(items):
                    row = _said(model, what, item) | {"claim_id": key, "order": order}
                    row["source_id"] = self.keys[Source][item["source"]["slug"]]
                    if attributed := item.get("attributed_to"):
                        row["attributed_to_id"] = self.keys[Claimant][attributed["slug"]]
                    listed[model].append(row)
            events.append(
                {
                    "id": key, "claim_id": key, "version": 1, "kind": EventKind.LOADED, "actor_id": self.author,
                    "actor_name": "author", "from_state": "", "to_state": state, "at": at,
                }
            )  # fmt: skip
        _copy(Claim, claims)
        _copy(ClaimEvent, events)
        for model, rows in [*listed.items(), (through, topics)]:
            # A block of keys for each batch of claims, wide enough for all that it has.
            first = (batch[0][0] // BATCH) * BATCH * 64
            assert len(rows) < BATCH * 64, "a claim has more than 64 rows"
            for number, row in enumerate(rows, start=1):
                row["id"] = first + number
            _copy(model, rows)

    def _record(self, batch: Batch) -> None:
        from claims.models import ClaimFacets, Correction, PublishedClaim, Revision, SearchRow  # noqa: PLC0415
        from claims.record.body import SIGNATURES  # noqa: PLC0415
        from claims.record.rows import columns  # noqa: PLC0415
        from claims.search import indexing  # noqa: PLC0415

        revisions, corrections, published = [], [], []
        for key, versions, bodies in batch:
            times = [datetime.fromisoformat(one["revision"]["at"]) for one in versions]
            assert len(versions) <= MOST_VERSIONS, versions[-1]["slug"]
            first = key * MOST_VERSIONS - len(versions)
            for one, body, at in zip(versions, bodies, times, strict=True):
                signing = one["revision"]
                pk = first + signing["number"]
                given = {name: signing[name] for name in ("number", "act", "reason", *SIGNATURES)}
                revisions.append({"id": pk, "claim_id": key, "slug": one["slug"], "at": at, "body": body, **given})
                if signing["correction"]:
                    corrections.append(
                        {
                            "id": key, "revision_id": pk, "kind": signing["correction"], "reason": signing["reason"],
                            "at": at, "rating_before": versions[-2]["rating"]["label"],
                            "rating_after": one["rating"]["label"],
                        }
                    )  # fmt: skip
            published.append(
                PublishedClaim(
                    pk=key, claim_id=key, revision_id=first + len(versions), first_published_at=times[0],
                    revised_at=times[-1], is_corrected=len(versions) > 1, **columns(versions[-1]),
                )
            )  # fmt: skip
        _copy(Revision, revisions)
        _copy(Correction, corrections)
        _copy(PublishedClaim, published)
        found = [indexing.Document.of(versions[-1]) for _key, versions, _bodies in batch]
        facets = [indexing.facet_keys(claim) for claim in published]
        for document, keys in zip(found, facets, strict=True):
            self.words.update(indexing.words_of(document.text))
            self.stems.update(document.words)
            self.facets.update(keys)
        _copy(SearchRow, [document.row(claim) for document, claim in zip(found, published, strict=True)])
        ids = {key: _key(*key) for keys in facets for key in keys}
        _copy(ClaimFacets, [indexing.facets_row(claim, ids) for claim in published])

    def _index(self, contents: Iterable[Content]) -> None:
        from claims.models import IndexEntry  # noqa: PLC0415 — Django is set up only now
        from claims.record.rows import entries  # noqa: PLC0415

        new = {(str(one.kind), one.slug): one for body in contents for one in entries(body)}
        rows = [
            {
                "id": _key(*key), "kind": one.kind, "slug": one.slug, "name": one.name, "sort_key": one.sort_key,
                "body": one.body,
            }
            for key, one in new.items()
            if key not in self.entries
        ]  # fmt: skip
        self.entries |= new.keys()
        _copy(IndexEntry, rows, stage=_STAGE)


def _said(model: Any, what: Any, content: Content) -> Content:
    """The columns of an object of a body in the desk's row: the reverse of `claims.record.body`."""
    return {path: content[name] for path, name in _paths(model, what.fields)}


_PATHS: dict[Any, list[tuple[str, str]]] = {}


def _paths(model: Any, fields: Any) -> list[tuple[str, str]]:
    if model not in _PATHS:
        columns = {one.name for one in model._meta.concrete_fields if not one.is_relation}
        _PATHS[model] = [(one.path, one.name) for one in fields if one.path in columns]
    return _PATHS[model]
