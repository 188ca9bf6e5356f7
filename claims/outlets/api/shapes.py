"""What the API answers with, field by field: declared for the schema and for people, and compared with real answers.

Nothing passes through here. An answer is the record as it was signed, or rows of it as they are.
"""

from collections.abc import Sequence
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

from claims.choices import Act, ClaimantKind, ClaimKind, CorrectionKind, Stance
from claims.formats.tables import APPEARANCES, CLAIMS, EVIDENCE, Column
from sources.choices import SourceKind


class Shape(serializers.Serializer[Any]):
    """An object of the API. It is never made: the record has it as it is given."""


def _meanings(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: column.meaning for column in columns}


_CLAIM, _EVIDENCE, _APPEARANCE = _meanings(CLAIMS.columns), _meanings(EVIDENCE.columns), _meanings(APPEARANCES.columns)


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


# A claim


class Publisher(Shape):
    """Who publishes a source."""

    slug = _text("The publisher's name in addresses.")
    name = _text("The publisher's name.")
    address = _text("The publisher's own site. May be empty.")


class Source(Shape):
    """A document: an article under check, a law, a data set, a report, a statement, a news story."""

    slug = _text("The source's name in addresses.")
    title = _text(_EVIDENCE["source_title"])
    publisher = Publisher()
    kind = _choice(_EVIDENCE["source_kind"], SourceKind)
    address = _text(_EVIDENCE["source_address"])
    archived_address = _text(f"{_EVIDENCE['source_archived']} May be empty.")
    address_is_private = _truth("Whether the address is withheld, because it would harm somebody.")
    authors = _texts(_EVIDENCE["source_authors"])
    published = _text(f"{_EVIDENCE['source_published']} May be empty.")
    language = _text("Its language, as a tag (BCP 47).")
    interest = _text(f"{_EVIDENCE['source_interest']} May be empty.")


class Affiliation(Shape):
    """What a claimant belongs or belonged to."""

    name = _text("What they belong to.")
    started = _text("Since when: a day, month or year. May be empty.")
    ended = _text("Until when. May be empty.")


class Claimant(Shape):
    """Who makes a claim."""

    slug = _text("The claimant's name in addresses.")
    name = _text(_CLAIM["claimant_name"])
    kind = _choice(_CLAIM["claimant_kind"], ClaimantKind)
    role = _text(f"{_CLAIM['claimant_role']} May be empty.")
    wikidata = _text("The address of the claimant's item in Wikidata. May be empty.")
    affiliations = Affiliation(many=True, help_text="What the claimant belongs or belonged to.")


class Topic(Shape):
    """What claims are about."""

    slug = _text("The topic's name in addresses.")
    name = _text("The topic's name.")
    description = _text("What belongs to it. May be empty.")


class Rating(Shape):
    """A verdict in a word. Only one on the scale has numbers; off the scale the three are not there at all."""

    slug = _text("The rating's name in addresses.")
    label = _text(_CLAIM["rating_label"])  # type: ignore[assignment]
    definition = _text("What the rating means, as it was when the claim was published.")
    value = _number("The rating's place on its scale, the greater the nearer to true.", required=False)
    worst = _number(_CLAIM["rating_worst"], required=False)
    best = _number(_CLAIM["rating_best"], required=False)


class Appearance(Shape):
    """A place where the claim was made."""

    source = Source()  # type: ignore[assignment]
    exact = _text(_APPEARANCE["exact"])
    prefix = _text(f"{_APPEARANCE['prefix']} May be empty.")
    suffix = _text("What stands after them. May be empty.")
    locator = _text(_APPEARANCE["locator"])
    position = _number(_APPEARANCE["position"])
    date = _text(f"{_APPEARANCE['date']} May be empty.")


class Evidence(Shape):
    """A source put to the claim."""

    source = Source()  # type: ignore[assignment]
    stance = _choice(_EVIDENCE["stance"], Stance)
    finding = _text(_EVIDENCE["finding"])
    quote = _text(f"{_EVIDENCE['quote']} May be empty.")
    locator = _text(f"{_EVIDENCE['locator']} May be empty.")
    origin = _text(f"{_EVIDENCE['origin']} Two links to one press release have one origin.")
    primary = _truth(_EVIDENCE["primary"])
    secondary_reason = _text(f"{_EVIDENCE['secondary_reason']} Empty for a primary source.")
    note = _text(f"{_EVIDENCE['note']} May be empty.")


