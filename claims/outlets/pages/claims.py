"""The pages of a claim and of its versions."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language

from claims.formats import claimreview
from claims.formats.embed import embed_code
from claims.formats.verdict import share, sharing_context, verdict_context
from claims.models import Revision
from claims.outlets.pages.parts import Card, cards
from claims.outlets.responses import public_page, recorded, state_of, tagged, unchanged
from claims.record import differences
from claims.record.purging import claim_tag, tags_of
from claims.record.reading import history_of, publication_of, version_in
from claims.schema import Content
from claims.search.related import beside
from factcheck.core.web import caching


@public_page
def claim_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version of a claim, with its evidence, its history and related claims."""
    history = history_of(slug)
    state = state_of(request, history[0].last_act)
    # With purges, each answer names the claims and names that it shows, and a cache in front answers such requests.
    if not settings.CACHE_PURGE_URL and (answer := unchanged(request, state)):
        return answer
    publication = publication_of(history)
    content = publication.content
    neighbours = Neighbours.of(content)
    context = {
        **verdict_context(content),
        **sharing_context(content),
        "claim_review": claimreview.serialise(claimreview.review(publication)),
        "parts": neighbours.parts,
        "wholes": neighbours.wholes,
        "related": neighbours.related,
        "share": share(content, language=get_language() or ""),
        "embed": embed_code(content, language=get_language() or ""),
        "newest": history[0],
        "first": history[-1],
        "history": history,
        "correction": next((revision for revision in history if hasattr(revision, "correction")), None),
    }
    response = render(request, "claims/claim_detail.html", context)
    caching.share(response, {*tags_of(content), *neighbours.tags})
    return tagged(response, state)


@public_page
@recorded
def claim_review(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version of a claim as ClaimReview (JSON-LD), the same as in the page of the claim."""
    publication = publication_of(history_of(slug))
    response = JsonResponse(
        claimreview.serialise(claimreview.review(publication)),
        content_type="application/ld+json",
        json_dumps_params={"ensure_ascii": False},
    )
    caching.share(response, tags_of(publication.content))
    return response


@public_page
@recorded
def revision_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version as it was published, with its differences from the version before."""
    history = history_of(slug, merged_too=True)
    shown = version_in(history, number)
    # Only versions that aren't redacted: a comparison would reveal the redacted text.
    pair = [found.pk for found in history if found.number in (number - 1, number) and found.redacted_in is None]
    content, *before = [revision.content for revision in Revision.objects.of(slug).filter(pk__in=pair)]
    context = {
        "claim": content,
        "revision": shown,
        "newest": history[0],
        "history": history,
        # A changed definition adds a version to every claim, so the newest version always has the current one.
        "defined_on": shown.at if shown.number < history[0].number else None,
        "changes": differences.between(before[0], content) if before else [],
    }
    if "rating" in content:
        context |= verdict_context(content) | sharing_context(content) | {"parts": Neighbours.of(content).parts}
    return render(request, "claims/revision_detail.html", context)


@dataclass(frozen=True)
class Neighbours:
    """The claims beside a claim, as cards."""

    # Each part with its slug. Without a card, it was withdrawn.
    parts: list[tuple[str, Card | None]]
    wholes: list[Card]
    # Each with the reasons why it's related.
    related: list[tuple[Card, tuple[str, ...]]]

    @classmethod
    def of(cls, content: Content) -> Self:
        """The claims beside the claim of this body. Runs two queries, or one if there are none."""
        found = beside(content)
        shown = [claim for claim in found.parts if claim] + found.wholes + [one.claim for one in found.related]
        by_slug = {card.claim.slug: card for card in cards(shown, beside=content)} if shown else {}
        return cls(
            [(slug, by_slug.get(slug)) for slug in content["parts"]],
            [by_slug[claim.slug] for claim in found.wholes],
            [(by_slug[one.claim.slug], one.reasons) for one in found.related],
        )

    @property
    def tags(self) -> set[str]:
        """The tags of an answer that shows them: see `claims.record.purging`."""
        parts = [card for _slug, card in self.parts if card]
        shown = [*parts, *self.wholes, *(card for card, _reasons in self.related)]
        return {tag for card in shown for tag in card.tags} | {claim_tag(slug) for slug, _card in self.parts}
