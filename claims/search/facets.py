"""The facets in the sidebar of a list of claims: the values it can be filtered by, with the number of claims for each.

Each facet is counted under the search and all filters except its own, over all published claims: see
`claims.search.counting`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from django.db.models import Q

from claims.choices import ClaimKind, EntryKind, FacetKind
from claims.models import IndexEntry
from claims.record import scale
from claims.record.wording import name_of
from claims.schema import Content
from claims.search.counting import MOST_VALUES, Count
from claims.search.filters import ClaimFilterSet
from factcheck.core.postgres.reading import reading
from factcheck.core.web import languages

# The facets whose values are slugs in the index of names.
_ENTRY_KINDS = {
    FacetKind.RATING: EntryKind.RATING,
    FacetKind.TOPIC: EntryKind.TOPIC,
    FacetKind.CLAIMANT: EntryKind.CLAIMANT,
    FacetKind.OUTLET: EntryKind.OUTLET,
}
# The facets whose values have names in several languages.
_TRANSLATED = {FacetKind.RATING, FacetKind.TOPIC}
# The facets with several values at once.
_MULTIPLE = {FacetKind.RATING, FacetKind.TOPIC}

Counts = Mapping[str, Mapping[str, Count]]
Names = dict[tuple[str, str], IndexEntry]


@dataclass(frozen=True)
class Choice:
    """One value of a facet: the number of claims with it, and the query string that adds or removes it."""

    value: str
    label: str
    claims: Count
    is_chosen: bool
    query: str
    card: Content | None = None


@dataclass(frozen=True)
class Facet:
    """A property that a list can be filtered by, with its values."""

    kind: FacetKind
    label: str
    choices: Sequence[Choice]

    @property
    def is_cut(self) -> bool:
        """True if there may be more values than are shown."""
        return len(self.choices) >= MOST_VALUES

    @property
    def is_open(self) -> bool:
        """True if the facet is shown expanded: the first two, and all with a chosen value."""
        first = {FacetKind.RATING, FacetKind.TOPIC}
        return self.kind in first or any(choice.is_chosen for choice in self.choices)


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the query string without it."""

    name: str
    label: str
    value: str
    query: str
    card: Content | None = None

    @property
    def phrase(self) -> str:
        """The filter in the title of a page: the value alone where it says what it is, such as "Mostly false"."""
        value = name_of(self.card).text if self.card else self.value
        return value if self.name in {*EntryKind, FacetKind.KIND} else f"{self.label}: {value}"


@dataclass(frozen=True)
class Sidebar:
    """The sidebar of a list: its facets, and the filters that are set."""

    facets: Sequence[Facet]
    chips: Sequence[Chip]


def sidebar_for(filters: ClaimFilterSet, counts: Counts) -> Sidebar:
    """The sidebar for a valid filter set, with these counts of its facets. Runs one query."""
    said = filters.said
    names = _names(counts, said)
    facets = [_facet(filters, kind, counts.get(kind, {}), names) for kind in FacetKind]
    return Sidebar(
        facets=[facet for facet in facets if facet.choices],
        chips=[
            Chip(
                name=name,
                label=str(filters.filters[name].label),
                value=_label(name, value, names),
                query=filters.query_with(**{name: [other for other in values if other != value]}),
                card=names[name, value].body if name in _TRANSLATED and (name, value) in names else None,
            )
            for name, values in said.items()
            if name not in {"q", "sort"}
            for value in values
        ],
    )


def _facet(filters: ClaimFilterSet, kind: FacetKind, counts: Mapping[str, Count], names: Names) -> Facet:
    chosen = filters.said.get(kind, [])

    def query(value: str) -> str:
        if value in chosen:
            return filters.query_with(**{kind: [other for other in chosen if other != value]})
        return filters.query_with(**{kind: [*chosen, value] if kind in _MULTIPLE else [value]})

    choices = []
    for value in dict.fromkeys([*list(counts)[:MOST_VALUES], *chosen]):
        entry = names.get((_ENTRY_KINDS[kind], value)) if kind in _ENTRY_KINDS else None
        choices.append(
            Choice(
                value=value,
                label=_label(kind, value, names),
                claims=counts.get(value, Count(0)),
                is_chosen=value in chosen,
                query=query(value),
                card=entry.body if entry and kind in _TRANSLATED else None,
            )
        )
    if kind == FacetKind.RATING:
        order = [card["slug"] for card in scale.in_order(choice.card for choice in choices if choice.card)]
        choices.sort(key=lambda choice: order.index(choice.value) if choice.card else len(order))
    if kind == FacetKind.YEAR:
        choices.sort(key=lambda choice: choice.value, reverse=True)
    return Facet(kind, str(filters.filters[kind].label), choices)


# Names


def _names(counts: Counts, said: dict[str, list[str]]) -> Names:
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind, entry_kind in _ENTRY_KINDS.items():
        wanted[entry_kind] |= {*counts.get(kind, {}), *said.get(kind, [])}
    for other in (EntryKind.ARTICLE, EntryKind.SOURCE):
        wanted[other] |= set(said.get(other, []))
    named: Iterable[Q] = (Q(kind=kind, slug__in=slugs) for kind, slugs in wanted.items())
    return {(entry.kind, entry.slug): entry for entry in IndexEntry.objects.filter(reduce(Q.__or__, named))}


def _label(name: str, value: str, names: Names) -> str:
    """The name of a value as readers see it, or else the value itself."""
    if name == FacetKind.KIND:
        return str(dict(ClaimKind.choices).get(value, value))
    if name == FacetKind.LANGUAGE:
        return languages.own_name(value)
    entry = names.get((name, value))
    return entry.name if entry else value


# Counting


def claim_counts(kind: FacetKind, values: Sequence[str]) -> dict[str, int]:
    """The number of published claims with each of these values, from the counts that publishing stores."""
    with reading().cursor() as cursor:
        cursor.execute(
            "SELECT value, claims FROM claims_facet WHERE kind = %s AND value = ANY(%s::text[])", [kind, list(values)]
        )
        return dict(cursor.fetchall())
