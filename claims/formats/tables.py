"""The tables in which claims leave the site: every column once, with its name, its kind, its meaning and its value.

CSV, XLSX, Parquet and the data dictionary are made of these tables. A column keeps its name and its meaning for ever;
new ones are added at the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any

from django.conf import settings

from claims import schema
from claims.choices import Stance
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.publications import Publication
from claims.record.rows import count_origins
from claims.schema import (
    APPEARANCE,
    CLAIM,
    CLAIMANT,
    EVIDENCE,
    PUBLISHER,
    RATING,
    SIGNING,
    SOURCE,
    Content,
    Field,
    Object,
)
from factcheck.core.fields import dates

Value = str | int | bool | list[str] | None


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "whole number"
    TRUTH = "true or false"
    DAY = "day"  # 2025-06-21
    MOMENT = "time"  # UTC, six decimals, Z
    TEXTS = "list of texts"


@dataclass(frozen=True)
class Column:
    """One column. `value` gives its cell for a row; None, an empty cell, only in a column that `may_be_empty`."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Any], Value]
    may_be_empty: bool = False


def _kind_of(one: Field) -> Kind:
    """The kind of the column that holds a plain field."""
    if one.many:
        return Kind.TEXTS
    return Kind.TRUTH if one.kind is schema.TRUTH else Kind.NUMBER if one.kind is schema.NUMBER else Kind.TEXT


@dataclass(frozen=True)
class Table:
    """One table: what a row is, the columns, and what there is a row of in each thing that it is made from."""

    name: str
    meaning: str
    columns: Sequence[Column]
    of: Callable[[Any], Iterable[Any]]

    @property
    def header(self) -> list[str]:
        return [column.name for column in self.columns]

    def rows(self, things: Iterable[Any]) -> Iterator[list[Value]]:
        """One list of cells for each row."""
        for thing in things:
            for item in self.of(thing):
                yield [column.value(item) for column in self.columns]


@dataclass(frozen=True)
class Part:
    """A piece of evidence or an appearance, with the claim that it belongs to."""

    publication: Publication
    item: Content
    place: int


def _parts(name: str) -> Callable[[Publication], Iterator[Part]]:
    return lambda publication: (
        Part(publication, item, place) for place, item in enumerate(publication.content[name], start=1)
    )


# How values are found

Of = Callable[[Any], Value]
Find = Callable[[Any], Content | None]


def _body(publication: Publication) -> Content:
    return publication.content


def _item(part: Part) -> Content:
    return part.item


def _within(find: Find, name: str) -> Find:
    """An object inside another."""
    return lambda row: (find(row) or {}).get(name)


_RATING, _CLAIMANT, _SIGNING = (_within(_body, name) for name in ("rating", "claimant", "revision"))
_SOURCE = _within(_item, "source")
_PUBLISHER = _within(_SOURCE, "publisher")


def _column(what: Object, name: str, find: Find, *, called: str = "", meaning: str = "") -> Column:
    """The column of a field: named, typed and explained as `claims.schema` has it."""
    one = what[name]
    absent = one.may_be_absent
    blank = None if absent else one.blank
    return Column(
        called or name,
        _kind_of(one),
        meaning or one.meaning + (" Empty off the scale." if absent else ""),
        lambda row: (find(row) or {}).get(name, blank),
        may_be_empty=absent,
    )


def _columns(what: Object, find: Find, *names: str, prefix: str = "") -> list[Column]:
    return [_column(what, name, find, called=prefix + name) for name in names]


def _since_the_first(what: Object, find: Find) -> list[Column]:
    """Columns of fields that came after the first schema, in the order in which they came."""
    later = [one for one in what.fields if one.since > 1 and not isinstance(one.kind, Object)]
    return [_column(what, one.name, find) for one in sorted(later, key=lambda one: one.since)]


def _bound(find: Callable[[str], Any]) -> Of:
    def day(publication: Publication) -> Value:
        made = publication.content["claimed_on"]
        return find(made).isoformat() if made else None

    return day


def _slugs(name: str) -> Of:
    return lambda publication: [card["slug"] for card in publication.content[name]]


def _of_sources(name: str, *, publisher: bool = False) -> Of:
    """The slugs of the sources (or their publishers) in a part of the body, each once."""

    def slugs(publication: Publication) -> Value:
        sources = (item["source"] for item in publication.content[name])
        return list(dict.fromkeys((card["publisher"] if publisher else card)["slug"] for card in sources))

    return slugs


def _stances(stance: Stance) -> Of:
    return lambda publication: sum(item["stance"] == stance for item in publication.content["evidence"])


_TERMS = [
    Column("license", Kind.TEXT, "The address of the licence of the data.", lambda _row: settings.DATA_LICENSE),
    Column("attribution", Kind.TEXT, "Whom to name.", lambda _row: imprint.attribution()),
]


# The tables

