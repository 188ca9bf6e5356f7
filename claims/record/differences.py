"""What changed between two versions of a claim, field by field and word by word, for people to read."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.choices import ClaimantKind, ClaimKind, Stance
from claims.record.canonical import Content
from factcheck.core.fields import dates
from sources.choices import SourceKind

Kind = Literal["same", "added", "removed"]
Part = tuple[Kind, str]
Label = str | Promise
Read = Callable[[Content], str]

# Comparing takes time with the product of both lengths (20,000 words at once took 10 seconds). So many pairs
# are compared in one call; what goes beyond is shown whole, as taken out and put in.
PAIRS = 1_000_000
_WORD = re.compile(r"\s*\S+|\s+")
_PARAGRAPH = re.compile(r"[^\n]+\n*|\n+")


@dataclass(frozen=True)
class Change:
    """One field that reads differently. Its parts in their order give both texts, line feeds included."""

    label: str
    parts: list[Part]


def between(before: Content, after: Content) -> list[Change]:
    """Every public field that differs between two bodies of the record, in the order of the desk's form.

    Slugs and the revision's signing are not compared. The tombstone of a withdrawn claim reads as a claim
    with every field empty.
    """
    parts = _Comparison().parts
    return [Change(label, list(parts(old, new))) for label, old, new in _pairs(before, after) if old != new]


def of_texts(before: str, after: str) -> list[Part]:
    """The words that two texts share, and those that one of them has."""
    return list(_Comparison().parts(before, after))


def _pairs(before: Content, after: Content) -> Iterator[tuple[str, str, str]]:
    """Every field as label, text before and text after."""
    for label, read in _FIELDS:
        yield str(label), read(before), read(after)
    for name, one, order, read in _LISTS:
        old, new = _by_source(before.get(name, [])), _by_source(after.get(name, []))
        for key, item in (new | {key: item for key, item in old.items() if key not in new}).items():
            label = f"{one}: {item['source']['title']}"
            yield label, read(old[key]) if key in old else "", read(new[key]) if key in new else ""
        stayed, stays = [key for key in old if key in new], [key for key in new if key in old]
        if stayed != stays:
            yield str(order), _titles(old[key] for key in stayed), _titles(new[key] for key in stays)


def _by_source(items: Iterable[Content]) -> dict[tuple[str, int], Content]:
    """The items by the source they name and how often it was named before, in their order."""
    found: dict[tuple[str, int], Content] = {}
    for item in items:
        slug = item["source"]["slug"]
        found[slug, sum(1 for other, _n in found if other == slug)] = item
    return found


def _titles(items: Iterable[Content]) -> str:
    return "\n".join(item["source"]["title"] for item in items)


# How each field reads


def _text(name: str) -> Read:
    return lambda content: content.get(name) or ""


def _lines(name: str, read: Callable[..., str] = str, *, separator: str = "\n") -> Read:
    return lambda content: separator.join(read(item) for item in content.get(name) or [])


def _choice(name: str, choices: type[TextChoices]) -> Read:
    labels = dict(choices.choices)
    return lambda content: str(labels.get(content.get(name, ""), content.get(name, "")))


def _date(name: str) -> Read:
    return lambda content: dates.in_words(content.get(name) or "")


def _flag(name: str) -> Read:
    return lambda content: str(_("Yes") if content[name] else _("No")) if name in content else ""


def _part(name: str, read: Read) -> Read:
    """What `read` makes of an object inside."""
    return lambda content: read(content[name]) if content.get(name) else ""


def _labelled(*fields: tuple[Label, Read]) -> Read:
    """One line a field, without those that are empty; the label is left out where it is empty."""

    def read(content: Content) -> str:
        texts = [(label, text(content)) for label, text in fields]
        return "\n".join(f"{label}: {text}" if label else text for label, text in texts if text)

    return read


def _rating(content: Content) -> str:
    number = f" ({content['value']}; {content['worst']}–{content['best']})" if "value" in content else ""
    return f"{content['label']}{number}\n{content['definition']}"


_affiliation = _labelled(("", _text("name")), (_("from"), _date("started")), (_("until"), _date("ended")))
_claimant = _labelled(
    ("", _text("name")),
    (_("Kind"), _choice("kind", ClaimantKind)),
    (_("Role"), _text("role")),
    ("", _lines("affiliations", _affiliation)),
    (_("Wikidata"), _text("wikidata")),
)
_topic = _labelled(("", _text("name")), ("", _text("description")))
_source = _labelled(
    (_("Source"), _text("title")),
    (_("Publisher"), _part("publisher", _text("name"))),
    (_("Publisher’s address"), _part("publisher", _text("address"))),
    (_("Kind of source"), _choice("kind", SourceKind)),
    (_("Authors"), _lines("authors", separator=", ")),
    (pgettext_lazy("of a source", "Published"), _date("published")),
    (_("Language"), _text("language")),
    (_("Address"), _text("address")),
    (_("Archived copy"), _text("archived_address")),
    (_("Address withheld"), _flag("address_is_private")),
    (_("Interest"), _text("interest")),
)
_appearance = _labelled(
    (_("Exact words"), _text("exact")),
    (_("Words before"), _text("prefix")),
    (_("Words after"), _text("suffix")),
    (_("Where"), _text("locator")),
    (_("Reading order"), lambda content: str(content["position"])),
    (_("Date"), _date("date")),
    ("", _part("source", _source)),
)
_evidence = _labelled(
    (_("Stance"), _choice("stance", Stance)),
    (_("Finding"), _text("finding")),
    (_("Quoted passage"), _text("quote")),
    (_("Where"), _text("locator")),
    (_("Origin"), _text("origin")),
    (_("Primary"), _flag("primary")),
    (_("Why secondary"), _text("secondary_reason")),
    (_("Note"), _text("note")),
    ("", _part("source", _source)),
)

_FIELDS: list[tuple[Label, Read]] = [
    (_("Claim"), _text("statement")),
    (_("Kind"), _choice("kind", ClaimKind)),
    (_("Claimant"), _part("claimant", _claimant)),
    (_("Made on"), _date("claimed_on")),
    (_("Note on the date"), _text("date_note")),
    (_("Places"), _lines("places", separator=", ")),
    (_("Language"), _text("language")),
    (_("Topics"), _lines("topics", _topic)),
    (_("Checkable"), _flag("checkable")),
    (_("Why not checkable"), _text("why_not_checkable")),
    (_("Why we chose it"), _text("selection_reason")),
    (_("Rating"), _part("rating", _rating)),
    (_("Summary"), _text("summary")),
    (_("Explanation"), _text("explanation")),
    (_("How it was checked"), _text("method")),
    (_("What is missing"), _lines("missing")),
    (_("Notice"), _text("notice")),
]
# The body's list, the label of one item, the label of their order, and how an item reads.
_LISTS: list[tuple[str, Label, Label, Read]] = [
    ("appearances", _("Appearance"), _("Order of the appearances"), _appearance),
    ("evidence", _("Evidence"), _("Order of the evidence"), _evidence),
]


# Word by word


class _Comparison:
    """Compares texts until its budget of pairs is spent."""

    def __init__(self) -> None:
        self.pairs = PAIRS

    def parts(self, before: str, after: str) -> Iterator[Part]:
        """Paragraph by paragraph, and inside those that changed, word by word."""
        joined: list[tuple[Kind, list[str]]] = []
        for kind, text in self._parts(before, after):
            if joined and joined[-1][0] == kind:
                joined[-1][1].append(text)
            elif text:
                joined.append((kind, [text]))
        return ((kind, "".join(texts)) for kind, texts in joined)

    def _parts(self, before: str, after: str) -> Iterator[Part]:
        for old, new in self._blocks(_PARAGRAPH.findall(before), _PARAGRAPH.findall(after)):
            if old == new:
                yield "same", "".join(new)
            elif len(old) == len(new):
                for one, other in zip(old, new, strict=True):
                    yield from self._words(one, other)
            else:
                yield from self._words("".join(old), "".join(new))

    def _words(self, before: str, after: str) -> Iterator[Part]:
        for old, new in self._blocks(_WORD.findall(before), _WORD.findall(after)):
            if old == new:
                yield "same", "".join(new)
            else:
                yield "removed", "".join(old)
                yield "added", "".join(new)

    def _blocks(self, before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
        """Both lists cut into blocks that are equal or not; one block when the budget does not reach."""
        pairs = len(before) * len(after)
        if before == after or pairs > self.pairs:
            yield before, after
            return
        self.pairs -= pairs
        for _tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            yield before[i1:i2], after[j1:j2]
