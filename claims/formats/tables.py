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

from claims.choices import Stance
from claims.record import imprint
from claims.record.canonical import Content, moment
from claims.record.publications import Publication
from claims.record.rows import count_origins
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

    @property
    def source(self) -> Content:
        source: Content = self.item["source"]
        return source


def _parts(name: str) -> Callable[[Publication], Iterator[Part]]:
    return lambda publication: (
        Part(publication, item, place) for place, item in enumerate(publication.content[name], start=1)
    )


# How values are found

Of = Callable[[Any], Value]


def _body(name: str) -> Of:
    return lambda publication: publication.content[name]


def _rating(name: str) -> Of:
    """Off the scale a rating has no number, and its cells are empty."""
    return lambda publication: publication.content["rating"].get(name)


def _claimant(name: str) -> Of:
    return lambda publication: (publication.content["claimant"] or {}).get(name, "")


def _signing(name: str) -> Of:
    return lambda publication: publication.content["revision"][name]


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


def _item(name: str) -> Of:
    return lambda part: part.item[name]


def _source(name: str) -> Of:
    return lambda part: part.source[name]


_TERMS = [
    Column("license", Kind.TEXT, "The address of the licence of the data.", lambda _row: settings.DATA_LICENSE),
    Column("attribution", Kind.TEXT, "Whom to name.", lambda _row: imprint.attribution()),
]


# The tables

CLAIMS = Table(
    "claims",
    "One row for each published claim.",
    [
        Column("slug", Kind.TEXT, "The claim's name in addresses; it never changes.", _body("slug")),
        Column("address", Kind.TEXT, "The claim's page, always with its newest version.", lambda claim: claim.address),
        Column("statement", Kind.TEXT, "What is claimed, in our own neutral words.", _body("statement")),
        Column("rating", Kind.TEXT, "The slug of the rating.", _rating("slug")),
        Column("rating_label", Kind.TEXT, "The rating as readers see it.", _rating("label")),
        Column(
            "rating_value",
            Kind.NUMBER,
            "The rating's place on its scale, the greater the nearer to true. Empty off the scale.",
            _rating("value"),
            may_be_empty=True,
        ),
        Column("summary", Kind.TEXT, "The short answer.", _body("summary")),
        Column("notice", Kind.TEXT, "A caution that belongs to the verdict wherever it is shown.", _body("notice")),
        Column(
            "claimant", Kind.TEXT, "The slug of who makes the claim. Empty when nobody is known.", _claimant("slug")
        ),
        Column("claimant_name", Kind.TEXT, "The claimant's name.", _claimant("name")),
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
        Column("kind", Kind.TEXT, "What sort of statement it is.", _body("kind")),
        Column("language", Kind.TEXT, "The language of the claim, as a tag (BCP 47).", _body("language")),
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
        Column("revised_at", Kind.MOMENT, "When this version was published.", _signing("at")),
        Column(
            "is_corrected",
            Kind.TRUTH,
            "Whether readers were ever told of a correction.",
            lambda claim: bool(claim.corrections),
        ),
        Column("version", Kind.NUMBER, "The number of this version, counted from 1.", _signing("number")),
        Column("version_address", Kind.TEXT, "Where this version stays for ever.", lambda claim: claim.version_address),
        Column(
            "rating_worst",
            Kind.NUMBER,
            "The number of the scale's worst rating. Empty off the scale.",
            _rating("worst"),
            may_be_empty=True,
        ),
        Column(
            "rating_best",
            Kind.NUMBER,
            "The number of the scale's best rating. Empty off the scale.",
            _rating("best"),
            may_be_empty=True,
        ),
        Column("explanation", Kind.TEXT, "Why, in Markdown (CommonMark).", _body("explanation")),
        Column("method", Kind.TEXT, "How it was checked, in Markdown.", _body("method")),
        Column("missing", Kind.TEXTS, "What nobody could find out.", _body("missing")),
        Column(
            "claimed_on", Kind.TEXT, "When it was made: a day, month or year, as far as is known.", _body("claimed_on")
        ),
        Column("date_note", Kind.TEXT, "What is known of that date.", _body("date_note")),
        Column("places", Kind.TEXTS, "Where it is about.", _body("places")),
        Column("claimant_kind", Kind.TEXT, "What sort of speaker the claimant is.", _claimant("kind")),
        Column("claimant_role", Kind.TEXT, "The claimant's office or trade.", _claimant("role")),
        Column("checkable", Kind.TRUTH, "Whether it can be checked at all.", _body("checkable")),
        Column("why_not_checkable", Kind.TEXT, "Why not, when it cannot.", _body("why_not_checkable")),
        Column("selection_reason", Kind.TEXT, "Why we chose it.", _body("selection_reason")),
        Column("signed_by", Kind.TEXT, "Who published this version.", _signing("signed_by")),
        Column("approved_by", Kind.TEXT, "Who approved its text.", _signing("approved_by")),
        *_TERMS,
    ],
    lambda publication: [publication],
)

