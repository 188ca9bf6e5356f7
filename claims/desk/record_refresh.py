"""Make again what follows from the record: the public rows, the index of names, search, and the counts.

The versions of the claims are the source, and aren't changed. Each step compares first, and writes only what differs,
in short transactions with the locks of an act. So editors can publish meanwhile. Run it again if it was killed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from claims.choices import Act, EntryKind
from claims.desk import journal, locks, record_check
from claims.models import (
    Claim,
    ClaimFacets,
    Correction,
    FigureCount,
    IndexEntry,
    PublishedClaim,
    RecordRefresh,
    Revision,
    SearchRow,
)
from claims.record import figure_counts, purging
from claims.record.canonical import canonical
from claims.record.rows import Entry, columns, entries
from claims.schema import Content
from claims.search import indexing
from factcheck.core.batches import batched

_BATCH, _COUNTS_AT_ONCE = 200, 1000
# What makes a public row show a name of the index.
_SHOWS: dict[EntryKind, str] = {
    EntryKind.RATING: "rating = entry.slug",
    EntryKind.CLAIMANT: "claimant = entry.slug OR attributed @> ARRAY[entry.slug]",
    EntryKind.TOPIC: "topics @> ARRAY[entry.slug]",
    EntryKind.ARTICLE: "articles @> ARRAY[entry.slug]",
    EntryKind.OUTLET: "outlets @> ARRAY[entry.slug]",
    EntryKind.SOURCE: "sources @> ARRAY[entry.slug]",
}


def refresh(*, dry_run: bool = False, advance: Callable[[int], None] = lambda _claims: None) -> Iterator[str]:
    """Make everything again that differs from the record, and yield a line about each thing. Raises Busy.

    With `dry_run`, it only yields the lines.
    """
    moving = record_check.moving_names()
    ids = Claim.objects.filter(revisions__number=1).order_by("pk").values_list("pk", flat=True).iterator()
    for batch in batched(ids, _BATCH):
        yield from _claims(batch, moving, dry_run=dry_run)
        advance(len(batch))
    yield from _orphans(dry_run=dry_run)
    for table in indexing.COUNTED:
        wrong = indexing.miscounts(table)
        if wrong:
            yield f"{table}: {len(wrong):,} counts"
        for some in batched([] if dry_run else wrong, _COUNTS_AT_ONCE):
            with transaction.atomic():
                locks.hold(locks.RECORD)
                indexing.correct_counts(table, some)
                _note()
    changes = figure_counts.differing()
    if changes:
        yield f"{FigureCount._meta.db_table}: {len(changes):,} counts"
    for part in batched([] if dry_run else changes, _COUNTS_AT_ONCE):
        with transaction.atomic():
            locks.hold(locks.RECORD)
            figure_counts.correct(part)
            _note()
    for kind in EntryKind:
        yield from _unshown(kind, dry_run=dry_run)


@transaction.atomic
def refresh_search(claims: Iterable[int]) -> None:
    """Write the search rows of the published claims with these ids again. The record doesn't change."""
    published = PublishedClaim.objects.select_related("revision").filter(pk__in=claims)
    locks.locked_rows(published.values_list("claim_id", flat=True))
    found = list(published)
    documents = {claim.claim_id: indexing.Document.of(claim.revision.content) for claim in found}
    locks.hold(locks.RECORD)
    indexing.write(found, documents)
    _note()


# Claims


