"""Rules of the consumers of our ClaimReview, checked against the markup that each of them gets.

Google: its documentation of fact-check markup, for the full object on a claim's page. Duke: the acceptance schema of
the Reporters' Lab, for the smaller object in the feed.
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

# Google may cut off a claim after this many characters, and may show only the beginning of a longer rating.
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
    """A reader of our ClaimReview."""

    GOOGLE = "Google"
    DUKE = "Duke"


class Level(StrEnum):
    """The effect of a broken rule."""

    ERROR = "error"  # the consumer rejects the markup
    ADVICE = "advice"  # the consumer accepts the markup, but shows less


@dataclass(frozen=True)
class Rule:
    """One rule of a consumer. `fault` says what is wrong if it's broken, `fix` what to do about it."""

    consumer: Consumer
    level: Level
    place: str
    holds: Callable[[Node], bool]
    fault: str
    fix: str


def findings(review: Review) -> list[Rule]:
    """The rules that this review breaks, errors first."""
    return broken({Consumer.GOOGLE: claimreview.serialise(review), Consumer.DUKE: claimreview.feed_item(review)})


def broken(given: dict[Consumer, Node]) -> list[Rule]:
    """The rules that are broken by the markup given to each consumer, errors first."""
    return [
        rule
        for level in Level
        for rule in RULES
        if rule.level == level and rule.consumer in given and not rule.holds(given[rule.consumer])
    ]


# The rules


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


def _appearance_addresses(node: Node) -> Iterator[str]:
    """The addresses of the claim's appearances."""
    item = _item(node)
    for work in [item.get("firstAppearance"), *item.get("appearance", [])]:
        if work and work.get("url"):
            yield work["url"]


def _is_scale(rating: Node, kind: type) -> bool:
    """True if there are no numbers, or all three of this type on a scale that rises from 1 or more."""
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


def _contains_its_rating(node: Node) -> bool:
    label, claim = (folded(text) for text in (_rating(node).get("alternateName", ""), node.get("claimReviewed", "")))
    return f" {label} " in f" {claim.rstrip('.')} "


def _is_identified(agent: Node | None) -> bool:
    """True if the agent has what Duke requires: an organisation an address, a person a name. Also true for None."""
    if agent is None:
        return True
    return bool(agent.get("url") if agent.get("@type") == "Organization" else agent.get("name"))


RULES: Sequence[Rule] = [
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "claimReviewed",
        lambda node: bool(node.get("claimReviewed")),
        "The claim is missing.",
        "Write the claim.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "url",
        lambda node: urlsplit(node.get("url", "")).hostname == _own_host(),
        "The address of the fact-check isn't on this site.",
        "Set SITE_URL to the public address of this site.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "reviewRating.alternateName",
        lambda node: bool(_rating(node).get("alternateName")),
        "The rating has no label.",
        "Give the rating a label.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "reviewRating.ratingValue",
        lambda node: _is_scale(_rating(node), int),
        "The rating's numbers aren't on a valid scale.",
        "Correct the rating's number, or the ends of its scale. A scale starts at 1 or more and rises.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "author",
        lambda node: bool(node.get("author", {}).get("name") or node.get("author", {}).get("url")),
        "The fact-checker has no name.",
        "Set SITE_NAME.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ERROR,
        "itemReviewed.author.name",
        lambda node: _speaker(node) is None or bool((_speaker(node) or {}).get("name")),
        "The claimant has no name.",
        "Give the claimant a name, or choose no claimant.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "claimReviewed",
        lambda node: len(node.get("claimReviewed", "")) <= SHORT_CLAIM,
        f"The claim is longer than {SHORT_CLAIM} characters, so Google may cut it off.",
        "Shorten the claim, and put the context in the summary.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "claimReviewed",
        lambda node: not _contains_its_rating(node),
        "The claim contains the words of its rating.",
        "Reword the claim so that it doesn't sound like the verdict.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "reviewRating.alternateName",
        lambda node: len(_rating(node).get("alternateName", "")) <= SHORT_RATING,
        f"The rating's label is longer than {SHORT_RATING} characters, so Google may show only its beginning.",
        "Shorten the label, or begin it with the most important words.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "reviewRating.ratingExplanation",
        lambda node: bool(_rating(node).get("ratingExplanation")),
        "The rating has no explanation.",
        "Write a summary.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.appearance",
        lambda node: any(True for _address in _appearance_addresses(node)),
        "No appearance of the claim has an address.",
        "Add an appearance whose source has an address.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.appearance",
        lambda node: (
            not list(_appearance_addresses(node))
            or any(urlsplit(address).hostname != _own_host() for address in _appearance_addresses(node))
        ),
        "The claim appears only on this site.",
        "Add an appearance on another site. Google accepts only claims made by others.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.author.sameAs",
        lambda node: _speaker(node) is None or bool((_speaker(node) or {}).get("sameAs")),
        "The claimant is identified only by name.",
        "Add the claimant's Wikidata address.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "itemReviewed.datePublished",
        lambda node: _is_day(_item(node).get("datePublished")),
        "The claim isn't dated to the day, so it can't be sorted by date.",
        "Enter the day, if it's known.",
    ),
    Rule(
        Consumer.GOOGLE,
        Level.ADVICE,
        "citation",
        lambda node: any(work.get("url") for work in node.get("citation", [])),
        "No evidence has an address.",
        "Link the sources that the verdict is based on.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "@context",
        lambda node: set(node) <= _DUKE_KEYS,
        "The markup has a property that isn't in the schema.",
        "This is a bug in Factcheck. Please report it.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "datePublished",
        lambda node: _is_day(node.get("datePublished")) and _is_day(_item(node).get("datePublished", "2025-06-21")),
        "A date isn't a full day.",
        "This is a bug in Factcheck. Please report it.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "reviewRating",
        lambda node: {"@type", "alternateName"} <= set(_rating(node)) <= _DUKE_RATING and _is_scale(_rating(node), str),
        "The rating has no label, a property that isn't in the schema, or an invalid number.",
        "Correct the rating's label, its number, or the two ends of its scale.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "itemReviewed",
        lambda node: "@type" in _item(node),
        "The item reviewed has no type.",
        "This is a bug in Factcheck. Please report it.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "author.url",
        lambda node: _is_identified(node.get("author", {})),
        "The fact-checker has no address.",
        "Set SITE_URL.",
    ),
    Rule(
        Consumer.DUKE,
        Level.ERROR,
        "itemReviewed.author.url",
        lambda node: _is_identified(_speaker(node)),
        "The claimant is an organisation without an address.",
        "Add the claimant's Wikidata address.",
    ),
]
