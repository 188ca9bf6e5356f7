"""Published claims in bulk, by COPY into the tables of the desk, the record and search: for measurements only.

`scratch()` makes an empty database beside the one that DATABASE_URL names. `publish()` fills it from the bodies of
versions, in two processes. What follows from a body is made by the project's own functions, so `manage.py check_record`
finds the record whole, as if it were loaded from a file.
"""

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
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
# The bodies of claims' versions, oldest first, with the claims' keys.
Batch = list[tuple[int, list[Content]]]


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
    return made


def publish(claims: Claims) -> int:
    """Write these claims at the desk, into the record and into search; returns how many. Shows its progress."""
    from django.core.management.color import no_style  # noqa: PLC0415 — Django is set up only now
    from django.db import connection, connections  # noqa: PLC0415

    from claims.models import Stem, Word  # noqa: PLC0415
    from claims.record import figure_counts  # noqa: PLC0415
    from claims.search import indexing  # noqa: PLC0415
    from factcheck.accounts.models import User  # noqa: PLC0415

    author, _ = User.objects.get_or_create(username="author", is_active=False)
    with _without_indexes():
        connections.close_all()  # a child must not inherit them
        _Writer.claims, _Writer.author = claims, author.pk
        # Forked, so that the claims needn't be sent.
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
            counts = list(pool.map(_write_share, range(PROCESSES)))
        words: Counter[str] = sum((found for found, _stems in counts), Counter())
        stems: Counter[int] = sum((found for _words, found in counts), Counter())
        _copy(Word, (Word(word=word, claims=times) for word, times in words.items()))
        _copy(Stem, (Stem(hash=stem, claims=times) for stem, times in stems.items()))
        indexing.correct_counts("claims_facet", indexing.miscounts("claims_facet"))
        figure_counts.correct(figure_counts.differing())
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE)")
    return len(claims)


def _models() -> list[Any]:
    from claims import models  # noqa: PLC0415 — Django is set up only now
    from sources.models import Publisher, Source  # noqa: PLC0415

    names = (
        *("Claimant", "Topic", "Claim", "Appearance", "Evidence", "ClaimEvent"),
        *("Revision", "Correction", "PublishedClaim", "IndexEntry", "SearchRow", "Word", "Stem", "Facet"),
        "ClaimFacets",
    )
    return [Publisher, Source, *(getattr(models, name) for name in names), models.Claim.topics.through]


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
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for _name, definition in indexes:
            cursor.execute(definition)


def _copy(model: Any, rows: Iterable[Any]) -> None:
    """Add these rows, with their keys, by COPY."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    fields = [(one.attname, one.get_db_prep_save) for one in model._meta.concrete_fields]
    columns = ", ".join(f'"{one.column}"' for one in model._meta.concrete_fields)
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([prepare(getattr(row, name), connection) for name, prepare in fields])


def _remember_words() -> None:
    """Read each paragraph once in this process: the claims of a corpus share theirs. The words are the same."""
    from claims.search import addresses  # noqa: PLC0415 — Django is set up only now
    from factcheck.core import words  # noqa: PLC0415

    paragraph = lru_cache(maxsize=200_000)(words.plain)
    words.plain = lambda text: [word for part in text.split("\n\n") for word in paragraph(part)]
    addresses.key_of = lru_cache(maxsize=200_000)(addresses.key_of)


def _write_share(share: int) -> tuple[Counter[str], Counter[int]]:
    """Write every batch of one process; returns how many claims have each word and each stem."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    writer = _Writer()
    _remember_words()
    with connection.cursor() as cursor:
        # The rows are checked by `check_record`, and not by each trigger and foreign key.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
    started, total = time.monotonic(), len(writer.claims)
    for first in range(share * BATCH, total, PROCESSES * BATCH):
        # Not in one transaction, because it would make the other process wait for the names that it adds.
        writer.write(range(first, min(first + BATCH, total)))
        if share == 0 and first // BATCH % 50 == 0 and total > 50 * BATCH:
            print(f"  {first:,} of {total:,} claims after {time.monotonic() - started:.0f} s", flush=True)
    return writer.words, writer.stems


