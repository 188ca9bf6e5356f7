"""Sitemaps (sitemaps.org, version 0.9): an index, and parts that each read only their own rows.

Each page is listed in every language, with links to its other languages, except claims: a claim is listed only in the
language of its text, or in the site's own if the interface doesn't have that language. Only claims have a date of last
change: the page of a name changes with every claim that shows the name.
"""

from collections.abc import Callable, Iterable, Iterator
from math import ceil

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import escape

from claims.choices import EntryKind
from claims.models import IndexEntry, PageVersion, PublishedClaim
from claims.models.querysets import MOST_PARTS
from claims.outlets.responses import counted, public_page
from claims.record import imprint
from claims.record.canonical import moment
from factcheck.core.web import languages

NAMES_IN_A_PART = 2_500
# A part skips the rows of all parts before it, which gets slower with each, so the number of parts is limited.
MOST_PARTS_OF_NAMES = 40
PAGES = [
    "claims:home",
    "claims:list",
    "claims:article-list",
    "claims:claimant-list",
    "claims:topic-list",
    "claims:correction-list",
    "claims:name-change-list",
    "claims:statistics",
    "claims:data",
    "claims:dictionary",
    "claims:how-it-works",
    "claims:ratings",
]
KINDS = {
    "articles": EntryKind.ARTICLE,
    "claimants": EntryKind.CLAIMANT,
    "topics": EntryKind.TOPIC,
    "sources": EntryKind.SOURCE,
}

# The address of one page by language code.
Addresses = dict[str, str]


@counted
@public_page
def index(request: HttpRequest) -> HttpResponse:
    """The sitemap index: the addresses of all parts."""
    parts = [_sitemap_element(imprint.address("files:sitemap-pages"))]
    for part, changed in PublishedClaim.objects.parts():
        parts.append(_sitemap_element(imprint.address("files:sitemap-claims", part + 1), moment(changed)))
    for name, kind in KINDS.items():
        names = IndexEntry.objects.of(kind).order_by()[: NAMES_IN_A_PART * MOST_PARTS_OF_NAMES].count()
        numbers = range(1, ceil(names / NAMES_IN_A_PART) + 1)
        parts += [_sitemap_element(imprint.address(f"files:sitemap-{name}", number)) for number in numbers]
    return _xml("sitemapindex", parts)


@counted
@public_page
def pages(request: HttpRequest) -> HttpResponse:
    """The pages that exist even if nothing is published, and those that the newsroom wrote about itself."""
    codes = [code for code, _name in settings.LANGUAGES]
    routes = [*PAGES, *(imprint.PAGES[page] for page in PageVersion.objects.written())]
    return _xml(
        "urlset",
        (_url_elements({code: escape(imprint.address(route, language=code)) for code in codes}) for route in routes),
    )


@counted
@public_page
def claims(request: HttpRequest, number: int) -> HttpResponse:
    """One part of the claims, each with the time of its newest version."""
    if number > MOST_PARTS:
        raise Http404("There is no such sitemap.")
    addresses = _addresses("claims:detail")
    claims = PublishedClaim.objects.in_part(number - 1).order_by("slug")
    found = claims.values_list("slug", "language", "revised_at")
    return _url_set(
        _url_element(addresses(slug)[languages.home_of(tag)], moment(changed)) for slug, tag, changed in found
    )


@counted
@public_page
def names(request: HttpRequest, kind: EntryKind, number: int) -> HttpResponse:
    """One part of the names of a kind, such as topics."""
    if not 1 <= number <= MOST_PARTS_OF_NAMES:
        raise Http404("There is no such sitemap.")
    addresses = _addresses(f"claims:{kind}")
    start = (number - 1) * NAMES_IN_A_PART
    found = IndexEntry.objects.of(kind).values_list("slug", flat=True)[start : start + NAMES_IN_A_PART]
    return _url_set(_url_elements(addresses(slug)) for slug in found)


def _addresses(route: str) -> Callable[[str], Addresses]:
    """A function that returns the addresses of a slug. A part has thousands, so the route is resolved only once."""
    starts = {
        code: escape(imprint.address(route, "x", language=code).removesuffix("x/"))
        for code, _name in settings.LANGUAGES
    }
    return lambda slug: {code: f"{start}{slug}/" for code, start in starts.items()}


def _url_elements(addresses: Addresses) -> str:
    """The elements of a page that is in every language."""
    alternates = addresses | {"x-default": addresses[settings.LANGUAGE_CODE]}
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{address}"/>' for code, address in alternates.items()
    )
    return "".join(f"<url><loc>{address}</loc>{links}</url>\n" for address in addresses.values())


def _url_element(address: str, changed: str) -> str:
    """The element of a page that is in one language."""
    return f"<url><loc>{address}</loc><lastmod>{changed}</lastmod></url>\n"


def _sitemap_element(address: str, changed: str = "") -> str:
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<sitemap><loc>{escape(address)}</loc>{when}</sitemap>\n"


def _url_set(pages: Iterable[str]) -> HttpResponse:
    """The response with these pages. Raises Http404 if there are none, because no part is empty."""
    elements = list(pages)
    if not elements:
        raise Http404("There is no such sitemap.")
    return _xml("urlset", elements)


def _xml(root: str, elements: Iterable[str]) -> HttpResponse:
    return HttpResponse("".join(_document(root, elements)), content_type="application/xml; charset=utf-8")


def _document(root: str, elements: Iterable[str]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    yield from elements
    yield f"</{root}>\n"
