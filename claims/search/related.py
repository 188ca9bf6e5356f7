"""The claims beside a claim: its parts, the claims that it is a part of, and those that share something with it."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from claims.models import PublishedClaim
from claims.record.wording import name_of
from claims.schema import Content

MOST = 4
# Candidates for each shared property: at most this many, the newest.
_MOST_CANDIDATES = 20
# The score of each shared property. A topic counts least, because it can be as broad as "politics".
_ARTICLE, _CLAIMANT, _TOPIC = 3, 2, 1


@dataclass(frozen=True)
class Related:
    """A related claim, with the reasons why it is related, as text or HTML."""

    claim: PublishedClaim
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """The published claims to show beside a claim. `parts` has None in the place of a part that was withdrawn."""

    parts: list[PublishedClaim | None]
    wholes: list[PublishedClaim]
    related: list[Related]


def beside(content: Content) -> Beside:
    """The parts of the claim of this body, the claims that it is a part of, and related ones. Runs one query.

    Related are at most `MOST` others that share most with it. Of claims with the same score, the one first published
    last comes first.
    """
    articles = {item["source"]["slug"] for item in content["appearances"]}
    topics = {topic["slug"]: topic for topic in content["topics"]}
    claimant = content["claimant"]["slug"] if content["claimant"] else None
    candidates = {claim.slug: claim for claim in _candidates(content, articles, claimant, set(topics))}
    parts = [candidates.pop(slug, None) for slug in content["parts"]]
    wholes = [candidates.pop(slug) for slug, claim in list(candidates.items()) if content["slug"] in claim.parts]
    scored = []
    for claim in candidates.values():
        score, reasons = 0, []
        if articles.intersection(claim.articles):
            score, reasons = _ARTICLE, [_("same article")]
        if claimant and claim.claimant == claimant:
            score += _CLAIMANT
            reasons.append(_("same person or outlet"))
        shared = [(name_of(topic).html(),) for slug, topic in topics.items() if slug in claim.topics]
        if shared:
            score += _TOPIC * len(shared)
            reasons.append(format_html(_("same topic: {topic}"), topic=format_html_join(", ", "{}", shared)))
        scored.append((score, Related(claim, tuple(reasons))))
    scored.sort(key=lambda pair: (pair[0], pair[1].claim.first_published_at), reverse=True)
    return Beside(parts, wholes, [found for _score, found in scored[:MOST]])


def _candidates(content: Content, articles: set[str], claimant: str | None, topics: set[str]) -> list[PublishedClaim]:
    """The parts, the wholes, and the newest claims that share each property."""
    shared: list[dict[str, Any]] = [{"parts__contains": [content["slug"]]}]
    if content["parts"]:
        shared.append({"slug__in": content["parts"]})
    if articles:
        shared.append({"articles__overlap": sorted(articles)})
    if claimant:
        shared.append({"claimant": claimant})
    if topics:
        shared.append({"topics__overlap": sorted(topics)})
    others = PublishedClaim.objects.exclude(slug=content["slug"]).order_by("-first_published_at", "slug")
    first, *more = (others.filter(**condition).values("pk")[:_MOST_CANDIDATES] for condition in shared)
    # One set of keys, each part read from an index. Conditions joined by OR would read the whole table.
    return list(PublishedClaim.objects.filter(pk__in=first.union(*more) if more else first).order_by("slug"))