CLAIMS = Table(
    "claims",
    "One row for each published claim.",
    [
        *_columns(CLAIM, _body, "slug"),
        Column("address", Kind.TEXT, "The claim's page, always with its newest version.", lambda claim: claim.address),
        *_columns(CLAIM, _body, "statement"),
        _column(RATING, "slug", _RATING, called="rating", meaning="The slug of the rating."),
        *_columns(RATING, _RATING, "label", "value", prefix="rating_"),
        *_columns(CLAIM, _body, "summary", "notice"),
        _column(
            CLAIMANT,
            "slug",
            _CLAIMANT,
            called="claimant",
            meaning="The slug of who makes the claim. Empty when nobody is known.",
        ),
        *_columns(CLAIMANT, _CLAIMANT, "name", prefix="claimant_"),
        Column(
            "claimed_from",
            Kind.DAY,
            "The first day on which it may have been made.",
            _bound(dates.earliest),
            may_be_empty=True,
        ),
        Column(
            "claimed_until",
            Kind.DAY,
            "The last day on which it may have been made.",
            _bound(dates.latest),
            may_be_empty=True,
        ),
        *_columns(CLAIM, _body, "kind", "language"),
        Column("topics", Kind.TEXTS, "The slugs of its topics.", _slugs("topics")),
        Column("articles", Kind.TEXTS, "The slugs of the sources in which it appeared.", _of_sources("appearances")),
        Column(
            "outlets",
            Kind.TEXTS,
            "The slugs of the publishers of these sources.",
            _of_sources("appearances", publisher=True),
        ),
        Column("supports", Kind.NUMBER, "Pieces of evidence that support the claim.", _stances(Stance.SUPPORTS)),
        Column("refutes", Kind.NUMBER, "Pieces of evidence that refute it.", _stances(Stance.REFUTES)),
        Column(
            "origins",
            Kind.NUMBER,
            "Independent origins of the evidence that takes a side: two links to one press release are one origin.",
            lambda claim: count_origins(claim.content["evidence"]),
        ),
        Column(
            "first_published_at",
            Kind.MOMENT,
            "When our check was first published.",
            lambda claim: moment(claim.first_published_at),
        ),
        Column("revised_at", Kind.MOMENT, SIGNING["at"].meaning, lambda claim: claim.content["revision"]["at"]),
        Column(
            "is_corrected",
            Kind.TRUTH,
            "Whether readers were ever told of a correction.",
            lambda claim: bool(claim.corrections),
        ),
        _column(SIGNING, "number", _SIGNING, called="version"),
        Column("version_address", Kind.TEXT, "Where this version stays for ever.", lambda claim: claim.version_address),
        *_columns(RATING, _RATING, "worst", "best", prefix="rating_"),
        *_columns(CLAIM, _body, "explanation", "method", "missing", "claimed_on", "date_note", "places"),
        *_columns(CLAIMANT, _CLAIMANT, "kind", "role", prefix="claimant_"),
        *_columns(CLAIM, _body, "checkable", "why_not_checkable", "selection_reason"),
        *_columns(SIGNING, _SIGNING, "signed_by", "approved_by"),
        *_TERMS,
        *_since_the_first(CLAIM, _body),
    ],
    lambda publication: [publication],
)

_CLAIM_OF_PART = [
    Column("claim", Kind.TEXT, "The slug of the claim.", lambda part: part.publication.slug),
    Column("version", Kind.NUMBER, "The version of the claim.", lambda part: part.publication.number),
    Column("place", Kind.NUMBER, "Its place among those of the claim, counted from 1.", lambda part: part.place),
]
_SOURCE_OF_PART = [
    _column(SOURCE, "slug", _SOURCE, called="source", meaning="The slug of the source."),
    *_columns(SOURCE, _SOURCE, "title", "kind", "address", prefix="source_"),
    _column(SOURCE, "archived_address", _SOURCE, called="source_archived"),
    *_columns(SOURCE, _SOURCE, "published", "language", "authors", "interest", prefix="source_"),
    _column(PUBLISHER, "slug", _PUBLISHER, called="publisher", meaning="The slug of its publisher."),
    *_columns(PUBLISHER, _PUBLISHER, "name", prefix="publisher_"),
]

EVIDENCE_TABLE = Table(
    "evidence",
    "One row for each piece of evidence of a published claim.",
    [
        *_CLAIM_OF_PART,
        *_columns(EVIDENCE, _item, "stance", "finding", "quote", "locator", "origin", "primary"),
        *_columns(EVIDENCE, _item, "secondary_reason", "note"),
        *_SOURCE_OF_PART,
        *_TERMS,
        *_since_the_first(EVIDENCE, _item),
    ],
    _parts("evidence"),
)

APPEARANCES = Table(
    "appearances",
    "One row for each place where a published claim was made.",
    [
        *_CLAIM_OF_PART,
        *_columns(APPEARANCE, _item, "exact", "prefix", "suffix", "locator", "position", "date"),
        *_SOURCE_OF_PART,
        *_TERMS,
        *_since_the_first(APPEARANCE, _item),
    ],
    _parts("appearances"),
)

TABLES: dict[str, Table] = {table.name: table for table in (CLAIMS, EVIDENCE_TABLE, APPEARANCES)}

CORRECTIONS = Table(
    "corrections",
    "One row for each correction, changed rating and withdrawal that readers were told of.",
    [
        Column("claim", Kind.TEXT, "The slug of the claim.", itemgetter("claim")),
        Column("version", Kind.NUMBER, "The version that was made by it.", itemgetter("version")),
        Column("act", Kind.TEXT, "What was done.", itemgetter("act")),
        Column("kind", Kind.TEXT, "How much it changes.", itemgetter("kind")),
        Column("reason", Kind.TEXT, "Why, as readers were told.", itemgetter("reason")),
        Column("rating_before", Kind.TEXT, "The rating as readers saw it before.", itemgetter("rating_before")),
        Column("rating_after", Kind.TEXT, "The rating since. Empty for a withdrawal.", itemgetter("rating_after")),
        Column("at", Kind.MOMENT, "When.", itemgetter("at")),
        *_TERMS,
    ],
    lambda correction: [correction],
)
