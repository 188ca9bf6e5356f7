"""The schema of a body: one entry for each public field, with its name, kind and meaning.

The code that builds, checks and compares bodies, the tables of the exports and the API description all use this
schema. To add a public field, add an entry with `since=` the next `SCHEMA`, and raise `SCHEMA`. Stored bodies are never
changed: `read` upgrades older ones. A released field is never removed and never changes its meaning.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.choices import Act, ClaimantKind, ClaimKind, CorrectionKind, ForeignClass, PictureType, Stance
from factcheck.core.fields import dates
from factcheck.core.fields.addresses import check_address
from sources.choices import SourceKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# The newest version of the schema. Every body names its own.
SCHEMA = 6

Content = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """The kind of value in a field. `of` is its Python type, `blank` its value in bodies older than the field."""

    name: str
    of: type
    blank: Any
    check: Callable[[str], None] | None = None
    choices: type[TextChoices] | None = None
    may_be_empty: bool = True

    def fits(self, value: Any) -> bool:
        """True if a field of this kind can have the value."""
        if type(value) is not self.of:
            return False
        if self.choices is not None:
            return value in self.choices.values or (value == "" and self.may_be_empty)
        if self.check is not None and isinstance(value, str) and value:
            try:
                self.check(value)
            except ValidationError:
                return False
        return True


TEXT = Kind("text", str, "")
NUMBER = Kind("whole number", int, 0)
TRUTH = Kind("true or false", bool, blank=False)
MOMENT = Kind("time", str, "")  # UTC, six decimals, Z
DATE = Kind("date", str, "", check=dates.check_partial_date)  # a day, a month or a year
ADDRESS = Kind("address", str, "", check=check_address)


def one_of(choices: type[TextChoices], *, or_none: bool = False) -> Kind:
    """The kind of a field with one value of a vocabulary, or with `or_none` the empty text."""
    return Kind("choice", str, "", choices=choices, may_be_empty=or_none)


@dataclass(frozen=True)
class Field:
    """One field. `of` is its path in the desk's row if that isn't `name`. Without a `label` it isn't compared."""

    name: str
    kind: "Kind | Object"
    meaning: str
    label: "str | _StrPromise | None" = None
    of: str = ""
    many: bool = False  # a list of such values
    may_be_null: bool = False  # only for an object
    may_be_absent: bool = False  # only for a number
    since: int = 1  # the first schema with this field
    null_since: int = 1  # the first schema in which it may be null, if `may_be_null`

    @property
    def path(self) -> str:
        """The path to the value in the desk's row: attribute names joined by dots."""
        return self.of or self.name

    @property
    def blank(self) -> Any:
        """The value of the field in bodies that are older than it."""
        if self.many:
            return []
        return self.kind.blank if isinstance(self.kind, Kind) else None

    def fits(self, value: Any, schema: int = SCHEMA) -> bool:
        """True if a body of this schema may have this value in the field."""
        if self.many:
            return isinstance(value, list) and all(_fits(self.kind, item, schema) for item in value)
        return (value is None and self.is_nullable_in(schema)) or _fits(self.kind, value, schema)

    def is_nullable_in(self, schema: int) -> bool:
        """True if the field may be null in bodies of this schema."""
        return self.may_be_null and self.null_since <= schema


