"""What those who read our ClaimReview ask of it, as rules over what they are given.

Google: the page on fact-check markup (the whole object, as it stands in a claim's page). Duke: the acceptance schema of
the Reporters' Lab (the lean object, as it stands in the feed).
"""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from claims.formats import claimreview
from claims.formats.claimreview import Node, Review
from factcheck.core.text import folded

# Where Google says a claim may be cut, and from where a rating's beginning has to carry its meaning.
SHORT_CLAIM, SHORT_RATING = 75, 40

_DUKE_KEYS = {
    *("@context", "@type", "url", "datePublished", "claimReviewed", "author", "itemReviewed", "reviewRating"),
    "sdPublisher",
}
_DUKE_RATING = {
    *("@type", "alternateName", "ratingValue", "bestRating", "worstRating", "ratingExplanation", "image"),
}
_NUMBERS = ("worstRating", "ratingValue", "bestRating")


class Consumer(StrEnum):
    """Who reads it."""

    GOOGLE = "Google"
    DUKE = "Duke"


class Level(StrEnum):
    """What happens where a rule is broken."""

    ERROR = "error"  # the consumer refuses it
    ADVICE = "advice"  # the consumer takes it, and shows less or worse


@dataclass(frozen=True)
class Rule:
    """One thing that a consumer asks, and what to do where it is not so."""

    consumer: Consumer
    level: Level
    place: str
    holds: Callable[[Node], bool]
    fault: str
    mend: str


def findings(review: Review) -> list[Rule]:
    """The rules that this review breaks, those that make a consumer refuse it first."""
    return broken({Consumer.GOOGLE: claimreview.serialise(review), Consumer.DUKE: claimreview.feed_item(review)})


def broken(given: dict[Consumer, Node]) -> list[Rule]:
    """The rules that do not hold for what each consumer is given."""
    return [
        rule
        for level in Level
        for rule in RULES
        if rule.level == level and rule.consumer in given and not rule.holds(given[rule.consumer])
    ]


# What is asked


def _own_host() -> str | None:
    return urlsplit(settings.SITE_URL).hostname


def _rating(node: Node) -> Node:
    rating: Node = node.get("reviewRating", {})
    return rating


def _item(node: Node) -> Node:
    item: Node = node.get("itemReviewed", {})
    return item


def _speaker(node: Node) -> Node | None:
    return _item(node).get("author")


def _places(node: Node) -> Iterator[str]:
    """The addresses at which the claim was made."""
    item = _item(node)
    for work in [item.get("firstAppearance"), *item.get("appearance", [])]:
        if work and work.get("url"):
            yield work["url"]


def _is_scale(rating: Node, kind: type) -> bool:
    """Whether there are no numbers, or three of this type that rise from one or more."""
    found = [rating[name] for name in _NUMBERS if name in rating]
    if not found:
        return True
    if len(found) != len(_NUMBERS) or not all(type(number) is kind for number in found):
        return False
    worst, value, best = map(int, found)
    return 1 <= worst < best and worst <= value <= best


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _says_its_rating(node: Node) -> bool:
    label, claim = (folded(text) for text in (_rating(node).get("alternateName", ""), node.get("claimReviewed", "")))
    return f" {label} " in f" {claim.rstrip('.')} "


def _is_known(who: Node | None) -> bool:
    """Duke: an organisation is known by its address, a person by their name."""
    if who is None:
        return True
    return bool(who.get("url") if who.get("@type") == "Organization" else who.get("name"))


RULES: Sequence[Rule] = [
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "claimReviewed",
        lambda node: bool(node.get("claimReviewed")),
        "There is no claim.",
        "Write down what is claimed.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "url",
        lambda node: urlsplit(node.get("url", "")).hostname == _own_host(),
        "The check is not at an address of this site.",
        "Set SITE_URL to the address under which readers reach the site.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "reviewRating.alternateName",
        lambda node: bool(_rating(node).get("alternateName")),
        "The rating has no words.",
        "Give the rating a label.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "reviewRating.ratingValue",
        lambda node: _is_scale(_rating(node), int),
        "The rating's numbers lie on no scale that rises from 1.",
        "Mend the rating's number, or the two ends of its scale.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "author",
        lambda node: bool(node.get("author", {}).get("name") or node.get("author", {}).get("url")),
        "Nobody is named as the one who checked.",
        "Set SITE_NAME.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "itemReviewed.author.name",
        lambda node: _speaker(node) is None or bool((_speaker(node) or {}).get("name")),
        "The claimant has no name.",
        "Name the claimant, or choose none.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "claimReviewed",
        lambda node: len(node.get("claimReviewed", "")) <= SHORT_CLAIM,
        f"The claim is longer than {SHORT_CLAIM} characters, and may be cut where it is shown.",
        "Say it in fewer words; what surrounds it belongs in the summary.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "claimReviewed",
        lambda node: not _says_its_rating(node),
        "The claim holds the words of its rating.",
        "Word the claim so that it does not sound like the verdict.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "reviewRating.alternateName",
        lambda node: len(_rating(node).get("alternateName", "")) <= SHORT_RATING,
        f"The rating's words are longer than {SHORT_RATING} characters; only their beginning may be seen.",
        "Shorten the rating's label, or let its first words say it.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "reviewRating.ratingExplanation",
        lambda node: bool(_rating(node).get("ratingExplanation")),
        "The rating is not explained.",
        "Write the summary.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.appearance",
        lambda node: any(True for _address in _places(node)),
        "No place where the claim was made has an address.",
        "Add an appearance whose source has an address.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.appearance",
        lambda node: not list(_places(node)) or any(urlsplit(at).hostname != _own_host() for at in _places(node)),
        "The claim appears on this site alone.",
        "Add an appearance outside of it: Google takes only claims of others.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.author.sameAs",
        lambda node: _speaker(node) is None or bool((_speaker(node) or {}).get("sameAs")),
        "The claimant is known by name alone.",
        "Add the claimant's Wikidata address.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.datePublished",
        lambda node: _is_day(_item(node).get("datePublished")),
        "The day on which the claim was made is not known, so it cannot be sorted by age.",
        "Enter the day, where one is known.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "citation",
        lambda node: any(work.get("url") for work in node.get("citation", [])),
        "No evidence has an address.",
        "Link the sources that the verdict rests on.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "@context",
        lambda node: set(node) <= _DUKE_KEYS,
        "There is a property that the schema does not know.",
        "Tell whoever keeps this software.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "datePublished",
        lambda node: _is_day(node.get("datePublished")) and _is_day(_item(node).get("datePublished", "2025-06-21")),
        "A date is no day.",
        "Tell whoever keeps this software.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "reviewRating",
        lambda node: {"@type", "alternateName"} <= set(_rating(node)) <= _DUKE_RATING and _is_scale(_rating(node), str),
        "The rating has no words, a property that the schema does not know, or a number that is none.",
        "Mend the rating's label, its number, or the two ends of its scale.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "itemReviewed",
        lambda node: "@type" in _item(node),
        "What was checked has no type.",
        "Tell whoever keeps this software.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "author.url",
        lambda node: _is_known(node.get("author", {})),
        "Whoever checked has no address.",
        "Set SITE_URL.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "itemReviewed.author.url",
        lambda node: _is_known(_speaker(node)),
        "The claimant is an organisation without an address.",
        "Add the claimant's Wikidata address.",
    ),
]
