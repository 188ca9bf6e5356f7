"""The shape of a body: every field that readers get, once, with its name, its kind and its meaning.

Making a body, checking a loaded one, comparing two, the tables of files and the API's description all follow from this
table. To add a public field, add a line with `since=` the next `SCHEMA`, and raise `SCHEMA`: `read` brings older bodies
up to it, and stored bodies are never touched. A released field is never taken away or given another meaning.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import orjson
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.choices import Act, ClaimantKind, ClaimKind, CorrectionKind, Stance
from factcheck.core.fields import dates
from factcheck.core.fields.addresses import check_address
from sources.choices import SourceKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# The version of the shape. Every body says which one it has.
SCHEMA = 2

Content = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What a field holds: `of` is its type in Python, `blank` its value in a body that is older than the field."""

    name: str
    of: type
    blank: Any
    check: Callable[[str], None] | None = None
    choices: type[TextChoices] | None = None
    may_be_empty: bool = True

    def fits(self, value: Any) -> bool:
        """Whether a field of this kind can hold the value."""
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
    """A word of a vocabulary, or with `or_none` the empty text."""
    return Kind("choice", str, "", choices=choices, may_be_empty=or_none)


@dataclass(frozen=True)
class Field:
    """One field. `of` is where the desk's row has it, if not under `name`; without a `label` it is not compared."""

    name: str
    kind: "Kind | Object"
    meaning: str
    label: "str | _StrPromise | None" = None
    of: str = ""
    # A list of such values; an object that may be null; a number that only some objects have.
    many: bool = False
    may_be_null: bool = False
    may_be_absent: bool = False
    since: int = 1

    @property
    def path(self) -> str:
        """Where the desk's row has the value: attributes, joined by dots."""
        return self.of or self.name

    @property
    def blank(self) -> Any:
        """What a body that is older than the field says in its place."""
        if self.many:
            return []
        return self.kind.blank if isinstance(self.kind, Kind) else None

    def fits(self, value: Any, schema: int = SCHEMA) -> bool:
        """Whether a body of this schema may have this value in the field."""
        if self.many:
            return isinstance(value, list) and all(_fits(self.kind, item, schema) for item in value)
        return (value is None and self.may_be_null) or _fits(self.kind, value, schema)


