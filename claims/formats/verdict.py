"""Template context for a published version: its title, the evidence as an argument, and how to share and cite it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import Stance
from claims.formats.card import alt_text
from claims.formats.citation import citation_of
from claims.formats.headline import title
from claims.record import imprint
from claims.record.evidence import Origin, by_origin, in_a_sentence
from claims.schema import Content
from factcheck.core.text import shortened

STANCES = {
    Stance.SUPPORTS: gettext_lazy("For the claim"),
    Stance.REFUTES: gettext_lazy("Against the claim"),
    Stance.MIXED: gettext_lazy("Partly for, partly against"),
    Stance.CONTEXT: gettext_lazy("Background"),
}
# So many independent sources are shown at once. The others are folded.
_AT_ONCE = 3


@dataclass(frozen=True)
class Piece:
    """A piece of evidence, with what the pieces before it haven't said yet."""

    item: Content
    # Its stance in words if it differs from the stance of its independent source.
    stance: Any
    interest: str
    reason: str


@dataclass(frozen=True)
class Group:
    """The evidence of one independent source, and its stance in words."""

    origin: Origin
    stance: Any
    pieces: list[Piece]


def verdict_context(content: Content) -> dict[str, Any]:
    """The context for the verdict template, from a body."""
    groups = list(_groups(by_origin(content["evidence"])))
    # A fold that hides one source isn't worth its line.
    shown = _AT_ONCE if len(groups) > _AT_ONCE + 1 else len(groups)
    return {
        "claim": content,
        "groups": groups[:shown],
        "more_groups": groups[shown:],
        "balance": in_a_sentence(content["evidence"]),
    }


def sharing_context(content: Content) -> dict[str, Any]:
    """The context for the templates for sharing and citing, from a body."""
    return {"title": title(content), "citation": citation_of(content), "picture": alt_text(content)}


@dataclass(frozen=True)
class Share:
    """What a reader passes on: a text without the address, the address, and links that open a new message with both."""

    title: str
    text: str
    address: str

    @property
    def whatsapp(self) -> str:
        """The link that opens WhatsApp."""
        return f"https://wa.me/?text={quote(self._message, safe='')}"

    @property
    def mail(self) -> str:
        """The link that opens a new e-mail to nobody yet (RFC 6068)."""
        return f"mailto:?subject={quote(self.title, safe='')}&body={quote(self._message, safe='')}"

    @property
    def _message(self) -> str:
        return f"{self.text} {self.address}"


def share(content: Content, *, language: str) -> Share:
    """What a reader passes on of the newest version of a claim, in the language of the page."""
    values = {
        "rating": content["rating"]["label"],
        "statement": shortened(content["statement"], 280),
        "headline": content.get("headline", ""),
    }
    if values["headline"]:
        text = _("%(headline)s The claim “%(statement)s” is rated: %(rating)s. Why:") % values
    else:
        text = _("%(rating)s: “%(statement)s” – why:") % values
    return Share(title(content), text, imprint.address("claims:detail", content["slug"], language=language))


def _groups(origins: Iterable[Origin]) -> Iterator[Group]:
    """The independent sources, each remark on a source only where it is first used."""
    known: set[str] = set()
    for origin in origins:
        pieces, reasons = [], {""}
        for item in origin.evidence:
            source, reason = item["source"], "" if item["primary"] else item["secondary_reason"]
            pieces.append(
                Piece(
                    item=item,
                    stance="" if item["stance"] == origin.stance else STANCES.get(item["stance"], item["stance"]),
                    interest="" if source["slug"] in known else source["interest"],
                    reason="" if reason in reasons else reason,
                )
            )
            known.add(source["slug"])
            reasons.add(reason)
        yield Group(origin, STANCES[origin.stance], pieces)