_CLAIM_OF_PART = [
    Column("claim", Kind.TEXT, "The slug of the claim.", lambda part: part.publication.slug),
    Column("version", Kind.NUMBER, "The version of the claim.", lambda part: part.publication.number),
    Column("place", Kind.NUMBER, "Its place among those of the claim, counted from 1.", lambda part: part.place),
]
_SOURCE_OF_PART = [
    Column("source", Kind.TEXT, "The slug of the source.", _source("slug")),
    Column("source_title", Kind.TEXT, "The source's title.", _source("title")),
    Column("source_kind", Kind.TEXT, "What kind of document it is.", _source("kind")),
    Column(
        "source_address",
        Kind.TEXT,
        "Where it can be read. Empty when the address itself would harm.",
        _source("address"),
    ),
    Column("source_archived", Kind.TEXT, "A copy in a public web archive.", _source("archived_address")),
    Column("source_published", Kind.TEXT, "When it was published: a day, month or year.", _source("published")),
    Column("source_language", Kind.TEXT, "Its language.", _source("language")),
    Column("source_authors", Kind.TEXTS, "Who wrote it.", _source("authors")),
    Column("source_interest", Kind.TEXT, "What it stands to gain.", _source("interest")),
    Column("publisher", Kind.TEXT, "The slug of its publisher.", lambda part: part.source["publisher"]["slug"]),
    Column("publisher_name", Kind.TEXT, "The publisher's name.", lambda part: part.source["publisher"]["name"]),
]

EVIDENCE = Table(
    "evidence",
    "One row for each source that was put to a published claim.",
    [
        *_CLAIM_OF_PART,
        Column("stance", Kind.TEXT, "What it says to the claim: supports, refutes, mixed or context.", _item("stance")),
        Column("finding", Kind.TEXT, "What we found in it.", _item("finding")),
        Column("quote", Kind.TEXT, "Its own words.", _item("quote")),
        Column("locator", Kind.TEXT, "Where in it.", _item("locator")),
        Column("origin", Kind.TEXT, "Where its information comes from.", _item("origin")),
        Column("primary", Kind.TRUTH, "Whether it is the thing itself and not a report of it.", _item("primary")),
        Column("secondary_reason", Kind.TEXT, "Why a report was used.", _item("secondary_reason")),
        Column("note", Kind.TEXT, "A note of ours.", _item("note")),
        *_SOURCE_OF_PART,
        *_TERMS,
    ],
    _parts("evidence"),
)

APPEARANCES = Table(
    "appearances",
    "One row for each place where a published claim was made.",
    [
        *_CLAIM_OF_PART,
        Column("exact", Kind.TEXT, "The words as they stand there.", _item("exact")),
        Column("prefix", Kind.TEXT, "What stands before them.", _item("prefix")),
        Column("suffix", Kind.TEXT, "What stands after them.", _item("suffix")),
        Column("locator", Kind.TEXT, "Where in the source, for people.", _item("locator")),
        Column("position", Kind.NUMBER, "Where in the source, for sorting.", _item("position")),
        Column("date", Kind.TEXT, "When it was made there: a day, month or year.", _item("date")),
        *_SOURCE_OF_PART,
        *_TERMS,
    ],
    _parts("appearances"),
)

TABLES: dict[str, Table] = {table.name: table for table in (CLAIMS, EVIDENCE, APPEARANCES)}

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
