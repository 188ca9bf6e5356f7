"""What all pages for readers share: how they answer, and how claims stand in a list."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce, wraps
from typing import Any, ParamSpec

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from claims.choices import Act, EntryKind
from claims.filters import FilterSet
from claims.models import IndexEntry, PublishedClaim, Revision
from claims.record import Content
from factcheck.core import feeds

P = ParamSpec("P")
SECONDS_FRESH = 60
# The name and the media type of each form of feed, by what its address ends in.
FEEDS = {ending: (form.name, form.media_type) for ending, form in feeds.FORMS.items()}


def public_page(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A page that anybody may read and every cache may keep for a minute, unless the view says for how long.

    It answers GET and HEAD, and 304 to who has the same bytes. Every other method gets 405; since none of
    them can do anything, none needs a token.
    """

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, public=True, max_age=SECONDS_FRESH)
        return response

    return csrf_exempt(require_safe(conditional_page(answer)))


def entry_or_404(kind: EntryKind, slug: str) -> IndexEntry:
    """The index entry that readers may see. Raises Http404 for every other name."""
    try:
        return IndexEntry.objects.get(kind=kind, slug=slug)
    except IndexEntry.DoesNotExist:
        raise Http404("Nothing published has this name.") from None


@dataclass(frozen=True)
class Card:
    """A claim in a list: its row, its rating as it is shown, and the outlets that it appeared in."""

    claim: PublishedClaim
    rating: Content
    outlets: list[Content]


def cards(claims: Iterable[PublishedClaim]) -> list[Card]:
    """The claims as cards, with the names they show read in one query."""
    claims = list(claims)
    wanted = {
        EntryKind.RATING: {claim.rating for claim in claims},
        EntryKind.OUTLET: {slug for claim in claims for slug in claim.outlets},
    }
    named = reduce(Q.__or__, (Q(kind=kind, slug__in=slugs) for kind, slugs in wanted.items()))
    names: dict[tuple[str, str], Content] = {
        (entry.kind, entry.slug): entry.body for entry in IndexEntry.objects.filter(named)
    }
    return [
        Card(
            claim=claim,
            # A claim withdrawn between the two queries takes its names along.
            rating=names.get((EntryKind.RATING, claim.rating), {"label": claim.rating_label}),
            outlets=[names[key] for slug in claim.outlets if (key := (EntryKind.OUTLET, slug)) in names],
        )
        for claim in claims
    ]


def list_context(claims: Any, *, query: str = "") -> dict[str, Any]:
    """What the list template needs of a page of claims; `query` is repeated by links to its other pages."""
    return {"page": claims, "cards": cards(claims), "query": query}


def twins(route: str, forms: Mapping[str, tuple[str, str]], query: str = "") -> list[tuple[str, str, str]]:
    """Name, media type and path of the forms in which programs read the list that `query` asks for."""
    end = f"?{query}" if query else ""
    return [(name, kind, reverse(f"files:{route}-{ending}") + end) for ending, (name, kind) in forms.items()]


def refused(filters: FilterSet) -> HttpResponse:
    """The answer to a program that asked for a list with a value that cannot be meant."""
    lines = [f"{name}: {' '.join(map(str, errors))}" for name, errors in filters.errors.items()]
    return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")


def history_of(slug: str) -> list[Revision]:
    """All versions without their bodies, newest first. Raises Http404 when there never was one.

    It tells which bodies readers may have: none while the newest version is a withdrawal, and never that of a version
    with a number in `redacted_in`. Versions are only ever added, so whatever is read after this list fits it.
    """
    history = list(Revision.objects.of(slug).with_redaction().defer("body").select_related("correction"))
    if not history:
        raise Http404("No such claim is published.")
    return history


def version_in(request: HttpRequest, history: list[Revision], number: int) -> Revision | HttpResponse:
    """The version with this number, or the answer in its place when readers may not have its body.

    Raises Http404 when there is no such version.
    """
    if history[0].act == Act.WITHDRAW:
        return _withdrawn(request, history)
    version = next((revision for revision in history if revision.number == number), None)
    if version is None:
        raise Http404("There is no such version.")
    return version if version.redacted_in is None else _redacted(request, history, version)


def _withdrawn(request: HttpRequest, history: list[Revision]) -> HttpResponse:
    """The answer at every address of a claim that was taken back: the reason, and nothing of the claim."""
    context = {"withdrawal": history[0], "history": history}
    return render(request, "claims/claim_withdrawn.html", context, status=410)


def _redacted(request: HttpRequest, history: list[Revision], version: Revision) -> HttpResponse:
    """The answer at every address of a redacted version: the reason, the way to the newest, and nothing of its body."""
    redaction = next(revision for revision in history if revision.number == version.redacted_in)
    context = {"revision": version, "redaction": redaction, "newest": history[0], "history": history}
    return render(request, "claims/revision_redacted.html", context, status=410)