@dataclass(frozen=True)
class Object:
    """An object in a body, or the body itself. `rule` is what must hold between its fields."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    rule: Callable[[Content], bool] = field(default=lambda _content: True)

    def __getitem__(self, name: str) -> Field:
        """The field of this name. Raises KeyError."""
        return self._by_name[name]

    @property
    def _by_name(self) -> Mapping[str, Field]:
        return {one.name: one for one in self.fields}

    def fields_in(self, schema: int) -> Iterator[Field]:
        """The fields that bodies of this schema have."""
        return (one for one in self.fields if one.since <= schema)

    def fits(self, content: Any, schema: int = SCHEMA) -> bool:
        """Whether `content` is such an object, with every field of this schema and no other."""
        if not isinstance(content, dict):
            return False
        fields = {one.name: one for one in self.fields_in(schema)}
        needed = {one.name for one in fields.values() if not one.may_be_absent}
        return (
            needed <= content.keys() <= fields.keys()
            and all(fields[name].fits(value, schema) for name, value in content.items())
            and self.rule(content)
        )

    def upgraded(self, content: Content, schema: int) -> Content:
        """The object, from a body of this older schema, as the newest has it."""
        new: Content = dict(content)
        for one in self.fields:
            if one.since > schema:
                if not one.may_be_absent:
                    new[one.name] = one.blank
            elif isinstance(one.kind, Object) and content.get(one.name):
                inner, value = one.kind, content[one.name]
                new[one.name] = (
                    [inner.upgraded(item, schema) for item in value] if one.many else inner.upgraded(value, schema)
                )
        return new


def _fits(kind: Kind | Object, value: Any, schema: int) -> bool:
    return kind.fits(value, schema) if isinstance(kind, Object) else kind.fits(value)


# Names that claims share


PUBLISHER = Object(
    "Publisher",
    "Who publishes a source.",
    (
        Field("slug", TEXT, "The publisher's name in addresses."),
        Field("name", TEXT, "The publisher's name.", _("Publisher")),
        Field("address", ADDRESS, "The publisher's own site. May be empty.", _("Publisher’s address")),
    ),
)
SOURCE = Object(
    "Source",
    "A document: an article under check, a law, a data set, a report, a statement, a news story.",
    (
        Field("slug", TEXT, "The source's name in addresses."),
        Field("title", TEXT, "The source's title.", _("Source")),
        Field("publisher", PUBLISHER, "Who publishes it.", ""),
        Field("kind", one_of(SourceKind), "What kind of document it is.", _("Kind of source")),
        Field("authors", TEXT, "Who wrote it.", _("Authors"), many=True),
        Field(
            "published",
            DATE,
            "When it was published: a day, month or year. May be empty.",
            pgettext_lazy("of a source", "Published"),
        ),
        Field("language", TEXT, "Its language, as a tag (BCP 47).", _("Language")),
        Field(
            "address",
            ADDRESS,
            "Where it can be read. Empty when there is no address, or the address itself would harm somebody.",
            _("Address"),
        ),
        Field("archived_address", ADDRESS, "A copy in a public web archive. May be empty.", _("Archived copy")),
        Field(
            "address_is_private",
            TRUTH,
            "Whether the address is withheld, because it would harm somebody.",
            _("Address withheld"),
        ),
        Field("interest", TEXT, "What it stands to gain. May be empty.", _("Interest")),
    ),
)
AFFILIATION = Object(
    "Affiliation",
    "What a claimant belongs or belonged to.",
    (
        Field("name", TEXT, "What they belong to.", ""),
        Field("started", DATE, "Since when: a day, month or year. May be empty.", _("from")),
        Field("ended", DATE, "Until when. May be empty.", _("until")),
    ),
)
CLAIMANT = Object(
    "Claimant",
    "Who makes a claim.",
    (
        Field("slug", TEXT, "The claimant's name in addresses."),
        Field("name", TEXT, "The claimant's name.", ""),
        Field("kind", one_of(ClaimantKind), "What sort of speaker the claimant is.", _("Kind")),
        Field("role", TEXT, "The claimant's office or trade. May be empty.", _("Role")),
        Field("affiliations", AFFILIATION, "What the claimant belongs or belonged to.", "", many=True),
        Field("wikidata", ADDRESS, "The address of the claimant's item in Wikidata. May be empty.", _("Wikidata")),
    ),
)
TOPIC = Object(
    "Topic",
    "What claims are about.",
    (
        Field("slug", TEXT, "The topic's name in addresses."),
        Field("name", TEXT, "The topic's name.", ""),
        Field("description", TEXT, "What belongs to it. May be empty.", ""),
    ),
)


def _is_on_its_scale(rating: Content) -> bool:
    """Whether there are no numbers, or three on a scale that rises from one or more."""
    numbers = [rating[name] for name in ("worst", "value", "best") if name in rating]
    return not numbers or (
        len(numbers) == len(("worst", "value", "best"))
        and 1 <= rating["worst"] <= rating["value"] <= rating["best"] > rating["worst"]
    )


RATING = Object(
    "Rating",
    "A verdict in a word. Only one on the scale has numbers; off the scale the three are not there at all.",
    (
        Field("slug", TEXT, "The rating's name in addresses."),
        Field("label", TEXT, "The rating as readers see it.", ""),
        Field("definition", TEXT, "What the rating means, as it was when the claim was published.", ""),
        Field(
            "value",
            NUMBER,
            "The rating's place on its scale: the greater, the nearer to true.",
            may_be_absent=True,
        ),
        Field("worst", NUMBER, "The number of the scale's worst rating.", of="scale.worst", may_be_absent=True),
        Field("best", NUMBER, "The number of the scale's best rating.", of="scale.best", may_be_absent=True),
    ),
    rule=_is_on_its_scale,
)


# The claim


APPEARANCE = Object(
    "Appearance",
    "A place where the claim was made.",
    (
        Field("exact", TEXT, "The words as they are in the source. May be empty.", _("Exact words")),
        Field("prefix", TEXT, "The words before them. May be empty.", _("Words before")),
        Field("suffix", TEXT, "The words after them. May be empty.", _("Words after")),
        Field("locator", TEXT, "Where in the source, for people. May be empty.", _("Where")),
        Field("position", NUMBER, "Where in the source, for sorting.", _("Reading order")),
        Field(
            "date",
            DATE,
            "When it was made there: a day, month or year. May be empty.",
            _("Date"),
            of="appeared_on",
        ),
        Field("source", SOURCE, "The source.", ""),
    ),
)
EVIDENCE = Object(
    "Evidence",
    "A source that bears on the claim.",
    (
        Field(
            "stance",
            one_of(Stance),
            "What it says to the claim: supports, refutes, mixed or context.",
            _("Stance"),
        ),
        Field("finding", TEXT, "What we found in it.", _("Finding")),
        Field("quote", TEXT, "Its own words. May be empty.", _("Quoted passage")),
        Field("locator", TEXT, "Where in it. May be empty.", _("Where")),
        Field(
            "origin",
            TEXT,
            "Where its information comes from. Two links to one press release have one origin.",
            _("Origin"),
        ),
        Field(
            "primary",
            TRUTH,
            "Whether it is the original document and not a report of it.",
            _("Primary"),
            of="is_primary",
        ),
        Field("secondary_reason", TEXT, "Why a report was used. Empty for a primary source.", _("Why secondary")),
        Field("note", TEXT, "A note of ours. May be empty.", _("Note")),
        Field("source", SOURCE, "The source.", ""),
    ),
)
SIGNING = Object(
    "Signing",
    "The act that published a version.",
    (
        Field("number", NUMBER, "The number of this version, counted from 1."),
        Field("act", one_of(Act), "Why the version was made."),
        Field("at", MOMENT, "When this version was published."),
        Field("signed_by", TEXT, "Who published this version."),
        Field("reason", TEXT, "The reason that readers were given. Empty for a first version."),
        Field("approved_by", TEXT, "Who approved its text."),
        Field("approved_alone", TRUTH, "Whether the one who approved the text had also written it."),
        Field(
            "correction",
            one_of(CorrectionKind, or_none=True),
            "How much it corrects: minor, update, substantial. Empty when nothing was wrong.",
        ),
        Field("signed_by_id", TEXT, "The initials of who published this version. They never change.", since=2),
        Field("approved_by_id", TEXT, "The initials of who approved its text.", since=2),
        Field("proposed_by", TEXT, "Who proposed the change of a name. Empty for every other act.", since=2),
        Field("proposed_by_id", TEXT, "The initials of who proposed it.", since=2),
        Field("proposed_alone", TRUTH, "Whether the one who brought a name's change to readers proposed it.", since=2),
    ),
)
# What every body has: of a withdrawn claim nothing else is left.
TOMBSTONE = Object(
    "Tombstone",
    "What is left in public of a withdrawn claim.",
    (
        Field("schema", NUMBER, "The version of the body's shape."),
        Field("slug", TEXT, "The claim's name in addresses; it never changes."),
        Field("revision", SIGNING, "Who published this version, when and why."),
    ),
)
CLAIM = Object(
    "Claim",
    "A published claim, as signed.",
    (
        TOMBSTONE["slug"],
        Field("statement", TEXT, "What is claimed, in our own neutral words.", _("Claim")),
        Field("kind", one_of(ClaimKind), "What sort of statement it is.", _("Kind")),
        Field("claimant", CLAIMANT, "Who makes the claim; null when nobody is known.", _("Claimant"), may_be_null=True),
        Field(
            "claimed_on",
            DATE,
            "When it was made: a day, month or year, as far as is known. Empty when that is not known.",
            _("Made on"),
        ),
        Field("date_note", TEXT, "What is known of that date. May be empty.", _("Note on the date")),
        Field("places", TEXT, "The places it is about.", _("Places"), many=True),
        Field("language", TEXT, "The language of the claim, as a tag (BCP 47).", _("Language")),
        Field("topics", TOPIC, "What it is about.", _("Topics"), many=True),
        Field("checkable", TRUTH, "Whether it can be checked at all.", _("Checkable")),
        Field("why_not_checkable", TEXT, "Why not. Empty when it can.", _("Why not checkable")),
        Field("selection_reason", TEXT, "Why we chose it. May be empty.", _("Why we chose it")),
        Field("rating", RATING, "The verdict in a word.", _("Rating")),
        Field("summary", TEXT, "The short answer.", _("Summary")),
        Field("explanation", TEXT, "Why, in Markdown (CommonMark).", _("Explanation")),
        Field("method", TEXT, "How it was checked, in Markdown. May be empty.", _("How it was checked")),
        Field("missing", TEXT, "What nobody could find out.", _("What is missing"), of="missing_items", many=True),
        Field(
            "notice",
            TEXT,
            "A caution that belongs to the verdict wherever it is shown. May be empty.",
            _("Notice"),
        ),
        Field("appearances", APPEARANCE, "Where the claim was made.", _("Appearance"), many=True),
        Field("evidence", EVIDENCE, "The evidence on every side.", _("Evidence"), many=True),
        TOMBSTONE["revision"],
        TOMBSTONE["schema"],
    ),
)


# Reading


def read(body: str | bytes) -> Content:
    """The content of a body of any schema, brought to the newest: what it is too old to say is blank.

    The bytes that were signed are the body's own; this is for whoever shows or compares it.
    """
    content: Content = orjson.loads(body)
    schema = cast("int", content["schema"])
    return content if schema == SCHEMA else object_of(content).upgraded(content, schema) | {"schema": SCHEMA}


def object_of(content: Content) -> Object:
    """What a body is: a claim, or what is left of one."""
    return CLAIM if "rating" in content else TOMBSTONE


def is_sound(content: Any) -> bool:
    """Whether `content` has the shape of the schema that it names."""
    if not isinstance(content, dict) or type(content.get("schema")) is not int or not 1 <= content["schema"] <= SCHEMA:
        return False
    return object_of(content).fits(content, content["schema"])
