"""Select the claims that a search compares, in the database, and rank them there by BM25.

Candidates are found by the rarest words of the query in each language. If those are in more than `MOST_CANDIDATES`
claims, the newest of these are candidates, and the claims that have the rarest words together.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from claims.models.search import BLOCK, BLOCK_SQL
from claims.search.indexing import FULL
from claims.search.parsing import Query
from claims.search.reading import Index, Lookup, Reading, Term
from claims.search.rows import rows
from factcheck.core.postgres import arrays

MOST_CANDIDATES = 10_000
# Many words need fewer: the rarest of them are in the right claim.
_MANY_WORDS = 6
_MOST_CANDIDATES_OF_MANY_WORDS = 3_000
# The newest claims with a word are looked for where there should be this many times as many as are wanted. If there are
# fewer than a list shows, they are looked for in so many times as many claims. To find a phrase, the text of each claim
# with its words is read, so fewer are enough.
_SPARE, _ENOUGH, _ENOUGH_OF_A_PHRASE, _WIDER = 1.05, 2_000, 200, 8
_ANYWHERE = "true"
# The claims whose text is read for a phrase, besides the newest, where too few of those have it.
_MOST_TEXTS = 20_000
# Of the claims that have the rarest words of the query together, in each language. There should be fewer.
_EXPECTED_TOGETHER, _MOST_TOGETHER = 300, 1_000

# The BM25 parameters k1 and b, for short texts: repeated words and length count for less than usual.
SATURATION = 0.9
LENGTH = 0.4
# A word that is only in the longer texts of a claim covers this share of what one in its statement does.
_IN_TEXTS = 0.6
# A claim is shown if it covers at least this share of what the best one covers of the query.
_LEAST_COVERED = 0.5
# Scores that differ only by rounding errors share a place.
_ROUNDED = 1_000_000


# The primary keys of the few claims that a list can have, if they are few.
Among = Callable[[], list[int] | None]


@dataclass(frozen=True)
class Candidates:
    """The candidates that cover enough of the query: the place of each by its primary key."""

    places: dict[int, int]
    # True if there may be more than the newest, which these are.
    are_newest: bool
    # True if these are of the claims alone `among` which the search is.
    are_among: bool = False


@dataclass(frozen=True)
class Condition:
    """What a query demands of a claim: its phrases, and none of the words that it leaves out.

    Of what was typed, only numbers are in the SQL. Texts are among the values.
    """

    sql: str = "true"
    values: list[Any] = field(default_factory=list)
    quoted: tuple[str, ...] = ()

    def stems_in(self, language: str, index: Index) -> list[int] | None:
        """The stems that a claim in this language must have. None if no claim has all of them."""
        stems = index.hashes(self.quoted, language)
        return stems if len(index.frequencies(stems)) == len(stems) else None

    @classmethod
    def of(cls, query: Query, index: Index) -> Self:
        """What this query demands."""
        conditions: list[str] = []
        values: list[Any] = []

        def where(condition: str, value: Any) -> None:
            conditions.append(condition)
            values.append(value)

        for phrase in query.phrases:
            where("position(%s in text) > 0", f" {' '.join(phrase)} ")
        # Of a word, most languages' stems are in no claim, and each costs time for each candidate. They are compared
        # one by one, because the operator for arrays compares each word of a claim with each of these.
        left_out = sorted(index.frequencies(index.hashes_in_all(query.excluded)))
        conditions += [f"words[width_bucket({one}, words)] IS DISTINCT FROM {one}" for one in left_out]
        for phrase in query.excluded_phrases:
            where("position(%s in text) = 0", f" {' '.join(phrase)} ")
        quoted = dict.fromkeys(word for phrase in query.phrases for word in phrase)
        index.frequencies(index.hashes_in_all(quoted))  # in one query, and not in one for each language
        return cls(" AND ".join(conditions) or "true", values, tuple(quoted))


def select(query: Query, reading: Reading, index: Index, among: Among) -> Candidates:
    """The claims that match this reading of the query: of too many, those `among` which it is, or else the newest."""
    condition = Condition.of(query, index)
    if not reading.terms:
        return _without_words(condition, among)
    has_many_words = len({term.unit for term in reading.terms}) > _MANY_WORDS
    most = _MOST_CANDIDATES_OF_MANY_WORDS if has_many_words else MOST_CANDIDATES
    lookup, claims = _lookup(reading, condition, index, most)
    keys = among() if claims > MOST_CANDIDATES else None
    # A typed query is mostly meant whole. Of a post, a claim answers only some part.
    by_share = not query.is_post
    if keys is None:
        return ranked(lookup, claims, reading, index, condition, by_share=by_share)
    if not has_many_words:
        lookup, _claims = _lookup(reading, condition, index, most=sum(one.claims for one in reading.lookups))
    compared = _compared(lookup, reading, with_each=False)
    places, _number = _compare([_among(keys, lookup, condition.sql, index)], compared, condition, by_share=by_share)
    return Candidates(places, are_newest=False, are_among=True)


def _without_words(condition: Condition, among: Among) -> Candidates:
    """The newest claims that meet the condition, in one place."""

    def newest(where: str) -> list[int]:
        sql = f"SELECT published_id FROM claims_searchrow WHERE {where} AND {condition.sql} "  # noqa: S608 — ours
        order = f"ORDER BY published_id DESC LIMIT {MOST_CANDIDATES + 1}"
        return [pk for (pk,) in rows(sql + order, condition.values)]

    found = newest(_ANYWHERE)
    if len(found) > MOST_CANDIDATES and (keys := among()) is not None:
        return Candidates(dict.fromkeys(newest(_with_key(keys)), 0), are_newest=False, are_among=True)
    return Candidates(dict.fromkeys(found[:MOST_CANDIDATES], 0), are_newest=len(found) > MOST_CANDIDATES)


def _lookup(reading: Reading, condition: Condition, index: Index, most: int) -> tuple[dict[int, list[int]], int]:
    """The stems that select candidates, each with all that a claim must have, and an upper bound of their claims.

    A claim has all quoted words, so in its language it is found by the rarest of them.
    """
    lookup: dict[int, list[int]] = {}
    claims = 0
    looked_for = {term.hash for term in reading.terms}
    for one in reading.rarest(most):
        quoted = condition.stems_in(one.language, index)
        if quoted is None:
            continue
        frequency = index.frequencies({*quoted, *one.stems})
        if compared := [stem for stem in quoted if stem in looked_for]:
            stems = [min(compared, key=frequency.__getitem__)]
        else:
            stems = one.stems
        claims += sum(frequency[stem] for stem in stems if stem not in lookup)
        lookup |= {stem: sorted({stem, *quoted}) for stem in stems}
    return lookup, claims


def ranked(
    lookup: dict[int, list[int]],
    claims: int,
    reading: Reading,
    index: Index,
    condition: Condition,
    *,
    by_share: bool = False,
) -> Candidates:
    """The claims that have one of these stems, and all that goes with it, and meet the condition.

    The stems are in at most `claims` claims. With `by_share`, a claim counts by the share of the query that it covers.
    """
    if not lookup:
        return Candidates({}, are_newest=False)
    are_few = claims <= MOST_CANDIDATES
    with_each = are_few or bool(condition.quoted)
    compared = list(_compared(lookup, reading, with_each=with_each))
    # The words of a phrase are together in each claim that has it.
    quoted = index.hashes_in_all(condition.quoted)
    is_phrase_alone = quoted and all(term.hash in quoted for term in reading.terms)
    stems = {language: stem for stem, language in _languages(lookup, reading).items()}
    together = [
        _together(some, stems[some[0].language], condition.sql)
        for some in ([] if are_few or is_phrase_alone else reading.together(index.total, _EXPECTED_TOGETHER))
        if some[0].language in stems
    ]
    enough = min(_ENOUGH_OF_A_PHRASE if condition.quoted else _ENOUGH, MOST_CANDIDATES)
    places, are_newest = dict[int, int](), False
    for within in where_newest(claims, MOST_CANDIDATES, index):
        wanted = f"{within} AND {condition.sql}"
        newest = _with_each(lookup, wanted) if with_each else _with_any(lookup, wanted, index)
        places, number = _compare([newest, *together], compared, condition, by_share=by_share)
        are_newest = within != _ANYWHERE or number > MOST_CANDIDATES
        if number >= enough:
            break
        if are_newest and condition.quoted:
            shares = _shares(lookup, index)
            older = _with_each(lookup, condition.sql, shares)
            places, _number = _compare([newest, older, *together], compared, condition, by_share=by_share)
            are_newest = not _are_all_read(lookup, shares)
            break
    return Candidates(places, are_newest)


def _shares(lookup: dict[int, list[int]], index: Index) -> dict[int, int]:
    """How many claims of each stem are read, of `_MOST_TEXTS` in all: of rare stems all, and of the others as many."""
    frequency = index.frequencies(lookup)
    shares, left = dict[int, int](), _MOST_TEXTS
    for number, stem in enumerate(sorted(lookup, key=frequency.__getitem__)):
        shares[stem] = min(frequency[stem], left // (len(lookup) - number))
        left -= shares[stem]
    return shares


def _are_all_read(lookup: dict[int, list[int]], shares: dict[int, int]) -> bool:
    """True if no more claims than its share have a stem of the lookup, with all that goes with it."""
    ((are_all,),) = rows(
        f"SELECT bool_and(claims <= most) FROM (VALUES {_values(lookup, shares)}) AS lookup (stem, needed, most) "  # noqa: S608
        "CROSS JOIN LATERAL (SELECT count(*) AS claims FROM "
        "(SELECT FROM claims_searchrow WHERE words @> needed LIMIT most + 1) AS claim) AS counted"
    )
    return bool(are_all)


def _compare(
    parts: list[str], compared: Iterable[tuple[float, ...]], condition: Condition, *, by_share: bool
) -> tuple[dict[int, int], int]:
    """The places of the best claims that these statements select, by their BM25 scores, and how many were compared.

    Each statement has the condition in it, once.

    A claim is compared while it is read: its words are a thousand bytes, and what is found in them is a few numbers to
    keep and to sort.
    """
    share = "coalesce(covered / nullif(best.of_one, 0), 1)" if by_share else "1"
    found = rows(
        f"""
        WITH term AS MATERIALIZED (
            SELECT * FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::int4[], %s::float8[], %s::float8[])
                AS term (stem, hash, unit, expression, gain, cover)
        ),
        found AS MATERIALIZED (
            SELECT DISTINCT published_id, length, unit, expression, hash, gain, cover,
                            weights[place] / {FULL}::float8 AS times
            FROM ({" UNION ALL ".join(parts)} OFFSET 0) AS candidate JOIN term USING (stem)
            CROSS JOIN LATERAL (SELECT width_bucket(hash, words) AS place OFFSET 0) AS place WHERE words[place] = hash
        ),
        usual AS MATERIALIZED (SELECT greatest(avg(length), 1)::float8 AS length FROM found),
        expression AS (
            SELECT published_id, unit,
                   sum(gain * times * {SATURATION + 1} / (times + {SATURATION}
                       * (1 - {LENGTH} + {LENGTH} * found.length / usual.length))) AS score,
                   sum(cover * CASE WHEN times >= 1 THEN 1 ELSE {_IN_TEXTS} END) AS covered
            FROM found CROSS JOIN usual
            GROUP BY published_id, unit, expression
        ),
        unit AS (
            SELECT published_id, max(score) AS score, max(covered) AS covered FROM expression
            GROUP BY published_id, unit
        ),
        scored AS MATERIALIZED (
            SELECT published_id, sum(score) AS score, sum(covered) AS covered FROM unit GROUP BY published_id
        ),
        best AS MATERIALIZED (SELECT max(covered) AS of_one, count(*) AS claims FROM scored)
        SELECT published_id, dense_rank() OVER (ORDER BY round({_ROUNDED} * score * {share}) DESC) - 1, best.claims
        FROM scored CROSS JOIN best WHERE covered >= best.of_one * {_LEAST_COVERED}
        ORDER BY 2, published_id DESC LIMIT {MOST_CANDIDATES}
        """,  # noqa: S608 — constant but for numbers; see `Condition`
        [*map(list, zip(*compared, strict=True)), *condition.values * len(parts)],
    )
    return {pk: place for pk, place, _ in found}, found[0][2] if found else 0


def _compared(lookup: Iterable[int], reading: Reading, *, with_each: bool) -> Iterator[tuple[float, ...]]:
    """What to compare with a claim that was found by a stem: the stem, and the columns of a term.

    The stem says the language of the claim, and only terms of that language are compared. If the claim is found by each
    of its stems, those are compared by themselves. A stop word is had by each claim that has the stem.
    """
    found = set(lookup)
    by_language: dict[str, list[Term]] = {}
    for term in (*reading.terms, *reading.stop_words):
        by_language.setdefault(term.language, []).append(term)
    for number, (stem, language) in enumerate(_languages(found, reading).items()):
        for term in by_language[language]:
            if not term.hash:
                yield stem, stem, term.unit, number, term.gain, term.cover
            elif term.hash == stem or not (with_each and term.hash in found):
                yield stem, term.hash, term.unit, term.expression, term.gain, term.cover


def _languages(lookup: Collection[int], reading: Reading) -> dict[int, str]:
    """The language of each of these stems."""
    return {term.hash: term.language for term in reading.terms if term.hash in lookup}


def _with_each(lookup: dict[int, list[int]], condition: str, shares: dict[int, int] | None = None) -> str:
    """The SQL that selects the claims with one of the stems, and all that goes with it: with each that a claim has.

    With `shares` no more claims of each stem are read than it says.
    """
    some = "(SELECT * FROM claims_searchrow WHERE words @> needed LIMIT most)" if shares else "claims_searchrow"
    # Each stem is looked up by itself. For all together, PostgreSQL expects far more claims than there are, and
    # compares the words of every claim instead of reading the index. OFFSET keeps it from taking them together.
    return (
        f"SELECT claim.*, stem FROM (VALUES {_values(lookup, shares or {})}) AS lookup (stem, needed, most) "  # noqa: S608
        "CROSS JOIN LATERAL (SELECT published_id, words, weights, length "
        f"FROM {some} AS claim WHERE words @> needed AND {condition} OFFSET 0) AS claim"
    )


def _values(lookup: dict[int, list[int]], shares: dict[int, int]) -> str:
    return ", ".join(f"({stem}, ARRAY{needed}, {shares.get(stem, 0)})" for stem, needed in lookup.items())


def _together(lookups: list[Lookup], stem: int, condition: str) -> str:
    """The SQL that selects claims with one stem of each of these lookups, all of the language of `stem`."""
    wanted = " AND ".join(f"words && ARRAY{one.stems}::int4[]" for one in lookups)
    some = f"(SELECT * FROM claims_searchrow WHERE {wanted} LIMIT {_MOST_TOGETHER})"  # noqa: S608 — numbers of ours
    return f"SELECT published_id, words, weights, length, {stem} AS stem FROM {some} AS claim WHERE {condition}"  # noqa: S608


def where_newest(claims: int, most: int, index: Index) -> Iterator[str]:
    """The SQL that says where to look for the newest `most` of so many claims: in ever more blocks, and then in all.

    The first have the wanted number if the claims are spread evenly over all keys. If they aren't, the next have them.
    Claims that can all be compared are looked for in all at once.
    """
    if claims > MOST_CANDIDATES:
        width = _SPARE * most * index.newest / claims
        while (first := int(index.newest - width) >> BLOCK) > 0:
            yield f"{BLOCK_SQL} && ARRAY{[*range(first, (index.newest >> BLOCK) + 1)]}::int4[]"
            width *= _WIDER
            # To read most blocks from the index takes longer than not to ask for blocks.
            if width > index.newest / 2:
                break
    yield _ANYWHERE


def _with_any(lookup: Iterable[int], condition: str, index: Index) -> str:
    """The SQL that selects the claims with any of the stems, each once, with one stem that it has."""
    stems = sorted(lookup)
    return (
        f"SELECT published_id, words, weights, length, {_stem_of(stems, index)} AS stem FROM claims_searchrow "  # noqa: S608
        f"WHERE words && ARRAY{stems}::int4[] AND {condition}"
    )


def _among(keys: list[int], lookup: Iterable[int], condition: str, index: Index) -> str:
    """The SQL that selects those of the claims with these keys that have one of the stems, each with one."""
    return (
        "SELECT published_id, words, weights, length, stem "  # noqa: S608 — numbers of ours
        f"FROM (SELECT *, {_stem_of(lookup, index)} AS stem FROM claims_searchrow WHERE {_with_key(keys)} OFFSET 0) "
        f"AS claim WHERE stem IS NOT NULL AND {condition}"
    )


def _stem_of(stems: Iterable[int], index: Index) -> str:
    """The SQL for the first of these stems that a claim has. Null if it has none."""
    # Most claims are in the language whose stem most claims have, so it is compared first.
    commonest = sorted(stems, key=index.frequencies(stems).__getitem__, reverse=True)
    return f"CASE {' '.join(f'WHEN words[width_bucket({one}, words)] = {one} THEN {one}' for one in commonest)} END"


def _with_key(keys: list[int]) -> str:
    return f"published_id = ANY('{arrays.written(keys)}'::int8[])"