class _Writer:
    """Writes claims in one process. Names are made once, whichever process comes first."""

    claims: Claims = []
    author = 0

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.stems: Counter[int] = Counter()
        self.keys: dict[Any, dict[str, int]] = defaultdict(dict)
        self.entries: set[tuple[str, str]] = set()
        self.facets: dict[tuple[str, str], int] = {}

    def write(self, places: range) -> None:
        """Write the claims in these places."""
        from claims.record.canonical import canonical  # noqa: PLC0415 — Django is set up only now
        from claims.schema import read  # noqa: PLC0415

        # As they are stored, because canonical JSON cleans text. The place of a claim gives its keys.
        batch = [(place + 1, [read(canonical(one)) for one in self.claims[place]]) for place in places]
        newest = [versions[-1] for _key, versions in batch]
        self._names([one for _key, versions in batch for one in versions])
        self._desk(batch)
        self._record(batch)
        self._index(newest)

    def _names(self, contents: list[Content]) -> None:
        from claims.models import Claimant, Rating, Topic  # noqa: PLC0415 — Django is set up only now
        from claims.record.body import people  # noqa: PLC0415
        from claims.schema import CLAIMANT, PUBLISHER, SOURCE, TOPIC  # noqa: PLC0415
        from sources.models import Publisher, Source  # noqa: PLC0415

        sources = [item["source"] for one in contents for item in [*one["appearances"], *one["evidence"]]]
        self._known(Rating, [one["rating"] for one in contents])
        self._known(Claimant, [card for one in contents for card in people(one)], CLAIMANT)
        self._known(Topic, [card for one in contents for card in one["topics"]], TOPIC)
        self._known(Publisher, [card["publisher"] for card in sources], PUBLISHER)
        self._known(Source, sources, SOURCE)

    def _known(self, model: Any, cards: Iterable[Content], what: Any = None) -> None:
        """Look up the keys of these names, and make the rows that are missing."""
        known = self.keys[model]
        new = {card["slug"]: card for card in cards if card["slug"] not in known}
        if not new:
            return
        rows = [_row(model, what, new[slug]) for slug in sorted(new)] if what else []
        for row in rows:
            if hasattr(row, "derive_from_address"):
                row.publisher_id = self.keys[type(row).publisher.field.related_model][
                    new[row.slug]["publisher"]["slug"]
                ]
                row.derive_from_address()
        # In one order, so that two processes that add the same names don't wait for each other in a circle.
        model.objects.bulk_create(rows, ignore_conflicts=True)
        known.update(model.objects.filter(slug__in=list(new)).values_list("slug", "pk"))

    def _desk(self, batch: Batch) -> None:
        from claims.choices import EventKind, State  # noqa: PLC0415 — Django is set up only now
        from claims.models import Appearance, Claim, Claimant, ClaimEvent, Evidence, Rating, Topic  # noqa: PLC0415
        from claims.schema import APPEARANCE, CLAIM, EVIDENCE  # noqa: PLC0415
        from sources.models import Source  # noqa: PLC0415

        through = Claim.topics.through
        claims, topics, events = [], [], []
        listed: dict[Any, list[Any]] = {Appearance: [], Evidence: []}
        for key, versions in batch:
            one = versions[-1]
            at = datetime.fromisoformat(one["revision"]["at"])
            state = State.CORRECTED if len(versions) > 1 else State.PUBLISHED
            claimant = one["claimant"]
            claims.append(
                _row(
                    Claim, CLAIM, one, pk=key, state=state, author_id=self.author, version=1,
                    approved_by=one["revision"]["approved_by"] or "Another", logged_at=at, changed_at=at,
                    missing="\n".join(one["missing"]), rating_id=self.keys[Rating][one["rating"]["slug"]],
                    claimant_id=claimant and self.keys[Claimant][claimant["slug"]],
                )
            )  # fmt: skip
            topics += [through(claim_id=key, topic_id=self.keys[Topic][card["slug"]]) for card in one["topics"]]
            for model, what, items in (
                (Appearance, APPEARANCE, one["appearances"]),
                (Evidence, EVIDENCE, one["evidence"]),
            ):
                for order, item in enumerate(items):
                    row = _row(model, what, item, claim_id=key, order=order)
                    row.source_id = self.keys[Source][item["source"]["slug"]]
                    if attributed := item.get("attributed_to"):
                        row.attributed_to_id = self.keys[Claimant][attributed["slug"]]
                    listed[model].append(row)
            events.append(
                ClaimEvent(
                    pk=key, claim_id=key, version=1, kind=EventKind.LOADED, actor_id=self.author,
                    actor_name="author", from_state="", to_state=state, at=at,
                )
            )  # fmt: skip
        _copy(Claim, claims)
        _copy(ClaimEvent, events)
        for model, rows in [*listed.items(), (through, topics)]:
            # A block of keys for each batch of claims, wide enough for all that it has.
            first = (batch[0][0] // BATCH) * BATCH * 64
            assert len(rows) < BATCH * 64, "a claim has more than 64 rows"
            for number, row in enumerate(rows, start=1):
                row.pk = first + number
            _copy(model, rows)

    def _record(self, batch: Batch) -> None:
        from claims.models import ClaimFacets, Correction, PublishedClaim, Revision, SearchRow  # noqa: PLC0415
        from claims.record.body import SIGNATURES  # noqa: PLC0415
        from claims.record.canonical import canonical  # noqa: PLC0415
        from claims.record.rows import columns  # noqa: PLC0415
        from claims.search import indexing  # noqa: PLC0415

        revisions, corrections, published = [], [], []
        for key, versions in batch:
            times = [datetime.fromisoformat(one["revision"]["at"]) for one in versions]
            made = []
            for one, at in zip(versions, times, strict=True):
                signing = one["revision"]
                given = {name: signing[name] for name in ("number", "act", "reason", *SIGNATURES)}
                assert len(versions) <= MOST_VERSIONS, one["slug"]
                pk = key * MOST_VERSIONS - len(versions) + signing["number"]
                row = Revision(pk=pk, claim_id=key, slug=one["slug"], at=at, body=canonical(one), **given)
                made.append(row)
                if signing["correction"]:
                    corrections.append(
                        Correction(
                            pk=key, revision_id=row.pk, kind=signing["correction"], reason=signing["reason"], at=at,
                            rating_before=versions[-2]["rating"]["label"], rating_after=one["rating"]["label"],
                        )
                    )  # fmt: skip
            revisions += made
            published.append(
                PublishedClaim(
                    pk=key, claim_id=key, revision=made[-1], first_published_at=times[0], revised_at=times[-1],
                    is_corrected=len(versions) > 1, **columns(versions[-1]),
                )
            )  # fmt: skip
        _copy(Revision, revisions)
        _copy(Correction, corrections)
        _copy(PublishedClaim, published)
        documents = [
            indexing.Document.of(versions[-1]).row(claim)
            for claim, (_key, versions) in zip(published, batch, strict=True)
        ]
        for document in documents:
            self.words.update(indexing.words_of(document.text))
            self.stems.update(document.words)
        _copy(SearchRow, documents)
        self._know_facets({key for claim in published for key in indexing.facet_keys(claim)})
        _copy(ClaimFacets, [indexing.facets_row(claim, self.facets) for claim in published])

    def _know_facets(self, keys: set[tuple[str, str]]) -> None:
        from claims.models import Facet  # noqa: PLC0415 — Django is set up only now
        from claims.search import indexing  # noqa: PLC0415

        new = keys - self.facets.keys()
        if new:
            Facet.objects.bulk_create(
                (Facet(kind=kind, value=value, claims=1) for kind, value in sorted(new)), ignore_conflicts=True
            )
            self.facets.update(indexing.facet_ids(new))

    def _index(self, contents: Iterable[Content]) -> None:
        from claims.models import IndexEntry  # noqa: PLC0415 — Django is set up only now
        from claims.record.rows import entries  # noqa: PLC0415

        new = {(str(one.kind), one.slug): one for body in contents for one in entries(body)}
        rows = [
            IndexEntry(kind=one.kind, slug=one.slug, name=one.name, sort_key=one.sort_key, body=one.body)
            for key, one in sorted(new.items())
            if key not in self.entries
        ]
        self.entries |= new.keys()
        IndexEntry.objects.bulk_create(rows, ignore_conflicts=True)


def _row(model: Any, what: Any, content: Content, **given: Any) -> Any:
    """The desk's row of an object of a body: the reverse of `claims.record.body`."""
    columns = {one.name for one in model._meta.concrete_fields if not one.is_relation}
    said = {one.path: content[one.name] for one in what.fields if one.path in columns}
    return model(**(said | given))
