"""The front page, and the pages that say what this site is and how it works."""

import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from claims.choices import EntryKind
from claims.formats.files import FILES
from claims.models import IndexEntry, PublishedClaim, RatingScale
from claims.outlets.answers import public_page
from claims.outlets.pages.parts import FEEDS, cards, twins
from claims.record import imprint
from claims.record.body import rating_card

CLAIMS_ON_FRONT_PAGE = 12
TOPICS_ON_FRONT_PAGE = 24
ARTICLES_ON_FRONT_PAGE = 5
_MONTHS_GOOD = 6


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """The newest verdicts, and the ways to the others."""
    context = {
        "cards": cards(PublishedClaim.objects.all()[:CLAIMS_ON_FRONT_PAGE]),
        "topics": IndexEntry.objects.of(EntryKind.TOPIC)[:TOPICS_ON_FRONT_PAGE],
        "articles": IndexEntry.objects.of(EntryKind.ARTICLE)[:ARTICLES_ON_FRONT_PAGE],
        "claim_feeds": twins("list", FEEDS),
        "correction_feeds": twins("correction-list", FEEDS),
    }
    return render(request, "claims/home.html", context)


@public_page
def about(request: HttpRequest, page: str) -> HttpResponse:
    """A page of plain text about the site."""
    return render(request, f"claims/about/{page}.html", {"page": page})


@public_page
def ratings(request: HttpRequest) -> HttpResponse:
    """Every rating with its definition, on the scale and off it."""
    scales = [
        (
            scale,
            [rating_card(rating) for rating in scale.ratings.all() if rating.on_scale],
            [rating_card(rating) for rating in scale.ratings.all() if not rating.on_scale],
        )
        for scale in RatingScale.objects.prefetch_related("ratings__scale")
    ]
    return render(request, "claims/about/ratings.html", {"scales": scales, "page": "ratings"})


@public_page
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave alone, and where all pages are listed.

    Whole files are theirs as well, but every list that can be narrowed down leads to nine more. The star, which says
    nothing (RFC 9309), keeps Python's own reader from taking the whole file for disallowed.
    """
    parts_of_files = (f"Disallow: /{name}?*" for name in FILES)
    sitemap = f"Sitemap: {imprint.address('files:sitemap')}"
    return _lines("User-agent: *", "Disallow: /admin/", *parts_of_files, "", sitemap)


@public_page
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    return _lines(
        f"Contact: {settings.SECURITY_CONTACT or imprint.address('claims:about')}",
        f"Expires: {expiry(timezone.now().date())}",
        f"Preferred-Languages: {settings.LANGUAGE_CODE}",
        f"Canonical: {imprint.address('files:security')}",
    )


def expiry(today: datetime.date) -> str:
    """Half a year ahead, and the same for a whole month."""
    years, month = divmod(today.month - 1 + _MONTHS_GOOD, 12)
    return f"{today.year + years:04}-{month + 1:02}-01T00:00:00Z"


def _lines(*lines: str) -> HttpResponse:
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
