"""The objects in the API's responses, field by field, for the schema and the documentation.

No data passes through these serializers: a response is the record as signed, or its rows unchanged. Tests compare the
serializers with real responses.
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
from claims.matching import Outcome
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
    """An object of the API. It's only declared here and never used to serialize data."""


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


# Objects of the record, from `claims.schema`


FieldDeclaration = serializers.Field[Any, Any, Any, Any]


def _field_of(one: Field) -> FieldDeclaration:
    """The declaration of a field of the record as a serializer field."""
    if isinstance(one.kind, Object):
        return record_shape(one.kind)(many=one.many, allow_null=one.may_be_null, help_text=one.meaning)
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
def record_shape(what: Object) -> type[Shape]:
    """The shape of an object of the record."""
    return type(what.name, (Shape,), {"__doc__": what.meaning} | {one.name: _field_of(one) for one in what.fields})


def _extended_shape(
    what: Object, name: str, meaning: str, more: Callable[[], dict[str, FieldDeclaration]]
) -> type[Shape]:
    """The shape of an object of the record with more fields after its own."""
    fields = {one.name: _field_of(one) for one in what.fields}
    return type(name, (Shape,), {"__doc__": meaning, **fields, **more()})


class Told(Shape):
    """A correction of a claim, as published: what changed and why."""

    version = _number("The version that made the change.")
    act = _choice("The act that made the change.", Act)
    kind = _choice("The kind of correction.", CorrectionKind)
    reason = _text("The reason given to readers: what was wrong, and what is right.")
    rating_before = _text("The label of the rating before the change.")
    rating_after = _text("The label of the rating after the change. Empty for a withdrawal.")
    at = _moment("When the change was published.")


Rating = record_shape(RATING)
Claim = _extended_shape(
    CLAIM,
    "Claim",
    "A published claim as signed, with its addresses, its corrections and the licence. It has all fields, unless "
    "`fields` selects some.",
    lambda: {
        "address": _address(_MEANING["address"]),
        "version_address": _address("The permanent page of this version."),
        "first_published_at": _moment(_MEANING["first_published_at"]),
        "corrections": Told(many=True, help_text="The corrections up to this version, oldest first."),
        "license": _address(_MEANING["license"]),
        "attribution": _text(_MEANING["attribution"]),
    },
)


# Versions and names


class Version(Shape):
    """A version of a claim, without its body."""

    number = _number(SIGNING["number"].meaning)
    act = _choice("Why the version was made.", Act)
    at = _moment("When it was published.")
    signed_by = _text(SIGNING["signed_by"].meaning)
    reason = _text("The reason given to readers. Empty for a first version.")
    correction = Told(allow_null=True, help_text="The correction that this version made. Null if it made none.")
    redacted_in = _number(
        "The number of the version that redacted this one. Null if it isn't redacted.", allow_null=True
    )
    version_address = _address("The page of the version.")
    document_address = _address("The address of the complete version in this API.")


def _claims_address() -> dict[str, FieldDeclaration]:
    return {"claims_address": _address("The address of its published claims in this API.")}


def _page_address() -> dict[str, FieldDeclaration]:
    return _claims_address() | {"page_address": _address("The address of its page.")}


def _counted() -> dict[str, FieldDeclaration]:
    return {"published_claims": _number("The number of its published claims.")}


