"""The locks that acts take, in one order, and how long they wait for them.

1. The names that the act reads or changes (`hold_names`). An act on a claim shares the names that the claim shows, and
   a change of a name holds that name alone. So no claim is approved or published while a name in it changes.
2. The rows of the claims, by id.
3. RECORD, for everything that readers see (`hold`): the times of versions, the rows of the record, the index and the
   counts. Each public act takes it when all that can be prepared is ready, and holds it until it ends. So versions
   appear in the order of their times, and whoever follows the record by time misses none.

Whoever takes a lock has none of a later kind yet, so no two acts wait for each other. A row is locked against changes
and not against references to it (`no_key`): the database looks at those when another act commits, after all its locks.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

from claims.choices import NameKind
from claims.desk.rules import Busy, Conflict
from claims.models import Claim
from claims.models.querysets import ClaimQuerySet
from factcheck.core.database import is_lock_failure

# Keys of the advisory locks: RECORD for everything that readers see, SLUGS for the slugs of new claims.
RECORD, SLUGS = 0x5EC0BD, 0x51C6
# The first of the two numbers of a name's lock, for each kind; the second is the row's id. Locks are taken in this
# order, so a row comes before those that its card also shows: a source before its publisher.
_CLASSES = {kind: 0x5EC0BE + place for place, kind in enumerate(NameKind)}
_IDS = 2**31

# A row that claims show: its kind and its id.
Name = tuple[NameKind, int]


def hold(name: int) -> None:
    """Wait for this lock, and hold it until the transaction ends. Raises Busy after the lock timeout."""
    with patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [name])


def hold_names(shared: Iterable[Name] = (), *, alone: Iterable[Name] = ()) -> None:
    """Wait for the locks of these names, and hold them until the transaction ends. Raises Busy.

    Many can share a name; nobody else has one that is held alone.
    """
    wanted = dict.fromkeys(shared, False) | dict.fromkeys(alone, True)
    rows = sorted((_CLASSES[kind], pk % _IDS, is_alone) for (kind, pk), is_alone in wanted.items())
    with patience(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN alone THEN pg_advisory_xact_lock(class, id) "
            "ELSE pg_advisory_xact_lock_shared(class, id) END "
            "FROM unnest(%s::int4[], %s::int4[], %s::bool[]) AS name (class, id, alone)",
            [list(column) for column in zip(*rows, strict=True)] or [[], [], []],
        )


def locked(claim: Claim, *, version: int | None = None) -> Claim:
    """The stored claim, locked until the transaction ends. Raises Conflict for another version, and Busy."""
    return _locked(Claim.objects.all(), claim, version)


def locked_text(claim: Claim, *, version: int | None = None) -> Claim:
    """The same, preloaded with everything that its body shows."""
    return _locked(Claim.objects.preload(), claim, version)


def locked_with_names(claim: Claim, *, version: int | None = None) -> Claim:
    """The same, and the names that it shows can't change until then either."""
    names = _names_of(claim)
    hold_names(names)
    stored = locked_text(claim, version=version)
    if not _names_in(stored) <= names:
        raise Busy  # the claim shows another name since we looked
    return stored


def _locked(claims: ClaimQuerySet, claim: Claim, version: int | None) -> Claim:
    with patience():
        stored: Claim = claims.select_for_update(of=("self",), no_key=True).get(pk=claim.pk)
    if version is not None and stored.version != version:
        raise Conflict(stored)
    return stored


def locked_rows(claims: Iterable[int]) -> list[Claim]:
    """The claims with these ids as stored, locked until the transaction ends. Raises Busy."""
    with patience():
        return list(Claim.objects.select_for_update(no_key=True).filter(pk__in=claims).order_by("pk"))


@contextmanager
def patience() -> Iterator[None]:
    """Raises Busy if a lock in the block isn't available within the database's lock timeout."""
    try:
        yield
    except OperationalError as error:
        if is_lock_failure(error):
            raise Busy from error
        raise


def _names_in(claim: Claim) -> set[Name]:
    """The names that the desk's text of a preloaded claim shows. They are those of `_names_of`, without a query."""
    appearances, evidence = claim.appearances.all(), claim.evidence.all()
    sources = [*(item.source for item in appearances), *(item.source for item in evidence)]
    shown: dict[NameKind, list[int | None]] = {
        NameKind.CLAIMANT: [claim.claimant_id, *(item.attributed_to_id for item in appearances)],
        NameKind.TOPIC: [topic.pk for topic in claim.topics.all()],
        NameKind.RATING: [claim.rating_id],
        NameKind.SCALE: [claim.rating.scale_id if claim.rating else None],
        NameKind.SOURCE: [source.pk for source in sources],
        NameKind.PUBLISHER: [source.publisher_id for source in sources],
    }
    return {(kind, pk) for kind, found in shown.items() for pk in found if pk is not None}


_NAMES = """
WITH claim AS (SELECT id, claimant_id, rating_id FROM claims_claim WHERE id = %s),
    appearance AS (SELECT source_id, attributed_to_id FROM claims_appearance WHERE claim_id = %s),
    cited AS (SELECT source_id FROM appearance UNION SELECT source_id FROM claims_evidence WHERE claim_id = %s)
SELECT 'claimant', claimant_id FROM claim
UNION SELECT 'claimant', attributed_to_id FROM appearance
UNION SELECT 'topic', topic_id FROM claims_claim_topics WHERE claim_id = %s
UNION SELECT 'rating', rating_id FROM claim
UNION SELECT 'scale', scale_id FROM claims_rating JOIN claim ON claims_rating.id = rating_id
UNION SELECT 'source', source_id FROM cited
UNION SELECT 'publisher', publisher_id FROM sources_source JOIN cited ON sources_source.id = source_id
"""


def _names_of(claim: Claim) -> set[Name]:
    """The names that the desk's text of the claim shows."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [claim.pk] * 4)
        return {(NameKind(kind), pk) for kind, pk in cursor.fetchall() if pk is not None}
