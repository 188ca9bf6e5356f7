"""What an act locks, and how long it waits.

Public acts, approvals and changes of names run one after the other under one advisory lock. Side by side, a claim could
keep a name that another act is changing, lose from the index a name that it has just begun to show, or be approved over
a name that changes at that moment.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

from claims.desk.rules import Busy, Conflict
from claims.models import Claim
from factcheck.core.database import is_lock_failure

# Name the advisory locks: on what readers see, and on the slugs that logging gives.
RECORD, SLUGS = 0x5EC0BD, 0x51C6


def hold(name: int) -> None:
    """Wait until no other act holds this lock, and hold it until the transaction ends. Raises Busy."""
    with patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [name])


def locked(claim: Claim, *, version: int | None = None, public: bool = False) -> Claim:
    """The claim as stored, locked until the transaction ends. Raises Conflict for another version, and Busy.

    A public act locks the record first: taken the other way round, it and a change of a name would wait for each other.
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
    """Raises Busy when a lock can't be had in the time that the database gives."""
    try:
        yield
    except OperationalError as error:
        if is_lock_failure(error):
            raise Busy from error
        raise
