"""The columns of a list of claims, for every form in which it leaves the site: one name and one value each."""

import datetime
from collections.abc import Callable
from typing import Any

from claims import imprint, record
from claims.models import PublishedClaim

Value = str | int | bool | list[str] | None


def permalink(claim: PublishedClaim) -> str:
    """The claim's address for ever, on the site's own host."""
    return imprint.claim_address(claim.slug)


def _stored(name: str) -> Callable[[PublishedClaim], Value]:
    return lambda claim: _plain(getattr(claim, name))


def _plain(value: Any) -> Value:
    match value:
        case datetime.datetime():
            return record.moment(value)
        case datetime.date():
            return value.isoformat()
    plain: Value = value
    return plain


COLUMNS: dict[str, Callable[[PublishedClaim], Value]] = {
    "slug": _stored("slug"),
    "address": permalink,
    **{
        name: _stored(name)
        for name in [
            *("statement", "rating", "rating_label", "rating_value", "summary", "notice"),
            *("claimant", "claimant_name", "claimed_from", "claimed_until"),
            *("kind", "language", "topics", "articles", "outlets"),
            *("supports", "refutes", "origins", "first_published_at", "revised_at", "is_corrected"),
        ]
    },
}


def row(claim: PublishedClaim) -> dict[str, Value]:
    """All columns of one claim."""
    return {name: value(claim) for name, value in COLUMNS.items()}
