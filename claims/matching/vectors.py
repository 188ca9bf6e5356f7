"""The likeness of the wording of texts and claims, by the vectors of the sentence model.

A vector belongs to the words of its statement: one that was made from other words, or by another model, isn't read.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from claims.choices import PUBLIC_STATES
from claims.matching.documents import Key
from claims.matching.encoder import LANGUAGE, VERSION, Encoder, encoder, reads
from claims.search.rows import rows
from factcheck.core import words

# Of the texts of one question, this many are encoded: the first ones. The others are compared by their words.
MOST_ENCODED = 100
# Claims whose vectors are still missing, and that are encoded for one question.
_MOST_MISSING = 16
# Statements that `refresh` encodes and stores in one transaction.
_BATCH = 64

_IN_LANGUAGE = f"split_part(lower(language), '-', 1) = '{LANGUAGE}'"
_MADE_FROM = "sha256(convert_to(%s || statement, 'UTF8'))"
_PUBLIC = ", ".join(f"'{state}'" for state in PUBLIC_STATES)

Likeness = dict[Key, float]


@dataclass(frozen=True)
class _Claims:
    """Claims with their vectors: their table, that of the vectors with its key, and which claims have vectors."""

    table: str
    vectors: str
    key: str
    condition: str

    @property
    def lacking(self) -> str:
        """The end of a query for the claims that should have a vector and have none of their present words."""
        return (
            f"FROM {self.table} AS claim WHERE {self.condition} AND NOT EXISTS "
            f"(SELECT FROM {self.vectors} AS made WHERE made.{self.key} = claim.id AND made_from = {_MADE_FROM})"
        )

    @property
    def left(self) -> str:
        """The end of a statement about the vectors that no claim should have any more."""
        return (
            f"FROM {self.vectors} AS made WHERE NOT EXISTS "
            f"(SELECT FROM {self.table} AS claim WHERE claim.id = made.{self.key} AND {self.condition})"
        )


# By the first part of a key: those that readers see, and those of the desk.
_CLAIMS = {
    False: _Claims("claims_publishedclaim", "claims_claimvector", "published_id", _IN_LANGUAGE),
    True: _Claims("claims_claim", "claims_draftvector", "claim_id", f"{_IN_LANGUAGE} AND NOT (state IN ({_PUBLIC}))"),
}


def likeness(texts: Sequence[str], candidates: Sequence[Iterable[Key]], *, language: str = "") -> list[Likeness]:
    """For each text the cosine of its candidates, from -1 to 1. Runs one query, and one for drafts.

    Claims without a vector are left out. All are empty without the model, or if the texts aren't in its language.
    `language` is theirs. Without it, it is told from their words.
    """
    found: list[Likeness] = [{} for _text in texts]
    keys = {place: list(some) for place, some in enumerate(candidates) if some}
    asked = list(keys)[:MOST_ENCODED]
    if not asked or not _is_readable(texts, language) or (model := encoder()) is None:
        return found
    stored, statements = _stored({key for place in asked for key in keys[place]})
    # The claims that were published or logged last.
    missing = sorted(statements, reverse=True)[:_MOST_MISSING]
    stored |= dict(zip(missing, model.packed(model.vectors([statements[key] for key in missing])), strict=True))
    if not stored:
        return found
    vectors = model.unpacked(list(stored.values()))
    rows_of = {key: row for row, key in enumerate(stored)}
    encoded = model.vectors([texts[place] for place in asked])
    for row, place in enumerate(asked):
        some = [key for key in keys[place] if key in rows_of]
        (cosines,) = model.cosines(encoded[row : row + 1], vectors[[rows_of[key] for key in some]])
        found[place] = dict(zip(some, cosines, strict=True))
    return found


def stale(*, drafts: bool) -> int:
    """The number of claims whose vector is missing or was made from other words, and of vectors without a claim."""
    claims = _CLAIMS[drafts]
    counts = rows(f"SELECT count(*) {claims.lacking} UNION ALL SELECT count(*) {claims.left}", [VERSION])
    return sum(count for (count,) in counts)


def refresh(model: Encoder, *, drafts: bool, advance: Callable[[int], None] = lambda _done: None) -> None:
    """Make the vectors that are missing or out of date, and delete those without a claim.

    It can be stopped at any moment, and the next run goes on from there. Others can write claims meanwhile.
    """
    claims = _CLAIMS[drafts]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE {claims.left}")
        advance(cursor.rowcount)
        last = 0
        while True:
            cursor.execute(
                f"SELECT id, statement {claims.lacking} AND id > %s ORDER BY id LIMIT %s", [VERSION, last, _BATCH]
            )
            if not (found := dict(cursor.fetchall())):
                return
            packed = model.packed(model.vectors(list(found.values())))
            # A claim that was deleted meanwhile gets none.
            cursor.execute(
                f"""
                INSERT INTO {claims.vectors} ({claims.key}, made_from, vector)
                SELECT id, {_MADE_FROM}, vector
                FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS made (id, statement, vector)
                WHERE EXISTS (SELECT FROM {claims.table} AS claim WHERE claim.id = made.id)
                ON CONFLICT ({claims.key}) DO UPDATE SET made_from = excluded.made_from, vector = excluded.vector
                """,  # noqa: S608 — constants of ours
                [VERSION, list(found), list(found.values()), packed],
            )
            advance(len(found))
            last = max(found)


def _is_readable(texts: Sequence[str], language: str) -> bool:
    return reads(language or words.told_language(word for text in texts for word in words.plain(text)) or LANGUAGE)


def _stored(keys: Collection[Key]) -> tuple[dict[Key, bytes], dict[Key, str]]:
    """The vectors of these claims, and the statements of those that lack one."""
    stored: dict[Key, bytes] = {}
    statements: dict[Key, str] = {}
    for drafts in sorted({is_draft for is_draft, _pk in keys}):
        claims = _CLAIMS[drafts]
        found = rows(
            f"""
            SELECT claim.id, vector, statement FROM {claims.table} AS claim
            LEFT JOIN {claims.vectors} AS made ON made.{claims.key} = claim.id AND made_from = {_MADE_FROM}
            WHERE claim.id = ANY(%s) AND {_IN_LANGUAGE}
            """,  # noqa: S608 — constants of ours
            [VERSION, [pk for is_draft, pk in keys if is_draft == drafts]],
        )
        stored |= {(drafts, pk): bytes(vector) for pk, vector, _statement in found if vector is not None}
        statements |= {(drafts, pk): statement for pk, vector, statement in found if vector is None}
    return stored, statements
