"""The filter of a list that selects the fewest claims: if they are few, a search compares them all.

A common word is in too many claims to compare them all. But somebody who looks for it in what one person said, or in
one year of a large archive, wants all that there is, and not what is among the newest claims with the word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.choices import FacetKind
from claims.search.rows import known_facets, rows

# The filters by names that have no facet, and how an index finds their claims.
_BY_NAME = {
    "article": "SELECT id FROM claims_publishedclaim WHERE articles @> %s::varchar[] LIMIT %s",
    "source": "SELECT id FROM claims_publishedclaim WHERE sources @> %s::varchar[] LIMIT %s",
}
_BY_FACET = "SELECT published_id FROM claims_claimfacets WHERE facets && %s::int8[]"


@dataclass(frozen=True)
class Few:
    """The claims that one filter selects: its name, and their primary keys."""

    name: str
    keys: list[int]


def few(filters: Mapping[str, Any], most: int) -> Few | None:
    """The claims that the narrowest of these filters selects, if they are at most `most`. None if there are more.

    The filters are cleaned values by name. Runs at most three queries.
    """
    for name in _BY_NAME.keys() & filters.keys():
        keys = [pk for (pk,) in rows(_BY_NAME[name], [[filters[name]], most + 1])]
        if len(keys) <= most:
            return Few(name, keys)
    chosen = [(kind, one) for kind in FacetKind.values if kind in filters for one in texts(filters[kind])]
    counted = {kind: (0, list[int]()) for kind, _value in chosen}
    for kind, value, pk, of_value in known_facets(chosen):
        if (kind, value) in chosen:
            claims, ids = counted[kind]
            counted[kind] = (claims + of_value, [*ids, pk])
    kind = min(counted, key=counted.__getitem__, default="")
    if not kind or counted[kind][0] > most:
        return None
    return Few(kind, [pk for (pk,) in rows(_BY_FACET, [counted[kind][1]])])


def texts(value: Any) -> list[str]:
    """The values of a filter as the facets have them."""
    return [str(one) for one in (value if isinstance(value, list) else [value])]
