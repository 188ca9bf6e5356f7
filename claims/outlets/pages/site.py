"""The front page, the pages about the site, robots.txt and security.txt."""

import datetime

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from claims.choices import EntryKind
from claims.formats.files import FILES, SOURCE_LISTS
from claims.models import IndexEntry, PublishedClaim, Rating, RatingScale
from claims.outlets.pages.parts import FEEDS, alternates, cards
from claims.outlets.responses import public_page, recorded
from claims.record import imprint, scale
from claims.record.body import rating_card
from factcheck.core.web.contact import contact_address

CLAIMS_ON_FRONT_PAGE = 12
TOPICS_ON_FRONT_PAGE = 24
ARTICLES_ON_FRONT_PAGE = 5
_MONTHS_VALID = 6


@public_page
@recorded
def home(request: HttpRequest) -> HttpResponse:
    """The front page: the newest checks, topics and articles, and the feeds. The newest with a headline comes first."""
    newest = cards(PublishedClaim.objects.all()[:CLAIMS_ON_FRONT_PAGE])
    lead = next((card for card in newest if card.claim.headline), None)
    context = {
        "cards": newest,
        "lead": lead,
        "rest": [card for card in newest if card is not lead],
        "topics": IndexEntry.objects.of(EntryKind.TOPIC)[:TOPICS_ON_FRONT_PAGE],
        "articles": IndexEntry.objects.of(EntryKind.ARTICLE)[:ARTICLES_ON_FRONT_PAGE],
        "claim_feeds": alternates("list", FEEDS),
        "correction_feeds": alternates("correction-list", FEEDS),
    }
    return render(request, "claims/home.html", context)


@public_page
def how_it_works(request: HttpRequest) -> HttpResponse:
    """How to read a fact-check. It says only what the software does, whoever runs it."""
    return render(request, "claims/about/how_it_works.html", {"page": "how-it-works"})


@public_page
def ratings(request: HttpRequest) -> HttpResponse:
    """The ratings in use and those of published claims, with their definitions, on the scale and off the scale."""
    shown = Rating.objects.for_readers().select_related("scale")
    scales = [
        ([card for card in cards if scale.on_scale(card)], [card for card in cards if not scale.on_scale(card)])
        for found in RatingScale.objects.prefetch_related(Prefetch("ratings", shown))
        for cards in [scale.in_order(rating_card(rating) for rating in found.ratings.all())]
        if cards
    ]
    return render(request, "claims/about/ratings.html", {"scales": scales, "page": "ratings"})


@public_page
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt (RFC 9309): the addresses that crawlers should skip, and the address of the sitemap.

    Crawlers may read whole files but not filtered ones, because every filtered list links to a dozen of them. The final
    `*` adds nothing (RFC 9309), but without it Python's own parser takes the whole file as disallowed.
    """
    filtered_files = (f"Disallow: /{name}?*" for name in FILES | SOURCE_LISTS)
    sitemap = f"Sitemap: {imprint.address('files:sitemap')}"
    return _plain_text("User-agent: *", "Disallow: /admin/", *filtered_files, "", sitemap)


@public_page
def security(request: HttpRequest) -> HttpResponse:
    """security.txt (RFC 9116): where to report a vulnerability."""
    contact = contact_address(settings.CONTACT, "Security")
    return _plain_text(
        f"Contact: {settings.SECURITY_CONTACT or contact or imprint.address('claims:home')}",
        f"Expires: {expiry(timezone.now().date())}",
        f"Preferred-Languages: {settings.LANGUAGE_CODE}",
        f"Canonical: {imprint.address('files:security')}",
    )


def expiry(today: datetime.date) -> str:
    """The first day of the month half a year ahead, as a time (RFC 3339). It's the same for a whole month."""
    years, month = divmod(today.month - 1 + _MONTHS_VALID, 12)
    return f"{today.year + years:04}-{month + 1:02}-01T00:00:00Z"


def _plain_text(*lines: str) -> HttpResponse:
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