@dataclass(frozen=True)
class Object:
    """An object in a body, or the body itself. `rule` checks its fields against each other."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    rule: Callable[[Content], bool] = field(default=lambda _content: True)

    def __getitem__(self, name: str) -> Field:
        """The field with this name. Raises KeyError if there is none."""
        return self._by_name[name]

    @property
    def _by_name(self) -> Mapping[str, Field]:
        return {one.name: one for one in self.fields}

    def fields_in(self, schema: int) -> Iterator[Field]:
        """The fields that bodies of this schema have."""
        return (one for one in self.fields if one.since <= schema)

    def fits(self, content: Any, schema: int = SCHEMA) -> bool:
        """True if `content` is such an object, with every field of this schema and no other."""
        if not isinstance(content, dict):
            return False
        fields = {one.name: one for one in self.fields_in(schema)}
        needed = {one.name for one in fields.values() if not one.may_be_absent}
        return (
            needed <= content.keys() <= fields.keys()
            and all(fields[name].fits(value, schema) for name, value in content.items())
            and self.rule(content)
        )

    def upgraded(self, content: Content) -> Content:
        """The object from a body of any older schema: the newer fields that it lacks are blank."""
        new: Content = dict(content)
        for one in self.fields:
            if one.name not in content:
                if one.since > 1 and not one.may_be_absent:
                    new[one.name] = one.blank
            elif isinstance(one.kind, Object):
                new[one.name] = _upgraded(one.kind, content[one.name])
        return new


def _upgraded(kind: Object, value: Any) -> Any:
    if isinstance(value, list):
        return [_upgraded(kind, item) for item in value]
    return kind.upgraded(value) if value and isinstance(value, dict) else value


def _fits(kind: Kind | Object, value: Any, schema: int) -> bool:
    return kind.fits(value, schema) if isinstance(kind, Object) else kind.fits(value)


# Objects with names that several claims can share


PUBLISHER = Object(
    "Publisher",
    "The publisher of a source.",
    (
        Field("slug", TEXT, "The publisher's slug, used in addresses."),
        Field("name", TEXT, "The publisher's name.", _("Publisher")),
        Field("address", ADDRESS, "The publisher's own site. May be empty.", _("Publisher’s website")),
    ),
)
SOURCE = Object(
    "Source",
    "A document: an article that we check, a law, a data set, a report, a statement, a news story.",
    (
        Field("slug", TEXT, "The source's slug, used in addresses."),
        Field("title", TEXT, "The source's title.", _("Source")),
        Field(
            "publisher",
            PUBLISHER,
            "The source's publisher. Null if nobody published it, or if we protect the source.",
            "",
            may_be_null=True,
            null_since=5,
        ),
        Field("kind", one_of(SourceKind), "The kind of document.", _("Kind of source")),
        Field("authors", TEXT, "The authors' names.", _("Authors"), many=True),
        Field(
            "published",
            DATE,
            "The day, month or year it was published. May be empty.",
            pgettext_lazy("of a source", "Published"),
        ),
        Field("language", TEXT, "The source's language, as a tag (BCP 47).", _("Language")),
        Field(
            "address",
            ADDRESS,
            "The source's address. Empty if it has none, or if showing it would harm somebody.",
            _("Web address"),
        ),
        Field(
            "archived_address",
            ADDRESS,
            "The address of a copy in a public web archive. May be empty.",
            _("Archived copy"),
        ),
        Field(
            "address_is_private",
            TRUTH,
            "True if the address is left out because showing it would harm somebody.",
            _("Link left out"),
        ),
        Field("interest", TEXT, "The source's own interest in the matter. May be empty.", _("Interest in the matter")),
        Field("summary", TEXT, "The article in short, in our words. May be empty.", _("In short"), since=3),
        Field(
            "is_copy",
            TRUTH,
            "True if the address is that of a copy on a site other than the publisher's own.",
            _("Copy on another site"),
            since=4,
        ),
        Field(
            "original_address",
            ADDRESS,
            "The address of the original of which we read a copy. Empty if we don't know it.",
            _("Web address of the original"),
            since=4,
        ),
        Field(
            "is_protected",
            TRUTH,
            "True if we protect the source. Its title is then our description of it, and its publisher, authors and "
            "addresses are left out.",
            _("Protected source"),
            of="is_described",
            since=5,
        ),
    ),
)
AFFILIATION = Object(
    "Affiliation",
    "A party or organisation that a claimant belongs or belonged to.",
    (
        Field("name", TEXT, "The name of the party or organisation.", ""),
        Field("started", DATE, "The day, month or year it began. May be empty.", _("from")),
        Field("ended", DATE, "The day, month or year it ended. May be empty.", _("until")),
    ),
)
CLAIMANT = Object(
    "Claimant",
    "The person or organisation that makes a claim.",
    (
        Field("slug", TEXT, "The claimant's slug, used in addresses."),
        Field("name", TEXT, "The claimant's name.", ""),
        Field("kind", one_of(ClaimantKind), "The sort of claimant.", _("Kind")),
        Field("role", TEXT, "The claimant's office or profession. May be empty.", _("Role")),
        Field(
            "affiliations",
            AFFILIATION,
            "The parties and organisations that the claimant belongs or belonged to.",
            "",
            many=True,
        ),
        Field("wikidata", ADDRESS, "The address of the claimant's item in Wikidata. May be empty.", _("Wikidata")),
    ),
)
TOPIC_TRANSLATION = Object(
    "TopicTranslation",
    "The words of a topic in another language.",
    (
        Field("language", TEXT, "The language, as a tag (BCP 47)."),
        Field("name", TEXT, "The topic's name in this language."),
        Field("description", TEXT, "The description in this language. May be empty."),
    ),
)
TOPIC = Object(
    "Topic",
    "A subject that claims are about.",
    (
        Field("slug", TEXT, "The topic's slug, used in addresses."),
        Field("name", TEXT, "The topic's name.", ""),
        Field("description", TEXT, "A description of what the topic covers. May be empty.", ""),
        Field(
            "translations",
            TOPIC_TRANSLATION,
            "The name and the description in other languages of this site, at most one for each.",
            "",
            many=True,
            since=3,
        ),
    ),
)


def _is_on_its_scale(rating: Content) -> bool:
    """True if there are no numbers, or all three on a scale that rises from 1 or more."""
    numbers = [rating[name] for name in ("worst", "value", "best") if name in rating]
    return not numbers or (
        len(numbers) == len(("worst", "value", "best"))
        and 1 <= rating["worst"] <= rating["value"] <= rating["best"] > rating["worst"]
    )


RATING_TRANSLATION = Object(
    "RatingTranslation",
    "The words of a rating in another language.",
    (
        Field("language", TEXT, "The language, as a tag (BCP 47)."),
        Field("label", TEXT, "The rating's label in this language."),
        Field("definition", TEXT, "The definition in this language. May be empty."),
    ),
)
RATING = Object(
    "Rating",
    "The verdict as one step of a rating scale. A rating off the scale has none of the three numbers.",
    (
        Field("slug", TEXT, "The rating's slug, used in addresses."),
        Field("label", TEXT, "The rating as readers see it.", ""),
        Field("definition", TEXT, "The definition of the rating at the time of publication.", ""),
        Field(
            "value",
            NUMBER,
            "The rating's number on its scale. A higher number is nearer to true.",
            may_be_absent=True,
        ),
        Field("worst", NUMBER, "The number of the scale's worst rating.", of="scale.worst", may_be_absent=True),
        Field("best", NUMBER, "The number of the scale's best rating.", of="scale.best", may_be_absent=True),
        Field(
            "translations",
            RATING_TRANSLATION,
            "The label and the definition in other languages of this site, at most one for each.",
            many=True,
            since=3,
        ),
    ),
    rule=_is_on_its_scale,
)


# The claim


APPEARANCE = Object(
    "Appearance",
    "A place where the claim was made.",
    (
        Field("exact", TEXT, "The exact words of the source. May be empty.", _("Exact words")),
        Field("prefix", TEXT, "The words before the exact words. May be empty.", _("Words before")),
        Field("suffix", TEXT, "The words after the exact words. May be empty.", _("Words after")),
        Field(
            "locator",
            TEXT,
            "The place in the source, such as a page, for people. May be empty.",
            _("Where in the source"),
        ),
        Field("position", NUMBER, "The place in the source as a number, for sorting.", _("Reading order")),
        Field(
            "date",
            DATE,
            "The day, month or year the claim was made there. May be empty.",
            _("Date"),
            of="appeared_on",
        ),
        Field("source", SOURCE, "The source in which the claim appears.", ""),
        Field(
            "attributed_to",
            CLAIMANT,
            "Who said it, according to the source. Null if the source attributes it to nobody. "
            "It isn't the claimant: we haven't found that they said it.",
            _("Attributed to"),
            may_be_null=True,
            since=3,
        ),
    ),
)
EVIDENCE = Object(
    "Evidence",
    "A source linked to the claim as evidence.",
    (
        Field(
            "stance",
            one_of(Stance),
            "The position of the evidence on the claim: supports, refutes, mixed or context.",
            _("Position"),
        ),
        Field("finding", TEXT, "Our summary of what the source says about the claim.", _("What the source says")),
        Field("quote", TEXT, "A quoted passage of the source. May be empty.", _("Quote")),
        Field("locator", TEXT, "The place in the source, such as a page. May be empty.", _("Where in the source")),
        Field(
            "origin",
            TEXT,
            "The independent source of the information. Reports of one press release have the same one.",
            _("Independent source"),
        ),
        Field(
            "primary",
            TRUTH,
            "True if the source is the original, and false if it's a report of the original.",
            _("Original"),
            of="is_primary",
        ),
        Field(
            "secondary_reason",
            TEXT,
            "The reason for using a report. Empty for an original.",
            _("Why not the original"),
        ),
        Field("note", TEXT, "Our note for readers on the evidence. May be empty.", _("Note")),
        Field("source", SOURCE, "The source that is the evidence.", ""),
    ),
)
_SHA256 = re.compile("[0-9a-f]{64}")


def _is_whole_picture(picture: Content) -> bool:
    """True if the picture has a hash and a size, and says what it shows and who made it."""
    return bool(
        _SHA256.fullmatch(picture["sha256"])
        and min(picture["width"], picture["height"]) >= 1
        and picture["alt"]
        and picture["credit"]
    )


PICTURE = Object(
    "Picture",
    "A picture in the explanation. Its address is /pictures/, its hash, and .jpg or .png.",
    (
        Field("sha256", TEXT, "The SHA-256 of the picture's bytes, in 64 hexadecimal digits.", of="file.sha256"),
        Field(
            "media_type",
            one_of(PictureType),
            "The media type of the bytes: image/jpeg or image/png.",
            of="file.media_type",
        ),
        Field("width", NUMBER, "The width in pixels.", of="file.width"),
        Field("height", NUMBER, "The height in pixels.", of="file.height"),
        Field("alt", TEXT, "What the picture shows, for readers who don't see it.", _("Text instead of the picture")),
        Field("caption", TEXT, "The words below the picture. May be empty.", _("Caption")),
        Field("credit", TEXT, "Who made the picture.", _("Credit")),
    ),
    rule=_is_whole_picture,
)
OTHER_CHECK = Object(
    "OtherCheck",
    "A fact-check of the claim by another publisher, in the publisher's own words. It isn't our rating.",
    (
        Field("publisher", TEXT, "The publisher's name.", _("Publisher")),
        Field("address", ADDRESS, "The address of the publisher's fact-check.", _("Web address")),
        Field("title", TEXT, "The title of the publisher's fact-check. May be empty.", _("Title")),
        Field("claim", TEXT, "The claim that they checked, in their words.", _("Claim"), of="statement"),
        Field("label", TEXT, "Their rating, word for word. May be empty.", _("Their rating")),
        Field(
            "meaning",
            one_of(ForeignClass, or_none=True),
            "How we read their rating: true, mixed, false or other. Empty if we don't say.",
            _("How we read it"),
        ),
        Field(
            "reviewed_on",
            DATE,
            "The day, month or year they published it. May be empty.",
            pgettext_lazy("of a source", "Published"),
        ),
        Field("value", TEXT, "The number of their rating, as they give it. May be empty.", _("Number of their rating")),
        Field("best", TEXT, "Their best number, as they give it. May be empty.", _("Their best number")),
        Field("worst", TEXT, "Their worst number, as they give it. May be empty.", _("Their worst number")),
    ),
)
ORIGINAL = Object(
    "Original",
    "When and where our check was first published, if that was before it came to this site.",
    (
        Field(
            "published",
            DATE,
            "The day, month or year it was first published. May be empty.",
            pgettext_lazy("of a source", "Published"),
            of="originally_published",
        ),
        Field("address", ADDRESS, "The address where it was first published. May be empty.", _("Web address")),
    ),
)
SIGNING = Object(
    "Signing",
    "The act that published a version.",
    (
        Field("number", NUMBER, "The number of this version, counted from 1."),
        Field("act", one_of(Act), "The act that made this version."),
        Field("at", MOMENT, "The time this version was published."),
        Field("signed_by", TEXT, "The person who published this version."),
        Field("reason", TEXT, "The public reason for this version. Empty for a first version."),
        Field("approved_by", TEXT, "The person who approved the text."),
        Field("approved_alone", TRUTH, "True if the person who approved the text is also its author."),
        Field(
            "correction",
            one_of(CorrectionKind, or_none=True),
            "The kind of correction: minor, update, substantial or void. Empty if this version isn't a correction.",
        ),
        Field(
            "signed_by_id", TEXT, "The initials of the person who published this version. They never change.", since=2
        ),
        Field("approved_by_id", TEXT, "The initials of the person who approved the text.", since=2),
        Field("proposed_by", TEXT, "The person who proposed the change of a name. Empty for all other acts.", since=2),
        Field("proposed_by_id", TEXT, "The initials of the person who proposed it.", since=2),
        Field(
            "proposed_alone", TRUTH, "True if the person who published the change of a name also proposed it.", since=2
        ),
        Field("checked_by", TEXT, "The people who wrote the text, in the order they began.", many=True, since=3),
    ),
)
# The fields that every body has. The body of a withdrawal has no others.
TOMBSTONE = Object(
    "Tombstone",
    "What remains public of a withdrawn claim.",
    (
        Field("schema", NUMBER, "The version of the schema of the body."),
        Field("slug", TEXT, "The claim's slug, used in addresses. It never changes."),
        Field("revision", SIGNING, "The act that published this version: by whom, when and why."),
    ),
)
CLAIM = Object(
    "Claim",
    "A published version of a claim, exactly as published.",
    (
        TOMBSTONE["slug"],
        Field("statement", TEXT, "The claim, in our own neutral words.", _("Claim")),
        Field("kind", one_of(ClaimKind), "The sort of statement.", _("Kind")),
        Field("claimant", CLAIMANT, "The claimant. Null if nobody is known.", _("Claimed by"), may_be_null=True),
        Field(
            "claimed_on",
            DATE,
            "The day, month or year the claim was made. Empty if it isn't known.",
            _("Date of the claim"),
        ),
        Field("date_note", TEXT, "A note on that date. May be empty.", _("Note on the date")),
        Field(
            "about_on",
            DATE,
            "The day, month or year of what the claim is about. May be empty.",
            _("Date it is about"),
            since=3,
        ),
        Field("places", TEXT, "The places that the claim is about.", _("Places"), many=True),
        Field("language", TEXT, "The language of the claim, as a tag (BCP 47).", _("Language")),
        Field("topics", TOPIC, "The topics of the claim.", _("Topics"), many=True),
        Field("checkable", TRUTH, "True if the claim can be checked.", _("Can be checked")),
        Field(
            "why_not_checkable",
            TEXT,
            "The reason why the claim can't be checked. Empty if it can be.",
            _("Why it can’t be checked"),
        ),
        Field("selection_reason", TEXT, "The reason why we chose the claim. May be empty.", _("Why we chose it")),
        Field("rating", RATING, "The rating.", _("Rating")),
        Field("headline", TEXT, "Our finding in one short sentence. May be empty.", _("Headline"), since=3),
        Field("summary", TEXT, "The short answer.", _("Summary")),
        Field("explanation", TEXT, "The reasons for the verdict, in Markdown (CommonMark).", _("Explanation")),
        Field(
            "pictures",
            PICTURE,
            "The pictures of the explanation, in their order. In its Markdown, ![](picture:1) is the place of the "
            "first. Those without a place follow the explanation.",
            _("Picture"),
            many=True,
            since=6,
        ),
        Field("method", TEXT, "A description of how we checked, in Markdown. May be empty.", _("How we checked it")),
        Field(
            "missing",
            TEXT,
            "What we couldn't find out.",
            _("What we couldn’t find"),
            of="missing_items",
            many=True,
        ),
        Field(
            "notice",
            TEXT,
            "A caution. Show it wherever you show the rating. May be empty.",
            _("Warning label"),
        ),
        Field(
            "parts",
            TEXT,
            "The slugs of the claims that are parts of this one, each with its own evidence and rating.",
            _("Parts"),
            many=True,
            of="part_slugs",
            since=5,
        ),
        Field(
            "parts_rule",
            TEXT,
            "How the rating follows from the ratings of the parts. Empty without parts.",
            _("How the rating follows from the parts"),
            since=5,
        ),
        Field("appearances", APPEARANCE, "The places where the claim was made.", _("Appearance"), many=True),
        Field("evidence", EVIDENCE, "The evidence, of every stance.", _("Evidence"), many=True),
        Field(
            "others",
            OTHER_CHECK,
            "Fact-checks of the claim by other publishers, newest first. They aren't our ratings.",
            _("Others who checked this"),
            many=True,
            since=6,
        ),
        Field(
            "original",
            ORIGINAL,
            "When and where our check was first published. Null if that was here.",
            _("First published"),
            may_be_null=True,
            since=6,
        ),
        TOMBSTONE["revision"],
        TOMBSTONE["schema"],
    ),
)


# Reading


def read(body: str | bytes) -> Content:
    """The content of a body, upgraded to the newest schema. Fields that are newer than the body are blank.

    Use it to show or compare bodies. The signed bytes are those of `body` itself.
    """
    content: Content = orjson.loads(body)
    return content if content["schema"] == SCHEMA else object_of(content).upgraded(content) | {"schema": SCHEMA}


def object_of(content: Content) -> Object:
    """The schema object of a body: `CLAIM`, or `TOMBSTONE` for a withdrawal."""
    return CLAIM if "rating" in content else TOMBSTONE


def is_sound(content: Any) -> bool:
    """True if `content` fits the schema that it names."""
    if not isinstance(content, dict) or type(content.get("schema")) is not int or not 1 <= content["schema"] <= SCHEMA:
        return False
    return object_of(content).fits(content, content["schema"])