class Signing(Shape):
    """The act that published a version."""

    number = _number(_CLAIM["version"])
    act = _choice("Why the version was made.", Act)
    at = _moment("When it was published.")
    signed_by = _text(_CLAIM["signed_by"])
    reason = _text("The reason that readers were given. Empty for a first version.")
    approved_by = _text(_CLAIM["approved_by"])
    approved_alone = _truth("Whether the one who approved the text had also written it.")
    correction = _text("How much it mends: minor, update, substantial. Empty when nothing was wrong.")


class Told(Shape):
    """What readers were told of a change."""

    version = _number("The version that made the change.")
    act = _choice("What was done.", Act)
    kind = _choice("How much it mends.", CorrectionKind)
    reason = _text("What was wrong, and what is right now.")
    rating_before = _text("The rating's label before.")
    rating_after = _text("The rating's label since. Empty for a withdrawal.")
    at = _moment("When.")


class Claim(Shape):
    """A published claim as signed, with what surrounds it. All fields are there, unless `fields` asks for some."""

    slug = _text(_CLAIM["slug"])
    statement = _text(_CLAIM["statement"])
    rating = Rating()
    summary = _text(_CLAIM["summary"])
    notice = _text(f"{_CLAIM['notice']} May be empty.")
    explanation = _text(_CLAIM["explanation"])
    method = _text(f"{_CLAIM['method']} May be empty.")
    missing = _texts(_CLAIM["missing"])
    claimant = Claimant(allow_null=True, help_text="Who makes the claim; null when nobody is known.")
    claimed_on = _text(f"{_CLAIM['claimed_on']} Empty when that is not known.")
    date_note = _text(f"{_CLAIM['date_note']} May be empty.")
    kind = _choice(_CLAIM["kind"], ClaimKind)
    checkable = _truth(_CLAIM["checkable"])
    why_not_checkable = _text(f"{_CLAIM['why_not_checkable']} Empty when it can.")
    language = _text(_CLAIM["language"])
    topics = Topic(many=True, help_text="What it is about.")
    places = _texts(_CLAIM["places"])
    selection_reason = _text(f"{_CLAIM['selection_reason']} May be empty.")
    appearances = Appearance(many=True, help_text="Where the claim was made.")
    evidence = Evidence(many=True, help_text="What was put to it, on every side.")
    revision = Signing(help_text="Who published this version, when and why.")
    schema = _number("The version of the body's shape.")
    address = _address(_CLAIM["address"])
    version_address = _address("The page of this version, which stays for ever.")
    first_published_at = _moment(_CLAIM["first_published_at"])
    corrections = Told(many=True, help_text="What readers were told of changes up to this version, oldest first.")
    license = _address(_CLAIM["license"])
    attribution = _text(_CLAIM["attribution"])


# What stands around claims


class Version(Shape):
    """A version of a claim, without its body."""

    number = _number(_CLAIM["version"])
    act = _choice("Why the version was made.", Act)
    at = _moment("When it was published.")
    signed_by = _text(_CLAIM["signed_by"])
    reason = _text("The reason that readers were given. Empty for a first version.")
    correction = Told(allow_null=True, help_text="What readers were told, when it mends something; otherwise null.")
    redacted_in = _number("The version that redacted this one; null while it can be read.", allow_null=True)
    version_address = _address("The page of the version.")
    document_address = _address("Where the API has the version whole.")


class _Listed(Shape):
    """What every name in the record's index has beside what is public of it."""

    claims_address = _address("Where the API lists its published claims.")


class _WithPage(_Listed):
    page_address = _address("Its page.")


class _Counted(Shape):
    published_claims = _number("How many published claims it has.")


class ListedArticle(Source, _WithPage):
    """An article whose claims were checked: a source, with where its claims are."""


class ListedSource(Source, _WithPage):
    """A source, with where the claims are that appear in it or rest on it."""


class ListedClaimant(Claimant, _WithPage, _Counted):
    """A claimant, with how many claims and where they are."""


class ListedTopic(Topic, _WithPage, _Counted):
    """A topic, with how many claims and where they are."""


class ListedOutlet(Publisher, _Listed, _Counted):
    """The publisher of an article, with how many claims and where they are."""


class ListedRating(Rating, _Listed, _Counted):
    """A rating with its definition as it stands today, and where the claims are that have it."""

    definition = _text("When this rating is given.")
    on_scale = _truth("Whether it says how true a claim is, and so has a number.")
    scale = _text("The slug of the scale that it belongs to.")


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
    license = _address(_CLAIM["license"])
    attribution = _text(_CLAIM["attribution"])


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