@dataclass
class _Compared:
    """What differs of some claims: their public rows, search rows and names, each as it should be."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    gone: list[PublishedClaim] = field(default_factory=list)
    names: dict[tuple[str, str], Entry] = field(default_factory=dict)
    unindexed: list[PublishedClaim] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    claims: set[int] = field(default_factory=set)

    def add(self, claim: int, line: str) -> None:
        self.claims.add(claim)
        self.lines.append(line)


def _claims(ids: list[int], moving: set[tuple[str, str]], *, dry_run: bool) -> list[str]:
    """Make the rows of these claims again that differ."""
    with transaction.atomic():
        found = _compared(ids, moving)
        if found.claims and not dry_run:
            locks.locked_rows(found.claims)
            locks.hold(locks.RECORD)
            # Again, now that nobody else changes them.
            again = _compared(found.claims, moving)
            for shown in again.gone:
                journal.drop_row(shown)
            for claim, values in again.rows.items():
                journal.write_row(claim, values)
            public = PublishedClaim.objects.filter(claim__in=found.claims).values_list("pk", flat=True)
            indexing.write(indexing.outdated(public))
            journal.write_names(again.names.values())
            _note()
    return found.lines


def _note() -> None:
    """Note that pages may differ from now on. Call it in the transaction that changes what they are made from."""
    RecordRefresh.objects.create()
    purging.note_everything()


def _compared(ids: Iterable[int], moving: set[tuple[str, str]]) -> _Compared:
    found, claims = _Compared(), list(ids)
    of_these = Revision.objects.filter(claim__in=claims)
    first = dict(of_these.filter(number=1).values_list("claim_id", "at"))
    corrected = set(Correction.objects.filter(revision__in=of_these).values_list("revision__claim_id", flat=True))
    public = {row.claim_id: row for row in PublishedClaim.objects.filter(claim__in=claims)}
    contents: dict[int, Content] = {}
    for newest in of_these.order_by("claim_id", "-number").distinct("claim_id"):
        claim, row = newest.claim_id, public.get(newest.claim_id)
        if newest.act == Act.WITHDRAW:
            if row:
                found.gone.append(row)
                found.add(claim, f"{newest.slug}: readers find it, and it is withdrawn")
            continue
        contents[claim] = newest.content
        expected = {
            **columns(newest.content),
            "revision_id": newest.pk,
            "first_published_at": first[claim],
            "revised_at": newest.at,
            "is_corrected": claim in corrected,
        }
        differing = [name for name, value in expected.items() if row is None or getattr(row, name) != value]
        if differing:
            found.rows[claim] = expected
            what = f"its public row has another {', '.join(differing)}" if row else "it has no public row"
            found.add(claim, f"{newest.slug}: {what}")
    for row in indexing.outdated(row.pk for row in public.values() if row.claim_id in contents):
        found.add(row.claim_id, f"{row.slug}: its search row is out of date")
    _compare_names(contents, moving, found)
    return found


def _compare_names(contents: Mapping[int, Content], moving: set[tuple[str, str]], found: _Compared) -> None:
    """Compare the names that the bodies show with the index. While a name changes, both forms of it are right."""
    shown = [(claim, entry) for claim, content in contents.items() for entry in entries(content)]
    slugs = {entry.slug for _claim, entry in shown}
    stored = {(row.kind, row.slug): row for row in IndexEntry.objects.filter(slug__in=slugs)}
    for claim, entry in shown:
        row = stored.get((entry.kind, entry.slug))
        if row and (
            (entry.kind, entry.slug) in moving
            or (row.name, row.sort_key, canonical(row.body)) == (entry.name, entry.sort_key, canonical(entry.body))
        ):
            continue
        if (entry.kind, entry.slug) not in found.names:
            found.names[entry.kind, entry.slug] = entry
            found.add(
                claim, f"{entry.kind} {entry.slug}: " + ("it differs in the index" if row else "not in the index")
            )


# What no claim has


def _orphans(*, dry_run: bool) -> list[str]:
    """Delete the search rows of claims that have no public row."""
    lines = []
    for model in (SearchRow, ClaimFacets):
        orphans = model._default_manager.exclude(published__in=PublishedClaim.objects.all())
        with transaction.atomic():
            keys = list(orphans.values_list("pk", flat=True))
            if keys and not dry_run:
                locks.hold(locks.RECORD)
                orphans.filter(pk__in=keys).delete()
                _note()
        if keys:
            lines.append(f"{model._meta.db_table}: {len(keys):,} rows of claims that readers don't find")
    return lines


def _unshown(kind: EntryKind, *, dry_run: bool) -> Iterator[str]:
    """Delete the names from the index that no published claim shows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "SELECT id, slug FROM claims_indexentry AS entry WHERE kind = %s "  # noqa: S608 — a condition of ours
            f"AND NOT EXISTS (SELECT FROM claims_publishedclaim WHERE {_SHOWS[kind]}) ORDER BY slug",
            [kind],
        )
        unshown = dict(cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")
        if unshown and not dry_run:
            locks.hold(locks.RECORD)
            cursor.execute(
                "DELETE FROM claims_indexentry AS entry WHERE id = ANY(%s) "  # noqa: S608 — a condition of ours
                f"AND NOT EXISTS (SELECT FROM claims_publishedclaim WHERE {_SHOWS[kind]})",
                [list(unshown)],
            )
            _note()
    yield from (f"{kind} {slug}: in the index, and no claim shows it" for slug in unshown.values())
