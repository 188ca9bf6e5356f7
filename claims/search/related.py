"""Which other claims a reader of one may want: those that share an article, the claimant or topics with it."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from claims.models import PublishedClaim
from claims.schema import Content

MOST = 4
# So many of the newest are looked at for each thing shared, however many there are.
_LOOKED_AT = 20
# What a shared thing counts. One topic says least: it may be as wide as "politics".
_ARTICLE, _CLAIMANT, _TOPIC = 3, 2, 1


@dataclass(frozen=True)
class Related:
    """A claim that shares something with another, and what."""

    claim: PublishedClaim
    reasons: tuple[str, ...]


def related(content: Content) -> list[Related]:
    """At most `MOST` published claims that share most with the one that `content`, a body, is of; in one query.

    Of two that share as much the one checked last comes first.
    """
    articles = {item["source"]["slug"] for item in content["appearances"]}
    topics = {topic["slug"]: topic["name"] for topic in content["topics"]}
    claimant = content["claimant"]["slug"] if content["claimant"] else None
    scored = []
    for claim in _candidates(content["slug"], articles, claimant, set(topics)):
        score, reasons = 0, []
        if articles.intersection(claim.articles):
            score, reasons = _ARTICLE, [_("same article")]
        if claimant and claim.claimant == claimant:
            score += _CLAIMANT
            reasons.append(_("same claimant"))
        for slug in claim.topics:
            if slug in topics:
                score += _TOPIC
                reasons.append(_("same topic: %(topic)s") % {"topic": topics[slug]})
        scored.append((score, Related(claim, tuple(reasons))))
    scored.sort(key=lambda pair: (pair[0], pair[1].claim.first_published_at), reverse=True)
    return [found for _score, found in scored[:MOST]]


def _candidates(slug: str, articles: set[str], claimant: str | None, topics: set[str]) -> list[PublishedClaim]:
    """The newest that share each kind of thing."""
    shared: list[dict[str, Any]] = []
    if articles:
        shared.append({"articles__overlap": sorted(articles)})
    if claimant:
        shared.append({"claimant": claimant})
    if topics:
        shared.append({"topics__overlap": sorted(topics)})
    if not shared:
        return []
    others = PublishedClaim.objects.exclude(slug=slug).order_by("-first_published_at", "slug")
    newest = (Q(pk__in=others.filter(**condition).values("pk")[:_LOOKED_AT]) for condition in shared)
    return list(PublishedClaim.objects.filter(reduce(Q.__or__, newest)).order_by("slug"))
