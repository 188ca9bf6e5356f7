"""The number of claims in a list, and with each value of a facet: exact where few fit, else estimated from a sample.

To count all that fit would read the whole table, so a list would become slower with every claim that is published.

- Without filters, and for the claims that one value has, publishing stores the exact number.
- Otherwise the filters are tried on a sample of `SAMPLE` rows, drawn evenly by a hash of the key. It is always the same
  one, so the numbers don't jump from page to page. A site with fewer claims is counted whole, so its numbers are exact.
- If the sample says that fewer than `MOST_EXACT` claims fit, these are read from an index and counted exactly.
- The other numbers are estimates with two digits, and each says so. The sample has at least 200 of the claims that fit,
  so in 95 of 100 cases the number of claims is within 15 % of its estimate.
- A value that few claims have is counted exactly even then.

A search, an article or a source selects few claims, so these are always counted exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from claims.choices import FacetKind
from claims.search.filters import ClaimFilterSet
from claims.search.narrowest import texts
from claims.search.rows import as_columns, known_facets, rows
from factcheck.core.postgres import arrays

# A facet shows this many of its most common values, and all chosen ones. Of ratings it has all.
MOST_VALUES = 12
# The sample has this many claims, and at least this share of all.
SAMPLE, LEAST_SHARE = 20_000, 0.02
# Up to this many claims are counted exactly.
MOST_EXACT = 10_000
# A value with fewer claims in the sample is counted exactly, if not more than so many claims have it.
_FEW_IN_SAMPLE, _FEW = 100, 5_000


@dataclass(frozen=True)
class Count:
    """A number of claims. An estimate has two digits and then zeros."""

    claims: int
    is_estimated: bool = False


@dataclass(frozen=True)
class Counted:
    """The number of claims that fit all filters, of those with each rating, and of those with each value of a facet.

    Each facet is counted under all filters except its own.
    """

    total: Count
    values: Mapping[str, Mapping[str, Count]] = field(default_factory=dict)
    # The primary keys of the claims that fit, if a search and other filters select them.
    keys: frozenset[int] | None = None


@dataclass(frozen=True)
class _Filter:
    """A filter as SQL about a row of `claims_claimfacets`: to try it on a row, and to find rows by an index."""

    name: str
    row: str
    index: str
    values: list[Any]
    # The ids of its values, if it has such.
    ids: tuple[int, ...] = ()
    # True if only few claims fit.
    is_narrow: bool = False


@dataclass(frozen=True)
class _Group:
    """The facets that are counted under the same filters."""

    kinds: list[str]
    filters: list[_Filter]


@dataclass(frozen=True)
class _Part:
    """What some rows say: how many there are, how many fit each group, and how many of these have each value."""

    size: int
    fitting: list[int]
    values: list[dict[str, dict[str, tuple[int, int, int]]]]
    # Of the rows that fit the first group, where they were asked for.
    keys: frozenset[int] | None


def count(filters: ClaimFilterSet) -> Counted:
    """Count for a valid filter set. Runs a fixed number of queries, and at most two more for each set of filters."""
    cleaned = filters.form.cleaned_data
    asked = filters.narrowing
    chosen = [(kind, value) for kind in asked if kind in FacetKind.values for value in texts(cleaned[kind])]
    known = known_facets(chosen)
    everything = _everything(known)
    made = list(_filters(filters, asked, known))
    # Of the other values of that filter, nobody knows in how many claims the search would be found.
    own = filters.searched_in
    open_kinds = [str(kind) for kind in FacetKind if kind not in asked or kind == own]
    groups = [_Group(open_kinds, made)]
    groups += [
        _Group([kind], [one for one in made if one.name != kind])
        for kind in asked
        if kind in FacetKind.values and kind != own
    ]
    counted = _Counter(everything, chosen, {pk: claims for _kind, _value, pk, claims in known}).count(groups)
    if own not in counted.values:
        return counted
    values = {value: claims for value, claims in counted.values[own].items() if (own, value) in chosen}
    return replace(counted, values={**counted.values, own: values})


def everything() -> int:
    """The number of published claims, as publishing stores it. One query."""
    return _everything(known_facets([]))


def _everything(known: Iterable[tuple[str, str, int, int]]) -> int:
    # Each claim has one language.
    return sum(claims for kind, _value, _id, claims in known if kind == FacetKind.LANGUAGE)


def _filters(
    filters: ClaimFilterSet, asked: Iterable[str], known: Sequence[tuple[str, str, int, int]]
) -> Iterator[_Filter]:
    cleaned = filters.form.cleaned_data
    for name in asked:
        value = cleaned[name]
        match name:
            case "q":
                places = arrays.written(filters.found.places if filters.found else [])
                yield _plain(name, "published_id = ANY(%s::int8[])", places, is_narrow=True)
            case "article" | "source":
                # The name is one of the two.
                shown = f"SELECT id FROM claims_publishedclaim WHERE {name}s @> ARRAY[%s]::varchar[]"  # noqa: S608
                yield _plain(name, f"published_id IN ({shown})", value, is_narrow=True)
            case "since":
                yield _plain(name, "claimed_until >= %s", value)
            case "until":
                yield _plain(name, "claimed_from <= %s", value)
            case _:
                wanted = texts(value)
                yield _of_ids(name, [pk for kind, one, pk, _claims in known if kind == name and one in wanted])


def _plain(name: str, condition: str, value: Any, *, is_narrow: bool = False) -> _Filter:
    return _Filter(name, condition, condition, [value], is_narrow=is_narrow)


def _of_ids(name: str, ids: list[int]) -> _Filter:
    if not ids:
        return _Filter(name, "false", "false", [])
    # For one row this is quicker than &&, which an index needs.
    row = " OR ".join(f"{pk:d} = ANY(facets)" for pk in ids)
    return _Filter(name, f"({row})", f"facets && ARRAY[{', '.join(map(str, ids))}]::int8[]", [], tuple(ids))


class _Counter:
    """Counts the groups of one list."""

    def __init__(self, everything: int, chosen: list[tuple[str, str]], stored: Mapping[int, int]) -> None:
        self.everything, self.chosen, self.stored = everything, chosen, stored
        self.share = max(min(1.0, SAMPLE / max(1, everything)), LEAST_SHARE)
        self.keys: frozenset[int] | None = None

    def count(self, groups: list[_Group]) -> Counted:
        values: dict[str, Mapping[str, Count]] = {}
        free = [kind for group in groups if not group.filters for kind in group.kinds]
        if free:
            values |= self._stored(free)
        counted = [group for group in groups if group.filters]
        totals = dict(zip(map(id, counted), self._narrowed(counted), strict=True)) if counted else {}
        for _total, found in totals.values():
            values |= found
        first = groups[0]
        total = totals[id(first)][0] if first.filters else Count(self.everything)
        return Counted(total, values, self.keys)

    def _stored(self, kinds: list[str]) -> dict[str, dict[str, Count]]:
        """The counts that publishing stores."""
        found: dict[str, dict[str, Count]] = defaultdict(dict)
        for kind, value, claims in rows(_STORED_SQL, [kinds, MOST_VALUES, *as_columns(self.chosen)]):
            if kind in kinds:
                found[kind][value] = Count(claims)
        return dict(found)

    def _narrowed(self, groups: list[_Group]) -> list[tuple[Count, dict[str, dict[str, Count]]]]:
        """The total and the counts of each group."""
        narrow = [one for one in groups[0].filters if one.is_narrow]
        if narrow:
            where, values = " AND ".join(one.index for one in narrow), [value for one in narrow for value in one.values]
            names = {one.name for one in groups[0].filters}
            part = self._part(groups, where, values, with_keys="q" in names and names != {"q"})
            self.keys = part.keys
            return [_exact(part, place) for place in range(len(groups))]
        if self.share >= 1:
            part = self._part(groups, "true", [])
            return [_exact(part, place) for place in range(len(groups))]
        edge = int(-(2**31) + self.share * 2**32)
        sample = self._part(groups, "hashint8(published_id) < %s", [edge])
        return [self._of_sample(group, sample, place) for place, group in enumerate(groups)]

    def _of_sample(self, group: _Group, sample: _Part, place: int) -> tuple[Count, dict[str, dict[str, Count]]]:
        scale = self.everything / max(1, sample.size)
        if sample.fitting[place] * scale < MOST_EXACT:
            where = " AND ".join(one.index for one in group.filters)
            part = self._part(
                [_Group(group.kinds, [])], where, [value for one in group.filters for value in one.values]
            )
            return _exact(part, 0)
        total = self._total(group, sample.fitting[place] * scale)
        few = {
            pk
            for found in sample.values[place].values()
            for times, pk, claims in found.values()
            if times < _FEW_IN_SAMPLE and claims <= _FEW
        }
        exactly = self._exactly(few, group) if few else {}
        values = {
            kind: {
                value: Count(exactly.get(pk, 0)) if pk in few else _estimated(min(times * scale, claims, total.claims))
                for value, (times, pk, claims) in found.items()
            }
            for kind, found in sample.values[place].items()
        }
        return total, {
            kind: dict(sorted(found.items(), key=lambda pair: (-pair[1].claims, pair[0])))
            for kind, found in values.items()
        }

    def _total(self, group: _Group, guess: float) -> Count:
        """The number of claims that fit: the stored one if the only filter has one value."""
        only = group.filters[0]
        if len(group.filters) == 1 and len(only.ids) == 1:
            return Count(self.stored[only.ids[0]])
        return _estimated(guess)

    def _exactly(self, few: Iterable[int], group: _Group) -> dict[int, int]:
        """The number of fitting claims with each of these values, of which few claims have one."""
        wanted = sorted(few)
        where = " AND ".join(one.row for one in group.filters)
        return dict(
            rows(
                "SELECT facet, count(*) FROM (SELECT unnest(facets) AS facet FROM claims_claimfacets "  # noqa: S608 — ours
                f"WHERE facets && %s::int8[] AND {where}) AS row WHERE facet = ANY(%s::int8[]) GROUP BY facet",
                [wanted, *(value for one in group.filters for value in one.values), wanted],
            )
        )

    def _part(self, groups: list[_Group], where: str, values: list[Any], *, with_keys: bool = False) -> _Part:
        """Count in the rows that `where` selects: one statement that reads each row once.

        All of them fit the narrow filters, which select them.
        """
        tried = [[one for one in group.filters if not one.is_narrow] for group in groups]
        every = list(dict.fromkeys(one.name for filters in tried for one in filters))
        known = {one.name: one for filters in tried for one in filters}
        columns = "".join(f", {known[name].row} AS fits_{name}" for name in every)
        fits = [" AND ".join(f"fits_{one.name}" for one in filters) or "true" for filters in tried]
        sums = ", ".join(f"count(*) FILTER (WHERE {one})" for one in fits)
        keys = f"array_agg(published_id) FILTER (WHERE {fits[0]})" if with_keys else "NULL::int8[]"
        of_each = [f"count(*) FILTER (WHERE fits{place})" for place in range(len(fits))]
        kinds = [(place, kind) for place, group in enumerate(groups) for kind in group.kinds]
        found = rows(
            f"""
            WITH base AS MATERIALIZED (SELECT published_id, facets{columns} FROM claims_claimfacets WHERE {where}),
            flat AS (
                SELECT {", ".join(f"{one} AS fits{place}" for place, one in enumerate(fits))}, unnest(facets) AS id
                FROM base WHERE {" OR ".join(f"({one})" for one in fits)}
            ),
            summed AS (SELECT id, ARRAY[{", ".join(of_each)}] AS sums FROM flat GROUP BY id),
            placed AS (
                SELECT place, facet.kind, facet.value, sums[place + 1] AS times, facet.id, facet.claims,
                    row_number() OVER (PARTITION BY place, kind ORDER BY sums[place + 1] DESC, facet.value) AS rank
                FROM summed JOIN claims_facet AS facet USING (id)
                JOIN unnest(%s::int4[], %s::text[]) AS wanted (place, kind) USING (kind)
                WHERE sums[place + 1] > 0
            )
            SELECT NULL::int4 AS place, '' AS kind, '' AS value, 0::int8 AS times, NULL::int8, NULL::int4,
                ARRAY[count(*), {sums}] AS sums, {keys} AS keys
            FROM base
            UNION ALL
            SELECT place, kind, value, times, id, claims, NULL, NULL FROM placed
            WHERE rank <= %s OR kind = 'rating' OR (kind, value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
            ORDER BY place, kind, times DESC, value
            """,  # noqa: S608 — names and conditions of ours, and numbers
            [
                *(value for name in every for value in known[name].values),
                *values,
                [place for place, _kind in kinds],
                [kind for _place, kind in kinds],
                MOST_VALUES,
                *as_columns(self.chosen),
            ],
        )
        parts: list[dict[str, dict[str, tuple[int, int, int]]]] = [{} for _ in groups]
        size, fitting, fit = 0, [0] * len(groups), None
        for place, kind, value, times, pk, claims, totals, of_first in found:
            if place is None:
                size, *fitting = totals
                fit = frozenset(of_first or []) if with_keys else None
            else:
                parts[place].setdefault(kind, {})[value] = (times, pk, claims)
        return _Part(size, fitting, parts, fit)


def _exact(part: _Part, place: int) -> tuple[Count, dict[str, dict[str, Count]]]:
    values = {
        kind: {value: Count(times) for value, (times, _pk, _claims) in found.items()}
        for kind, found in part.values[place].items()
    }
    return Count(part.fitting[place]), values


def _estimated(guess: float) -> Count:
    """The guess with two digits."""
    number = round(guess)
    return Count(round(number, 2 - len(str(number))), is_estimated=True)


_STORED_SQL = """
    SELECT kind, value, claims FROM (
        SELECT facet.* FROM unnest(%s::text[]) AS asked CROSS JOIN LATERAL (
            SELECT * FROM claims_facet WHERE kind = asked AND claims > 0 ORDER BY claims DESC, value
            LIMIT CASE WHEN asked = 'rating' THEN NULL ELSE %s END
        ) AS facet
    ) AS common
    UNION
    SELECT facet.kind, facet.value, facet.claims
    FROM claims_facet AS facet
    JOIN unnest(%s::text[], %s::text[]) AS asked (kind, value) USING (kind, value)
    WHERE claims > 0
    ORDER BY kind, claims DESC, value
"""
