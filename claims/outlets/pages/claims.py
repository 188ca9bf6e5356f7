"""The pages of a claim and of its versions."""

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
from claims.record.purging import tags_of
from claims.record.reading import history_of, publication_of, version_in
from claims.schema import Content
from claims.search.related import related
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
    beside = _related_cards(content)
    context = {
        **verdict_context(content),
        **sharing_context(content),
        "claim_review": claimreview.serialise(claimreview.review(publication)),
        "related": beside,
        "share": share(content, language=get_language() or ""),
        "embed": embed_code(content, language=get_language() or ""),
        "newest": history[0],
        "first": history[-1],
        "history": history,
        "correction": next((revision for revision in history if hasattr(revision, "correction")), None),
    }
    response = render(request, "claims/claim_detail.html", context)
    caching.share(response, {*tags_of(content), *(tag for card, _reasons in beside for tag in card.tags)})
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
    history = history_of(slug)
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
        context |= verdict_context(content) | sharing_context(content)
    return render(request, "claims/revision_detail.html", context)


def _related_cards(content: Content) -> list[tuple[Card, tuple[str, ...]]]:
    """Related claims as cards, each with the reasons why it's related."""
    found = related(content)
    if not found:
        return []
    reasons = [one.reasons for one in found]
    return list(zip(cards((one.claim for one in found), beside=content), reasons, strict=True))
