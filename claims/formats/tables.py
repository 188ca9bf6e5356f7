"""The tables of the exports: every column with its name, kind, meaning and value.

CSV, XLSX, Parquet and the data dictionary are made from these tables. A column never changes its name or its meaning.
New columns are added at the end.
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
from claims.record.pictures import address_of
from claims.record.publications import Publication
from claims.record.rows import count_origins
from claims.schema import (
    APPEARANCE,
    CLAIM,
    CLAIMANT,
    EVIDENCE,
    ORIGINAL,
    OTHER_CHECK,
    PICTURE,
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


class TooLong(Exception):
    """More rows than the form of a file holds."""


class Kind(StrEnum):
    """The kind of value in a column."""

    TEXT = "text"
    NUMBER = "whole number"
    TRUTH = "true or false"
    DAY = "day"  # 2025-06-21
    MOMENT = "time"  # UTC, six decimals, Z
    TEXTS = "list of texts"


@dataclass(frozen=True)
class Column:
    """One column. `value` returns its cell for an item; None is an empty cell, only allowed if `may_be_empty`."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Any], Value]
    may_be_empty: bool = False


def _kind_of(one: Field) -> Kind:
    """The kind of column for a field that isn't an object."""
    if one.many:
        return Kind.TEXTS
    return Kind.TRUTH if one.kind is schema.TRUTH else Kind.NUMBER if one.kind is schema.NUMBER else Kind.TEXT


@dataclass(frozen=True)
class Table:
    """One table: the meaning of a row, the columns, and a function that returns the items of a source object.

    The table has a row for each item. A source object is a publication, or a correction for the table of corrections.
    """

    name: str
    meaning: str
    columns: Sequence[Column]
    of: Callable[[Any], Iterable[Any]]

    @property
    def header(self) -> list[str]:
        return [column.name for column in self.columns]

    def rows(self, objects: Iterable[Any]) -> Iterator[list[Value]]:
        """The rows of the table for these source objects, each as a list of cells."""
        for source in objects:
            for item in self.of(source):
                yield [column.value(item) for column in self.columns]


@dataclass(frozen=True)
class Part:
    """A piece of evidence or an appearance, with its claim and its place in the claim's list, counted from 1."""

    publication: Publication
    item: Content
    place: int


def _parts(name: str) -> Callable[[Publication], Iterator[Part]]:
    return lambda publication: (
        Part(publication, item, place) for place, item in enumerate(publication.content[name], start=1)
    )


# Functions that return values: from an item to a cell, and from an item to an object in its body

GetValue = Callable[[Any], Value]
GetObject = Callable[[Any], Content | None]


def _body(publication: Publication) -> Content:
    return publication.content


def _item(part: Part) -> Content:
    return part.item


def _within(find: GetObject, name: str) -> GetObject:
    """A function that returns an object inside another."""
    return lambda row: (find(row) or {}).get(name)


_RATING, _CLAIMANT, _SIGNING = (_within(_body, name) for name in ("rating", "claimant", "revision"))
_ORIGINAL = _within(_body, "original")
_SOURCE = _within(_item, "source")
_PUBLISHER = _within(_SOURCE, "publisher")
_ATTRIBUTED = _within(_item, "attributed_to")


def _column(what: Object, name: str, find: GetObject, *, called: str = "", meaning: str = "") -> Column:
    """The column of a field, with the kind from `claims.schema`, and its name and meaning unless others are given."""
    one = what[name]
    absent = one.may_be_absent
    blank = None if absent else one.blank
    return Column(
        called or name,
        _kind_of(one),
        meaning or one.meaning + (" Empty if the rating is off the scale." if absent else ""),
        lambda row: (find(row) or {}).get(name, blank),
        may_be_empty=absent,
    )


def _columns(what: Object, find: GetObject, *names: str, prefix: str = "") -> list[Column]:
    return [_column(what, name, find, called=prefix + name) for name in names]


def _later_columns(what: Object, find: GetObject, *, prefix: str = "") -> list[Column]:
    """The columns of fields that were added after the first schema, in the order in which they were added."""
    later = [one for one in what.fields if one.since > 1 and not isinstance(one.kind, Object)]
    return [_column(what, one.name, find, called=prefix + one.name) for one in sorted(later, key=lambda one: one.since)]


def _claimed_day(bound: Callable[[str], Any]) -> GetValue:
    """A function that returns the first or last day on which a claim may have been made."""

    def day(publication: Publication) -> Value:
        made = publication.content["claimed_on"]
        return bound(made).isoformat() if made else None

    return day


def _slugs(name: str) -> GetValue:
    return lambda publication: [card["slug"] for card in publication.content[name]]