ListedArticle = _extended_shape(
    SOURCE,
    "ListedArticle",
    "A source in which checked claims appear, with the address of its claims.",
    _page_address,
)
ListedSource = _extended_shape(
    SOURCE,
    "ListedSource",
    "A source, with the address of the claims that appear in it or have it as evidence.",
    _page_address,
)
ListedClaimant = _extended_shape(
    CLAIMANT,
    "ListedClaimant",
    "A claimant, with the number and the address of their published claims.",
    lambda: _page_address() | _counted(),
)
ListedTopic = _extended_shape(
    TOPIC,
    "ListedTopic",
    "A topic, with the number and the address of its published claims.",
    lambda: _page_address() | _counted(),
)
ListedOutlet = _extended_shape(
    PUBLISHER,
    "ListedOutlet",
    "The publisher of an article, with the number and the address of the published claims in its articles.",
    lambda: _claims_address() | _counted(),
)
ListedRating = _extended_shape(
    RATING,
    "ListedRating",
    "A rating with its current definition, and the number and the address of the published claims that have it.",
    lambda: {
        **_claims_address(),
        **_counted(),
        "on_scale": _truth("True if it's on the rating scale: it says how true a claim is, and has a number."),
        "scale": _text("The slug of its scale."),
    },
)


class Correction(Told):
    """A correction, changed rating or withdrawal, as published."""

    slug = _text("The slug of the claim.")
    claim_address = _address("The page of the claim. If the claim was withdrawn, the page says why.")
    version_address = _address("The page of the version that made the change.")


# Statistics


class RatingCount(Shape):
    """The number of claims with one rating."""

    rating = Rating()
    count = _number("The number of claims with this rating.")
    share = _number("The share in whole percent. Null if there are too few claims.", allow_null=True)


class Ratings(Shape):
    """The number of claims with each rating."""

    total = _number("The number of claims counted.")
    counts = RatingCount(many=True, help_text="From the best rating to the worst, then the ratings off the scale.")


class Row(Shape):
    """The counts of one topic, outlet or period."""

    slug = _text("The topic's or outlet's slug, or the period: 2026-11, 2026-Q4 or 2026.")
    name = _text("The name of the topic or outlet. Empty for a period.")
    total = _number("The sum of the counts.")
    counts = DictField(child=IntegerField(), help_text="The count of each column of the table, by slug.")


class Table(Shape):
    """Counts in rows."""

    columns = _texts("The slugs of the columns: ratings or kinds of correction.")
    rows = Row(many=True)
    is_cut = _truth("True if the table leaves out some rows.")


class Step(Shape):
    """The number of claims checked within this number of days, but not within that of the step before."""

    days = _number("The number of days. Null for claims that took longer.", allow_null=True)
    count = _number("The number of claims.")


class TurnRound(Shape):
    """The number of days from the day a claim was made to the day our check was published."""

    dated = _number("The number of claims made on a known day. Only these can be measured.")
    total = _number("The number of claims counted.")
    median = _number(
        "Half of these claims were checked within this number of days. Null if too few are dated.", allow_null=True
    )
    steps = Step(many=True)


class Corrections(Shape):
    """The number of corrected claims, and the corrections by period."""

    corrected = _number("The number of claims with a correction of any kind.")
    total = _number("The number of claims counted.")
    share = _number("The share in whole percent. Null if there are too few claims.", allow_null=True)
    over_time = Table()


class Withdrawn(Shape):
    """The number of withdrawn claims."""

    withdrawn = _number("The number of claims that were withdrawn and not published again.")
    ever = _number("The number of claims ever published.")


class Statistics(Shape):
    """Statistics of the published claims that match. We choose which claims to check: no figure covers all claims."""

    selection_rule = _text("What these figures don't show, because we choose which claims to check.")
    minimum_for_shares = _number("The minimum number of claims for a percentage.")
    is_cut = _truth("True if more claims match than are counted: only the newest 10,000 are.")
    ratings = Ratings()
    over_time = Table(help_text="Claims by the period of their first publication, and by rating.")
    by_topic = Table(help_text="Claims by topic and rating. A claim on two topics counts for both.")
    by_outlet = Table(help_text="Claims by outlet and rating. A claim that two outlets published counts for both.")
    turn_round = TurnRound()
    corrections = Corrections()
    withdrawn = Withdrawn(
        allow_null=True,
        help_text="Null if there are filters, because we don't reveal what a withdrawn claim was about.",
    )


# Matching


