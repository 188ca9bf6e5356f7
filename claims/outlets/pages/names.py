"""Pages of the names that published claims show: articles, claimants, topics and sources.

The page of a name reads everything in one moment, so that a name has one spelling in it while that changes.
"""

import re
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.choices import EntryKind
from claims.models import IndexEntry, PublishedClaim
from claims.models.querysets import PublishedClaimQuerySet
from claims.outlets.pages.parts import Card, cards, list_context
from claims.outlets.responses import public_page, recorded
from claims.record.reading import entry_or_404
from claims.record.statistics import distribution
from claims.schema import Content
from factcheck.core.database import repeatable_read
from factcheck.core.web.pagination import page_of

# The maximum number of claims on the page of an article. The list of claims has them all.
MAX_CLAIMS_OF_ARTICLE = 200
NAMES_PER_PAGE = 50
# A place in an article as editors write it, in the languages of the interface.
_PARAGRAPH = re.compile(r"(?:paragraph|párrafo) (\d+)", re.IGNORECASE)
# The maximum number of claims that are attributed to a claimant on their page.
MAX_ATTRIBUTED = 50


def _list_page(request: HttpRequest, kind: EntryKind) -> HttpResponse:
    """The page with all names of a kind."""
    page = page_of(IndexEntry.objects.of(kind), request.GET.get("page"), per_page=NAMES_PER_PAGE)
    return render(request, f"claims/{kind}_list.html", {"page": page})


@public_page
@recorded
def article_list(request: HttpRequest) -> HttpResponse:
    """The articles with published claims."""
    return _list_page(request, EntryKind.ARTICLE)


@public_page
@recorded
def claimant_list(request: HttpRequest) -> HttpResponse:
    """The claimants of published claims."""
    return _list_page(request, EntryKind.CLAIMANT)


@public_page
@recorded
def topic_list(request: HttpRequest) -> HttpResponse:
    """The topics of published claims."""
    return _list_page(request, EntryKind.TOPIC)


class Place(NamedTuple):
    """Another place of a claim in the article: its name, and the first claim that is shown there, if one is."""

    name: str
    claim: str


class Read:
    """A claim as somebody who reads the article meets it: at its first place, with the other places."""

    def __init__(self, card: Card, first: Content, *others: Content) -> None:
        self.card = card
        self.first = first
        names = dict.fromkeys(other["locator"] for other in others)
        self.also = [Place(name, "") for name in names if name and name != self.place]
        self.in_paragraphs = False

    @property
    def place(self) -> str:
        return str(self.first["locator"])

    def lead_to(self, shown: dict[str, str]) -> None:
        """Complete the other places, given the first claim at each place. Paragraphs keep their numbers alone."""
        numbers = [_PARAGRAPH.fullmatch(place.name) for place in self.also]
        self.in_paragraphs = all(numbers)
        self.also = [
            Place(number[1] if number and self.in_paragraphs else place.name, shown.get(place.name, ""))
            for place, number in zip(self.also, numbers, strict=True)
        ]


@public_page
@recorded
@repeatable_read()
def article_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """An article with the published claims in it, in reading order."""
    entry = entry_or_404(EntryKind.ARTICLE, slug)
    found = PublishedClaim.objects.in_article(slug)
    claims = found.select_related("revision")[: MAX_CLAIMS_OF_ARTICLE + 1]
    read = [Read(card, *_appearances_in(card.claim.revision.content, slug)) for card in cards(claims)]
    is_cut = len(read) > MAX_CLAIMS_OF_ARTICLE
    read = sorted(read[:MAX_CLAIMS_OF_ARTICLE], key=lambda one: (one.first["position"], one.card.claim.slug))
    shown: dict[str, str] = {}
    for one in read:
        shown.setdefault(one.place, one.card.claim.slug)
    for one in read:
        one.lead_to(shown)
    context = {
        "source": entry.body,
        "read": read,
        "cards": [one.card for one in read],
        "is_cut": is_cut,
        "distribution": distribution(found),
    }
    return render(request, "claims/article_detail.html", context)


def _appearances_in(content: Content, slug: str) -> list[Content]:
    """The appearances of the claim in the article, in reading order."""
    found = [appearance for appearance in content["appearances"] if appearance["source"]["slug"] == slug]
    return sorted(found, key=lambda appearance: int(appearance["position"]))


@repeatable_read()
def _detail_page(
    request: HttpRequest, kind: EntryKind, slug: str, found: PublishedClaimQuerySet, **more: Any
) -> HttpResponse:
    """The page of a name with its published claims. Raises Http404 if no published claim shows the name."""
    entry = entry_or_404(kind, slug)
    page = page_of(found, request.GET.get("page"))
    context = {str(kind): entry.body, "distribution": distribution(found), **list_context(page), **more}
    return render(request, f"claims/{kind}_detail.html", context)


@public_page
@recorded
@repeatable_read()
def claimant_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A claimant, with the published claims they made and, apart, the newest that articles attribute to them."""
    attributed = PublishedClaim.objects.attributed_to(slug)[:MAX_ATTRIBUTED]
    found = PublishedClaim.objects.by_claimant(slug)
    return _detail_page(request, EntryKind.CLAIMANT, slug, found, attributed=cards(attributed))


@public_page
@recorded
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A topic, with the published claims on it."""
    return _detail_page(request, EntryKind.TOPIC, slug, PublishedClaim.objects.on_topic(slug))


@public_page
@recorded
@repeatable_read()
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A source with its details, its interest and the published claims that cite it."""
    entry = entry_or_404(EntryKind.SOURCE, slug)
    page = page_of(PublishedClaim.objects.citing(slug).select_related("revision"), request.GET.get("page"))
    context = list_context(page)
    cited = [(card, _citations_of(card.claim.revision.content, slug)) for card in context["cards"]]
    return render(request, "claims/source_detail.html", {"source": entry.body, "cited": cited, **context})


def _citations_of(content: Content, slug: str) -> dict[str, Any]:
    """The places where a claim cites the source: its appearances in it, and its evidence from it."""
    return {
        "appearances": _appearances_in(content, slug),
        "evidence": [item for item in content["evidence"] if item["source"]["slug"] == slug],
    }
