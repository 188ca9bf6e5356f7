"""What a list of sources and its web pages say of each source: offered to an editor, and never stored by itself."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from claims.desk.imports.limits import MOST_PAGES_FETCHED, MOST_SOURCES_OFFERED, SECONDS_TO_FETCH
from claims.desk.slugs import free_slug
from sources.bibliographies import Entry
from sources.extraction import Unreadable, facts_at
from sources.models import Source
from sources.references import Reference

_SALT = "claims.desk.imports.offers"
_MAY_BE_FOUND = ("title", "authors", "publisher", "published", "language")


@dataclass(frozen=True)
class Offer:
    """An entry of a list. `found` says for each field where its web page gives the value.

    `slug` is set if the source has no address. So a form that is sent twice stores it once. `created` is the key of the
    source that was made from it.
    """

    where: str
    reference: Reference | None
    problems: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    slug: str = ""
    created: int = 0


def offers_for(entries: Iterable[Entry], known: Iterable[Reference]) -> tuple[list[Offer], list[Entry]]:
    """The offers for the first entries, and the entries that are left for the next page.

    An entry that has only an address gets what its page says of itself, unless we have that source or the site doesn't
    fetch pages. A page that can't be fetched is an offer all the same, with the reason.
    """
    known, waiting = set(known), list(entries)
    offered: list[Offer] = []
    taken: set[str] = set()
    fetched, until = 0, time.monotonic() + SECONDS_TO_FETCH
    while waiting and len(offered) < MOST_SOURCES_OFFERED:
        entry = waiting[0]
        reference = entry.reference
        offer = Offer(entry.where, reference, entry.problems)
        if reference and not reference.title and reference not in known and settings.FETCH_ARTICLES:
            left = until - time.monotonic()
            if fetched == MOST_PAGES_FETCHED or (fetched and left < 1):
                break
            fetched += 1
            offer = with_facts(offer, reference, seconds=left)
        elif reference and not reference.address:
            offer = replace(offer, slug=_slug(reference.title, taken))
        offered.append(offer)
        waiting.pop(0)
    return offered, waiting


def with_facts(offer: Offer, reference: Reference, *, seconds: float) -> Offer:
    """The offer with what the page at its address says of itself, or with the reason why we didn't get it."""
    try:
        facts = facts_at(reference.address, seconds=seconds)
    except Unreadable as error:
        return replace(offer, problems=[*offer.problems, str(error)])
    values: dict[str, Any] = {one["field"]: one["value"] for one in facts}
    places = {one["field"]: one["from"] for one in facts}
    new = {name: values[name] for name in _MAY_BE_FOUND if name in values and not getattr(reference, name)}
    problems = [*offer.problems]
    if not new:
        problems.append(_("The page says nothing of itself. Open it, and enter its title and its publisher."))
    if "authors" in new:
        new["authors"] = tuple(new["authors"])
    return replace(
        offer, reference=replace(reference, **new), problems=problems, found={name: places[name] for name in new}
    )


def _slug(title: str, taken: set[str]) -> str:
    slug = free_slug(Source, title)
    number = 2
    while slug in taken:
        slug, number = f"{free_slug(Source, title)}-{number}", number + 1
    taken.add(slug)
    return slug


def sealed(offers: Iterable[Offer], rest: Iterable[Entry]) -> str:
    """The offers and the entries that wait, as a text that a form carries and nobody can change."""
    return signing.dumps([[asdict(row) for row in rows] for rows in (offers, rest)], salt=_SALT, compress=True)


def opened(text: str) -> tuple[list[Offer], list[Entry]]:
    """The offers and the entries in such a text. Raises BadSignature."""
    offers, rest = signing.loads(text, salt=_SALT)
    return [Offer(**_with_reference(row)) for row in offers], [Entry(**_with_reference(row)) for row in rest]


def _with_reference(row: dict[str, Any]) -> dict[str, Any]:
    reference = row["reference"]
    if reference:
        reference = Reference(**{**reference, "authors": tuple(reference["authors"])})
    return row | {"reference": reference}
