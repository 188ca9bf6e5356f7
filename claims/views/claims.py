"""One claim, and its versions."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from claims import claimreview, differences, record
from claims.choices import Stance
from claims.models import Revision
from claims.publications import Publication, from_history
from claims.record import Content
from claims.related import related
from claims.views.embeds import code
from claims.views.public import Card, cards, history_of, public_page, version_in
from claims.views.sharing import shared

COLUMNS = [
    ("for", _("For"), (Stance.SUPPORTS,)),
    ("against", _("Against"), (Stance.REFUTES,)),
    ("between", _("Mixed and context"), (Stance.MIXED, Stance.CONTEXT)),
]


@dataclass(frozen=True)
class Column:
    """The evidence on one side."""

    slug: str
    title: Any
    stances: tuple[Stance, ...]
    evidence: list[Content]

    @property
    def is_mixed(self) -> bool:
        """Whether the column's title does not tell the stance of each piece."""
        return len(self.stances) > 1


def verdict(content: Content) -> dict[str, Any]:
    """What the verdict template needs of a body."""
    return {
        "claim": content,
        "columns": [
            Column(slug, title, stances, [item for item in content["evidence"] if item["stance"] in stances])
            for slug, title, stances in COLUMNS
        ],
        "origins": record.origins(content["evidence"]),
    }


def _standing(request: HttpRequest, history: list[Revision]) -> Publication | HttpResponse:
    """The claim as it stands, or the answer in its place when it was taken back."""
    newest = version_in(request, history, history[0].number)
    if isinstance(newest, HttpResponse):
        return newest
    return from_history(Revision.objects.get(pk=newest.pk).body, history)


@public_page
def claim_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The verdict that stands, with everything it rests on."""
    history = history_of(slug)
    publication = _standing(request, history)
    if isinstance(publication, HttpResponse):
        return publication
    content = publication.content
    context = {
        **verdict(content),
        **shared(content),
        "claim_review": claimreview.serialise(claimreview.review(publication)),
        "related": _related(content),
        "embed": code(content, language=get_language() or ""),
        "newest": history[0],
        "first": history[-1],
        "history": history,
        "correction": next((revision for revision in history if hasattr(revision, "correction")), None),
    }
    return render(request, "claims/claim_detail.html", context)


@public_page
def claim_review(request: HttpRequest, slug: str) -> HttpResponse:
    """The verdict that stands as ClaimReview, as it is in the claim's page."""
    publication = _standing(request, history_of(slug))
    if isinstance(publication, HttpResponse):
        return publication
    return JsonResponse(
        claimreview.serialise(claimreview.review(publication)),
        content_type="application/ld+json",
        json_dumps_params={"ensure_ascii": False},
    )


@public_page
def revision_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version as it was published, with what changed against the one before."""
    history = history_of(slug)
    shown = version_in(request, history, number)
    if isinstance(shown, HttpResponse):
        return shown
    # What changed against a redacted version would tell its text.
    pair = [found.pk for found in history if found.number in (number - 1, number) and found.redacted_in is None]
    content, *before = [revision.content for revision in Revision.objects.of(slug).filter(pk__in=pair)]
    context = {
        "claim": content,
        "revision": shown,
        "newest": history[0],
        "history": history,
        "changes": differences.between(before[0], content) if before else [],
    }
    if "rating" in content:
        context |= verdict(content) | shared(content)
    return render(request, "claims/revision_detail.html", context)


def _related(content: Content) -> list[tuple[Card, tuple[str, ...]]]:
    """Related claims as cards, each with what it shares."""
    found = related(content)
    if not found:
        return []
    reasons = [one.reasons for one in found]
    return list(zip(cards(one.claim for one in found), reasons, strict=True))
