"""What the API answers with, field by field: declared for the schema and for people, and compared with real answers.

Nothing passes through here. An answer is the record as it was signed, or rows of it as they are.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    ListField,
    URLField,
)

from claims.choices import Act, CorrectionKind
from claims.formats.tables import CLAIMS
from claims.schema import (
    CLAIM,
    CLAIMANT,
    MOMENT,
    NUMBER,
    PUBLISHER,
    RATING,
    SIGNING,
    SOURCE,
    TOPIC,
    TRUTH,
    Field,
    Object,
)

_MEANING = {column.name: column.meaning for column in CLAIMS.columns}


class Shape(serializers.Serializer[Any]):
    """An object of the API. It is never made: the record has it as it is given."""


def _text(meaning: str, **options: Any) -> CharField:
    return CharField(help_text=meaning, **options)


def _choice(meaning: str, choices: Any, **options: Any) -> ChoiceField:
    return ChoiceField(help_text=meaning, choices=list(choices.values), **options)


def _number(meaning: str, **options: Any) -> IntegerField:
    return IntegerField(help_text=meaning, **options)


def _truth(meaning: str) -> BooleanField:
    return BooleanField(help_text=meaning)


def _texts(meaning: str) -> ListField:
    return ListField(child=CharField(), help_text=meaning)


def _address(meaning: str, **options: Any) -> URLField:
    return URLField(help_text=meaning, **options)


def _moment(meaning: str) -> DateTimeField:
    return DateTimeField(help_text=meaning)


# What is published, as `claims.schema` has it


Declared = serializers.Field[Any, Any, Any, Any]


def _declared(one: Field) -> Declared:
    """The declaration of a field of the record."""
    if isinstance(one.kind, Object):
        return of_record(one.kind)(many=one.many, allow_null=one.may_be_null, help_text=one.meaning)
    if one.many:
        return _texts(one.meaning)
    if one.kind.choices is not None and not one.kind.may_be_empty:
        return _choice(one.meaning, one.kind.choices)
    if one.kind is NUMBER:
        return _number(one.meaning, required=not one.may_be_absent)
    if one.kind is TRUTH:
        return _truth(one.meaning)
    return _moment(one.meaning) if one.kind is MOMENT else _text(one.meaning)


@cache
def of_record(what: Object) -> type[Shape]:
    """The shape of an object of the record."""
    return type(what.name, (Shape,), {"__doc__": what.meaning} | {one.name: _declared(one) for one in what.fields})


def _around(what: Object, name: str, meaning: str, more: Callable[[], dict[str, Declared]]) -> type[Shape]:
    """The shape of an object of the record with more fields, which come after its own."""
    fields = {one.name: _declared(one) for one in what.fields}
    return type(name, (Shape,), {"__doc__": meaning, **fields, **more()})


class Told(Shape):
    """What readers were told of a change."""

    version = _number("The version that made the change.")
    act = _choice("What was done.", Act)
    kind = _choice("How much it corrects.", CorrectionKind)
    reason = _text("What was wrong, and what is right now.")
    rating_before = _text("The rating's label before.")
    rating_after = _text("The rating's label since. Empty for a withdrawal.")
    at = _moment("When.")


Rating = of_record(RATING)
Claim = _around(
    CLAIM,
    "Claim",
    "A published claim as signed, with what surrounds it. All fields are there, unless `fields` asks for some.",
    lambda: {
        "address": _address(_MEANING["address"]),
        "version_address": _address("The page of this version, which stays for ever."),
        "first_published_at": _moment(_MEANING["first_published_at"]),
        "corrections": Told(many=True, help_text="What readers were told of changes up to this version, oldest first."),
        "license": _address(_MEANING["license"]),
        "attribution": _text(_MEANING["attribution"]),
    },
)


# What stands around claims


class Version(Shape):
    """A version of a claim, without its body."""

    number = _number(SIGNING["number"].meaning)
    act = _choice("Why the version was made.", Act)
    at = _moment("When it was published.")
    signed_by = _text(SIGNING["signed_by"].meaning)
    reason = _text("The reason that readers were given. Empty for a first version.")
    correction = Told(allow_null=True, help_text="What readers were told, when it mends something; otherwise null.")
    redacted_in = _number("The version that redacted this one; null while it can be read.", allow_null=True)
    version_address = _address("The page of the version.")
    document_address = _address("Where the API has the version whole.")


def _claims_address() -> dict[str, Declared]:
    return {"claims_address": _address("Where the API lists its published claims.")}


def _page_address() -> dict[str, Declared]:
    return _claims_address() | {"page_address": _address("Its page.")}


def _counted() -> dict[str, Declared]:
    return {"published_claims": _number("How many published claims it has.")}


ListedArticle = _around(
    SOURCE,
    "ListedArticle",
    "An article whose claims were checked: a source, with where its claims are.",
    _page_address,
)
ListedSource = _around(
    SOURCE,
    "ListedSource",
    "A source, with where the claims are that appear in it or rest on it.",
    _page_address,
)
ListedClaimant = _around(
    CLAIMANT,
    "ListedClaimant",
    "A claimant, with how many claims and where they are.",
    lambda: _page_address() | _counted(),
)
ListedTopic = _around(
    TOPIC,
    "ListedTopic",
    "A topic, with how many claims and where they are.",
    lambda: _page_address() | _counted(),
)
ListedOutlet = _around(
    PUBLISHER,
    "ListedOutlet",
    "The publisher of an article, with how many claims and where they are.",
    lambda: _claims_address() | _counted(),
)
ListedRating = _around(
    RATING,
    "ListedRating",
    "A rating with its definition as it is today, and where the claims are that have it.",
    lambda: {
        **_claims_address(),
        **_counted(),
        "on_scale": _truth("Whether it says how true a claim is, and so has a number."),
        "scale": _text("The slug of the scale that it belongs to."),
    },
)


class Correction(Told):
    """A correction, changed rating or withdrawal, as readers were told of it."""

    slug = _text("The claim's name in addresses.")
    claim_address = _address("The claim's page. It says why when the claim was withdrawn.")
    version_address = _address("The page of the version that made the change.")


# Figures


class RatingCount(Shape):
    """How many claims have a rating."""

    rating = Rating()
    count = _number("Claims with this rating.")
    share = _number("The same in whole percent; null where there are too few claims for one.", allow_null=True)


class Ratings(Shape):
    """How often each rating was given."""

    total = _number("The claims that were counted.")
    counts = RatingCount(many=True, help_text="From the best to the worst, and those off the scale last.")


class Row(Shape):
    """The counts of one topic, outlet or period."""

    slug = _text("The topic's or outlet's slug, or the period: 2026-11, 2026-Q4 or 2026.")
    name = _text("Its name; empty for a period.")
    total = _number("The sum of the counts.")
    counts = DictField(child=IntegerField(), help_text="The count for each column of the table, by its slug.")


class Table(Shape):
    """Counts in rows."""

    columns = _texts("The slugs of the columns: of ratings, or of kinds of correction.")
    rows = Row(many=True)
    is_cut = _truth("Whether there are rows that are not here.")


class Step(Shape):
    """How many claims were checked within so many days, and not within those of the step before."""

    days = _number("The days; null for all that took longer.", allow_null=True)
    count = _number("Claims.")


class TurnRound(Shape):
    """Days from the day on which a claim was made to the day on which our check was published."""

    dated = _number("Claims whose day is known: only those can be measured.")
    total = _number("The claims that were counted.")
    median = _number("Within so many days half of them were checked; null where too few are dated.", allow_null=True)
    steps = Step(many=True)


class Corrections(Shape):
    """How many claims were ever corrected, and when what was mended."""

    corrected = _number("Claims with a correction of any kind.")
    total = _number("The claims that were counted.")
    share = _number("The same in whole percent; null where there are too few claims for one.", allow_null=True)
    over_time = Table()


class Withdrawn(Shape):
    """Claims that were taken back and not published again."""

    withdrawn = _number("How many were.")
    ever = _number("How many claims were ever published.")


class Statistics(Shape):
    """What is counted of the published claims that fit. We choose which claims to check: no figure is of all claims."""

    selection_rule = _text("What these figures cannot say.")
    minimum_for_shares = _number("Under so many claims no percentage is given.")
    ratings = Ratings()
    over_time = Table(help_text="Claims by rating and by when they were first published.")
    by_topic = Table(help_text="Claims by topic and rating; a claim on two topics counts in both.")
    by_outlet = Table(help_text="Claims by outlet and rating; a claim that two outlets carried counts in both.")
    turn_round = TurnRound()
    corrections = Corrections()
    withdrawn = Withdrawn(
        allow_null=True, help_text="Null under a filter: what a withdrawn claim was about is not said."
    )


# Answers


class Root(Shape):
    """The addresses of the API."""

    claims = _address("The published claims.")
    articles = _address("The articles whose claims were checked.")
    claimants = _address("Who made the claims.")
    topics = _address("What the claims are about.")
    sources = _address("The sources that claims appear in or rest on.")
    outlets = _address("The publishers of the articles.")
    ratings = _address("The ratings with their definitions.")
    corrections = _address("Corrections, changed ratings and withdrawals.")
    statistics = _address("Figures.")
    schema = _address("This API as an OpenAPI document.")
    documentation = _address("This API for people.")
    license = _address(_MEANING["license"])
    attribution = _text(_MEANING["attribution"])


class Problem(Shape):
    """What is wrong, and what to do (RFC 9457)."""

    type = _text("The kind of problem, as an address; about:blank when the status says it all.")
    title = _text("The kind of problem in words.")
    status = _number("The status of the answer.")
    detail = _text("What is wrong with this request, and what to do.")
    errors = DictField(  # type: ignore[assignment]
        child=ListField(child=CharField()),
        required=False,
        help_text="What is wrong with each parameter, by its name.",
    )


def listed(shape: type[Shape]) -> type[Shape]:
    """A page of a list of such objects."""
    return type(
        f"{shape.__name__}Page",
        (Shape,),
        {
            "__doc__": "A page of a list.",
            "next": _address("The next page; null on the last.", allow_null=True),
            "previous": _address("The page before; null on the first.", allow_null=True),
            "results": shape(many=True),
        },
    )
