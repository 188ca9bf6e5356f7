"""The rows that are made from a body: the columns for lists, and the entries of the index of names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from claims.choices import TAKES_A_SIDE, EntryKind, Stance
from claims.record.body import attributed, people
from claims.schema import CLAIMANT, PUBLISHER, RATING, SOURCE, TOPIC, Content, Object
from factcheck.core.fields import dates
from factcheck.core.text import folded, loosely


def origin_key(name: str) -> str:
    """The form in which two names of an origin are compared."""
    return loosely(name)


def count_origins(evidence: Iterable[Content]) -> int:
    """The number of independent origins among the evidence that takes a side."""
    return len({origin_key(item["origin"]) for item in evidence if item["stance"] in TAKES_A_SIDE})


def columns(content: Content) -> dict[str, Any]:
    """The columns of `PublishedClaim` that are made from the body."""
    articles = [appearance["source"] for appearance in content["appearances"]]
    evidence_sources = [evidence["source"] for evidence in content["evidence"]]
    stances = [evidence["stance"] for evidence in content["evidence"]]
    claimant = content["claimant"] or {"slug": "", "name": ""}
    claimed_on = content["claimed_on"]
    return {
        "slug": content["slug"],
        "statement": content["statement"],
        "headline": content["headline"],
        "summary": content["summary"],
        "notice": content["notice"],
        "kind": content["kind"],
        "language": content["language"],
        "rating": content["rating"]["slug"],
        "rating_label": content["rating"]["label"],
        "rating_value": content["rating"].get("value"),
        "claimant": claimant["slug"],
        "claimant_name": claimant["name"],
        "attributed": _distinct(card["slug"] for card in attributed(content)),
        "topics": [topic["slug"] for topic in content["topics"]],
        "articles": _distinct(source["slug"] for source in articles),
        "outlets": _distinct(source["publisher"]["slug"] for source in articles if source["publisher"]),
        "sources": _distinct(source["slug"] for source in [*articles, *evidence_sources]),
        "parts": content["parts"],
        "supports": stances.count(Stance.SUPPORTS),
        "refutes": stances.count(Stance.REFUTES),
        "origins": count_origins(content["evidence"]),
        "claimed_from": dates.earliest(claimed_on) if claimed_on else None,
        "claimed_until": dates.latest(claimed_on) if claimed_on else None,
    }


@dataclass(frozen=True)
class Entry:
    """An entry of the index of names: a name that a body shows, with its public data."""

    kind: EntryKind
    slug: str
    name: str
    body: Content

    @property
    def sort_key(self) -> str:
        return folded(self.name)[:500]


def entries(content: Content) -> Iterator[Entry]:
    """An entry for each name that the body shows, each once."""
    rating = content["rating"]
    yield Entry(EntryKind.RATING, rating["slug"], rating["label"], rating)
    for slug, card in {card["slug"]: card for card in people(content)}.items():
        yield Entry(EntryKind.CLAIMANT, slug, card["name"], card)
    for topic in content["topics"]:
        yield Entry(EntryKind.TOPIC, topic["slug"], topic["name"], topic)
    articles = {item["source"]["slug"]: item["source"] for item in content["appearances"]}
    evidence_sources = {item["source"]["slug"]: item["source"] for item in content["evidence"]}
    outlets = {card["publisher"]["slug"]: card["publisher"] for card in articles.values() if card["publisher"]}
    for slug, card in outlets.items():
        yield Entry(EntryKind.OUTLET, slug, card["name"], card)
    for slug, card in articles.items():
        yield Entry(EntryKind.ARTICLE, slug, card["title"], card)
    for slug, card in (articles | evidence_sources).items():
        yield Entry(EntryKind.SOURCE, slug, card["title"], card)


# The object that the body of an entry is.
OBJECTS: dict[EntryKind, Object] = {
    EntryKind.RATING: RATING,
    EntryKind.CLAIMANT: CLAIMANT,
    EntryKind.TOPIC: TOPIC,
    EntryKind.ARTICLE: SOURCE,
    EntryKind.OUTLET: PUBLISHER,
    EntryKind.SOURCE: SOURCE,
}


def upgraded(kind: EntryKind, body: Content) -> Content:
    """The body of an entry with the fields that are newer than it, which are blank."""
    return OBJECTS[kind].upgraded(body)


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