def _source_slugs(name: str, *, publisher: bool = False) -> GetValue:
    """A function that returns the slugs of the sources (or their publishers) in a part of the body, each once."""

    def slugs(publication: Publication) -> Value:
        sources = [item["source"] for item in publication.content[name]]
        cards = [card["publisher"] for card in sources if card["publisher"]] if publisher else sources
        return list(dict.fromkeys(card["slug"] for card in cards))

    return slugs


def _count_stance(stance: Stance) -> GetValue:
    """A function that returns the number of pieces of evidence with this stance."""
    return lambda publication: sum(item["stance"] == stance for item in publication.content["evidence"])


def _others(name: str) -> Column:
    """The column of a field of the fact-checks by others. All such columns have the same order."""
    return Column(
        f"others_{name}",
        Kind.TEXTS,
        f"For each fact-check of the claim by another publisher: {_lower(OTHER_CHECK[name].meaning)}",
        lambda publication: [item[name] for item in publication.content["others"]],
    )


def _pictures(name: str) -> Column:
    """The column of a field of the pictures. All such columns have the same order."""
    return Column(
        f"pictures_{name}",
        Kind.TEXTS,
        f"For each picture of the explanation: {_lower(PICTURE[name].meaning)}",
        lambda publication: [item[name] for item in publication.content["pictures"]],
    )


def _lower(sentence: str) -> str:
    """The sentence, to follow a colon."""
    return sentence[:1].lower() + sentence[1:]


_TERMS = [
    Column("license", Kind.TEXT, "The address of the licence of the data.", lambda _row: settings.DATA_LICENSE),
    Column("attribution", Kind.TEXT, "The attribution to give with the data.", lambda _row: imprint.attribution()),
]


# The tables

CLAIMS = Table(
    "claims",
    "One row for each published claim.",
    [
        *_columns(CLAIM, _body, "slug"),
        Column(
            "address",
            Kind.TEXT,
            "The address of the claim's page, which always shows the newest version.",
            lambda claim: claim.address,
        ),
        *_columns(CLAIM, _body, "statement"),
        _column(RATING, "slug", _RATING, called="rating", meaning="The slug of the rating."),
        *_columns(RATING, _RATING, "label", "value", prefix="rating_"),
        *_columns(CLAIM, _body, "summary", "notice"),
        _column(
            CLAIMANT,
            "slug",
            _CLAIMANT,
            called="claimant",
            meaning="The slug of the claimant. Empty if nobody is known.",
        ),
        *_columns(CLAIMANT, _CLAIMANT, "name", prefix="claimant_"),
        Column(
            "claimed_from",
            Kind.DAY,
            "The first day on which the claim may have been made.",
            _claimed_day(dates.earliest),
            may_be_empty=True,
        ),
        Column(
            "claimed_until",
            Kind.DAY,
            "The last day on which the claim may have been made.",
            _claimed_day(dates.latest),
            may_be_empty=True,
        ),
        *_columns(CLAIM, _body, "kind", "language"),
        Column("topics", Kind.TEXTS, "The slugs of the claim's topics.", _slugs("topics")),
        Column(
            "articles",
            Kind.TEXTS,
            "The slugs of the articles: the sources in which the claim appears.",
            _source_slugs("appearances"),
        ),
        Column(
            "outlets",
            Kind.TEXTS,
            "The slugs of the outlets: the publishers of the articles.",
            _source_slugs("appearances", publisher=True),
        ),
        Column(
            "supports",
            Kind.NUMBER,
            "The number of pieces of evidence that support the claim.",
            _count_stance(Stance.SUPPORTS),
        ),
        Column(
            "refutes",
            Kind.NUMBER,
            "The number of pieces of evidence that refute the claim.",
            _count_stance(Stance.REFUTES),
        ),
        Column(
            "origins",
            Kind.NUMBER,
            "The number of independent sources that support the claim, refute it, or do both. "
            "Reports of one press release count as one.",
            lambda claim: count_origins(claim.content["evidence"]),
        ),
        Column(
            "first_published_at",
            Kind.MOMENT,
            "The time our check was first published.",
            lambda claim: moment(claim.first_published_at),
        ),
        Column("revised_at", Kind.MOMENT, SIGNING["at"].meaning, lambda claim: claim.content["revision"]["at"]),
        Column(
            "is_corrected",
            Kind.TRUTH,
            "True if the claim was ever corrected.",
            lambda claim: bool(claim.corrections),
        ),
        _column(SIGNING, "number", _SIGNING, called="version"),
        Column(
            "version_address",
            Kind.TEXT,
            "The permanent address of this version.",
            lambda claim: claim.version_address,
        ),
        *_columns(RATING, _RATING, "worst", "best", prefix="rating_"),
        *_columns(CLAIM, _body, "explanation", "method", "missing", "claimed_on", "date_note", "places"),
        *_columns(CLAIMANT, _CLAIMANT, "kind", "role", prefix="claimant_"),
        *_columns(CLAIM, _body, "checkable", "why_not_checkable", "selection_reason"),
        *_columns(SIGNING, _SIGNING, "signed_by", "approved_by"),
        *_TERMS,
        *_later_columns(CLAIM, _body),
        *_columns(SIGNING, _SIGNING, "checked_by"),
        *(_others(name) for name in ("publisher", "address", "label", "meaning", "reviewed_on")),
        _column(ORIGINAL, "published", _ORIGINAL, called="originally_published"),
        _column(ORIGINAL, "address", _ORIGINAL, called="original_address"),
        Column(
            "pictures_address",
            Kind.TEXTS,
            "For each picture of the explanation: its address. The name of the file is the SHA-256 of its bytes.",
            lambda publication: [address_of(item) for item in publication.content["pictures"]],
        ),
        *(_pictures(name) for name in ("alt", "caption", "credit")),
    ],
    lambda publication: [publication],
)