class Reasons(Shape):
    """Why a claim may be what the text says."""

    words = _texts("Words of the claim that the text has too, the rarest first.")
    names = _texts("Names in the claim that the text has too.")
    missing_names = _texts("Names in the claim that the text lacks.")
    numbers = _texts("Numbers that both have, in plain digits.")
    numbers_of_claim = _texts("Numbers that only the claim has. Empty if the text has no others.")
    numbers_of_text = _texts("Numbers that only the text has. Empty if the claim has no others.")
    covered = serializers.FloatField(
        help_text="The share of the claim's words that the text has, from 0 to 1. A rare word counts more."
    )
    days = _number(
        "The days from the date of the text to our check. Negative if the check is older. Null without a date.",
        allow_null=True,
    )
    similar_wording = serializers.BooleanField(
        help_text="True if the sentence model finds the wording similar. Sites without the model always say false."
    )


class MatchedClaim(Shape):
    """A published claim in short."""

    slug = _text(CLAIM["slug"].meaning)
    statement = _text(CLAIM["statement"].meaning)
    language = _text(CLAIM["language"].meaning)
    rating = _text("The slug of the rating.")
    rating_label = _text("The name of the rating.")
    address = _address(_MEANING["address"])
    document_address = _address("The address of the complete claim in this API.")


class Match(Shape):
    """A published claim that may be what the text says."""

    outcome = _choice("How likely it is that the claim is what the text says, in words.", Outcome)
    claim = MatchedClaim()
    reasons = Reasons()


class MatchedSource(Shape):
    """An article or another source that published claims show, at a web address in the text."""

    kind = _text("`article` if claims that appeared in it were checked, otherwise `source`.")
    slug = _text(SOURCE["slug"].meaning)
    name = _text("Its title.")
    page_address = _address("The address of its page.")
    claims = MatchedClaim(many=True, help_text="The published claims that show it, at most 20.")


class Matches(Shape):
    """The published claims that may be what a text says."""

    outcome = _choice("The outcome for the best match.", Outcome)
    matches = Match(many=True, help_text="At most 5, best first.")
    page = MatchedSource(allow_null=True, help_text="Null if no published claim shows a web address in the text.")


# Responses


class Root(Shape):
    """The addresses of the API."""

    claims = _address("The published claims.")
    articles = _address("The articles whose claims were checked.")
    claimants = _address("The claimants: the people and organisations that made the claims.")
    topics = _address("The topics of the claims.")
    sources = _address("The sources in which claims appear, or that are linked to them as evidence.")
    outlets = _address("The publishers of the articles.")
    ratings = _address("The ratings, with their definitions.")
    corrections = _address("Corrections, changed ratings and withdrawals.")
    statistics = _address("Statistics of the published claims.")
    match = _address("Compare a text with the published claims.")
    schema = _address("This API as an OpenAPI document.")
    documentation = _address("The documentation of this API.")
    license = _address(_MEANING["license"])
    attribution = _text(_MEANING["attribution"])


class Problem(Shape):
    """An error: what is wrong, and how to fix it (RFC 9457)."""

    type = _text("The kind of problem, as an address. It's about:blank if the status says everything.")
    title = _text("The kind of problem, in words.")
    status = _number("The HTTP status of the response.")
    detail = _text("What is wrong with this request, and how to fix it.")
    errors = DictField(  # type: ignore[assignment]
        child=ListField(child=CharField()),
        required=False,
        help_text="The error messages of each parameter, by its name.",
    )


def page_shape(shape: type[Shape]) -> type[Shape]:
    """The shape of a page of a list of these objects."""
    return type(
        f"{shape.__name__}Page",
        (Shape,),
        {
            "__doc__": "A page of a list.",
            "next": _address("The address of the next page. Null on the last page.", allow_null=True),
            "previous": _address("The address of the previous page. Null on the first page.", allow_null=True),
            "results": shape(many=True),
        },
    )
