"""Compare two versions of a claim field by field and word by word, for people to read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from claims.schema import (
    CLAIM,
    CLAIMANT,
    DATE,
    PUBLISHER,
    RATING,
    SOURCE,
    TOPIC,
    TOPIC_TRANSLATION,
    TRUTH,
    Content,
    Field,
    Kind,
    Object,
)
from factcheck.core.comparison import Comparison, Part
from factcheck.core.fields import dates
from factcheck.core.web import languages

Read = Callable[[Content], str]


@dataclass(frozen=True)
class Change:
    """One field whose text changed. Its parts, joined in their order, give both texts with their line breaks."""

    label: str
    parts: list[Part]


def between(before: Content, after: Content) -> list[Change]:
    """Every public field that differs between two bodies, in the order of the desk's form.

    Slugs and the signing of the revision are not compared. The tombstone of a withdrawn claim is treated as a claim
    whose fields are all empty.
    """
    parts = Comparison().parts
    return [Change(label, list(parts(old, new))) for label, old, new in _pairs(before, after) if old != new]


def _pairs(before: Content, after: Content) -> Iterator[tuple[str, str, str]]:
    """The label, the text before and the text after, for each field."""
    for label, read in _FIELDS:
        yield str(label), read(before), read(after)
    for name, one, order, read in _LISTS:
        old, new = _by_key(before.get(name, [])), _by_key(after.get(name, []))
        for key, item in (new | {key: item for key, item in old.items() if key not in new}).items():
            label = f"{one}: {_title(item)}"
            yield label, read(old[key]) if key in old else "", read(new[key]) if key in new else ""
        stayed, stays = [key for key in old if key in new], [key for key in new if key in old]
        if stayed != stays:
            yield str(order), _titles(old[key] for key in stayed), _titles(new[key] for key in stays)


def _by_key(items: Iterable[Content]) -> dict[tuple[str, int], Content]:
    """The items in their order, each by its key and the number of earlier items with the same one.

    The key of a picture is its hash, and that of all others the slug of their source.
    """
    found: dict[tuple[str, int], Content] = {}
    for item in items:
        key = item["source"]["slug"] if "source" in item else item["sha256"]
        found[key, sum(1 for other, _n in found if other == key)] = item
    return found


def _title(item: Content) -> str:
    return str(item["source"]["title"] if "source" in item else item["alt"])


def _titles(items: Iterable[Content]) -> str:
    return "\n".join(map(_title, items))


# Fields as text, by their kind


def _reader(one: Field) -> Read:
    """A function that returns a field of an object as text, or the empty text if the field is missing."""
    read = _object_reader(one.kind) if isinstance(one.kind, Object) else _value_reader(one.kind)
    if one.many:
        separator = ", " if one.name in _IN_ONE_LINE else "\n"
        return lambda content: separator.join(read(item) for item in content.get(one.name) or [])
    return lambda content: "" if content.get(one.name) is None else read(content[one.name])


def _value_reader(kind: Kind) -> Callable[[Any], str]:
    """A function that returns a value of this kind as text."""
    if kind.choices is not None:
        labels = dict(kind.choices.choices)
        return lambda value: str(labels.get(value, value))
    if kind is DATE:
        return dates.in_words
    if kind is TRUTH:
        return lambda value: str(_("Yes") if value else _("No"))
    return str


def _object_reader(what: Object) -> Callable[[Any], str]:
    """A function that returns an object as text: one line for each field that isn't empty, with its label if any."""
    if what is RATING:
        return _read_rating
    if what is TOPIC_TRANSLATION:
        return _read_translation
    fields = [(one.label, _reader(one)) for one in what.fields if one.label is not None]

    def read(content: Content) -> str:
        texts = [(label, text(content)) for label, text in fields]
        return "\n".join(f"{label}: {text}" if label else text for label, text in texts if text)

    return read


def _read_rating(content: Content) -> str:
    number = f" ({content['value']}; {content['worst']}–{content['best']})" if "value" in content else ""
    translated = (_read_translation(one) for one in content["translations"])
    return "\n".join([f"{content['label']}{number}", content["definition"], *translated])


def _read_translation(content: Content) -> str:
    """The words in another language, after its own name for itself: "español: Falso"."""
    words = [content[name] for name in ("label", "name", "definition", "description") if content.get(name)]
    return f"{languages.own_name(content['language'])}: " + "\n".join(words)


# Lists of short texts, shown on one line.
_IN_ONE_LINE = {"places", "authors"}
# Lists whose items are compared one by one, each with the label for a change of their order.
_ORDERS = {
    "pictures": _("Order of the pictures"),
    "appearances": _("Order of the appearances"),
    "evidence": _("Order of the evidence"),
}
_FIELDS = [(one.label, _reader(one)) for one in CLAIM.fields if one.label is not None and one.name not in _ORDERS]
_LISTS = [
    (one.name, one.label, _ORDERS[one.name], _object_reader(one.kind))
    for one in CLAIM.fields
    if one.name in _ORDERS and isinstance(one.kind, Object)
]


def card_in_words(card: Content | None) -> str:
    """What readers see of a name, one line a field."""
    if card is None:
        return str(_("Readers learn nothing of it."))
    what = next(one for one in _CARDS if one.fits(card))
    return str(_object_reader(what)(card))


_CARDS = (RATING, SOURCE, CLAIMANT, PUBLISHER, TOPIC)
