"""The locks that acts take, and how long they wait for them.

Public acts, approvals and changes of names run one at a time, under one advisory lock. If they ran at the same time, a
claim could keep a name that another act is changing, or be approved while a name in it changes. The index could lose a
name that a claim has just started to show.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

from claims.desk.rules import Busy, Conflict
from claims.models import Claim
from factcheck.core.database import is_lock_failure

# Keys of the advisory locks: RECORD for everything that readers see, SLUGS for the slugs of new claims.
RECORD, SLUGS = 0x5EC0BD, 0x51C6


def hold(name: int) -> None:
    """Wait for this lock, and hold it until the transaction ends. Raises Busy after the lock timeout."""
    with patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [name])


def locked(claim: Claim, *, version: int | None = None, public: bool = False) -> Claim:
    """The stored claim, locked until the transaction ends. Raises Conflict for another version, and Busy.

    A public act locks the record before the claim. In the other order, it and a change of a name could deadlock.
    """
    if public:
        hold(RECORD)
    with patience():
        stored: Claim = Claim.objects.select_for_update(of=("self",)).preload().get(pk=claim.pk)
    if version is not None and stored.version != version:
        raise Conflict(stored)
    return stored


def locked_rows(claims: Iterable[int]) -> list[Claim]:
    """The claims with these ids as stored, locked until the transaction ends. Raises Busy."""
    with patience():
        return list(Claim.objects.select_for_update().filter(pk__in=claims).order_by("pk"))


@contextmanager
def patience() -> Iterator[None]:
    """Raises Busy if a lock in the block isn't available within the database's lock timeout."""
    try:
        yield
    except OperationalError as error:
        if is_lock_failure(error):
            raise Busy from error
        raise