_CLAIM_OF_PART = [
    Column("claim", Kind.TEXT, "The slug of the claim.", lambda part: part.publication.slug),
    Column("version", Kind.NUMBER, "The number of the claim's version.", lambda part: part.publication.number),
    Column("place", Kind.NUMBER, "The place in the claim's list, counted from 1.", lambda part: part.place),
]
_SOURCE_OF_PART = [
    _column(SOURCE, "slug", _SOURCE, called="source", meaning="The slug of the source."),
    *_columns(SOURCE, _SOURCE, "title", "kind", "address", prefix="source_"),
    _column(SOURCE, "archived_address", _SOURCE, called="source_archived"),
    *_columns(SOURCE, _SOURCE, "published", "language", "authors", "interest", prefix="source_"),
    _column(PUBLISHER, "slug", _PUBLISHER, called="publisher", meaning="The slug of the source's publisher."),
    *_columns(PUBLISHER, _PUBLISHER, "name", prefix="publisher_"),
]

EVIDENCE_TABLE = Table(
    "evidence",
    "One row for each piece of evidence on a published claim.",
    [
        *_CLAIM_OF_PART,
        *_columns(EVIDENCE, _item, "stance", "finding", "quote", "locator", "origin", "primary"),
        *_columns(EVIDENCE, _item, "secondary_reason", "note"),
        *_SOURCE_OF_PART,
        *_TERMS,
        *_later_columns(EVIDENCE, _item),
        *_later_columns(SOURCE, _SOURCE, prefix="source_"),
    ],
    _parts("evidence"),
)

APPEARANCES = Table(
    "appearances",
    "One row for each appearance of a published claim.",
    [
        *_CLAIM_OF_PART,
        *_columns(APPEARANCE, _item, "exact", "prefix", "suffix", "locator", "position", "date"),
        *_SOURCE_OF_PART,
        *_TERMS,
        *_later_columns(APPEARANCE, _item),
        _column(
            CLAIMANT,
            "slug",
            _ATTRIBUTED,
            called="attributed_to",
            meaning="The slug of who said it, according to the source. Empty if it attributes it to nobody.",
        ),
        *_columns(CLAIMANT, _ATTRIBUTED, "name", prefix="attributed_to_"),
        *_later_columns(SOURCE, _SOURCE, prefix="source_"),
    ],
    _parts("appearances"),
)

TABLES: dict[str, Table] = {table.name: table for table in (CLAIMS, EVIDENCE_TABLE, APPEARANCES)}

CORRECTIONS = Table(
    "corrections",
    "One row for each correction, changed rating and withdrawal of a published claim.",
    [
        Column("claim", Kind.TEXT, "The slug of the claim.", itemgetter("claim")),
        Column("version", Kind.NUMBER, "The number of the version that the correction made.", itemgetter("version")),
        Column("act", Kind.TEXT, "The act that made the version.", itemgetter("act")),
        Column("kind", Kind.TEXT, "The kind of correction: minor, update, substantial or void.", itemgetter("kind")),
        Column("reason", Kind.TEXT, "The public reason.", itemgetter("reason")),
        Column("rating_before", Kind.TEXT, "The label of the rating before.", itemgetter("rating_before")),
        Column(
            "rating_after",
            Kind.TEXT,
            "The label of the rating after. Empty for a withdrawal.",
            itemgetter("rating_after"),
        ),
        Column("at", Kind.MOMENT, "The time of the correction.", itemgetter("at")),
        *_TERMS,
    ],
    lambda correction: [correction],
)
