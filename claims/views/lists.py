"""The list of claims: the page, and the same list as JSON, CSV and RSS at the address that ends so."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _

from claims import facets, imprint
from claims.columns import CLAIMS
from claims.filters import ClaimFilterSet
from claims.models import PublishedClaim
from claims.publications import publications
from claims.statistics import distribution
from claims.views.public import list_context, public_page
from factcheck.core import spreadsheet
from factcheck.core.pagination import page_of
from factcheck.core.text import for_xml, shortened

# A file holds so many claims, a feed so many of the first.
ROWS_IN_A_FILE = 10_000
ITEMS_IN_A_FEED = 50
_TITLE = 200
_LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

_TWINS = {"json": "application/json", "csv": "text/csv", "rss": "application/rss+xml"}


def _asked(request: HttpRequest) -> ClaimFilterSet:
    return ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())


@public_page
def claim_list(request: HttpRequest) -> HttpResponse:
    """Every published claim that fits the search and the filters in the address, with the ways to narrow it."""
    filters = _asked(request)
    query = f"?{filters.query}" if filters.query else ""
    twins = [(ending.upper(), kind, reverse(f"files:list-{ending}") + query) for ending, kind in _TWINS.items()]
    days = [filters.form["since"], filters.form["until"]]
    context: dict[str, Any] = {"filters": filters, "twins": twins, "days": days}
    if filters.errors:
        return render(request, "claims/claim_list.html", context, status=400)
    typed = filters.form.cleaned_data["q"]
    page = page_of(filters.qs, request.GET.get("page"))
    context |= list_context(page, query=filters.query)
    context |= {"sides": facets.beside(filters), "found": filters.found, "orders": _orders(filters)}
    context |= {"only_search": urlencode({"q": typed}), "distribution": distribution(filters.qs)}
    if filters.found and filters.found.corrections:
        corrected = filters.found.corrected(typed)
        context |= {"corrected": corrected, "corrected_query": filters.query_with(q=[corrected])}
    return render(request, "claims/claim_list.html", context)


def _orders(filters: ClaimFilterSet) -> list[tuple[str, bool, str]]:
    """Label, whether it is the one in use, and query of each order that the list can have."""
    return [
        (str(order.label), order == filters.order, filters.query_with(sort=[str(order)])) for order in filters.orders
    ]


@public_page
def claim_list_json(request: HttpRequest) -> HttpResponse:
    """A page of the list as JSON, with the address of the next."""
    filters = _asked(request)
    if filters.errors:
        return JsonResponse({"errors": filters.errors}, status=400)
    page = page_of(filters.qs, request.GET.get("page"))
    address = f"{settings.SITE_URL}{reverse('files:list-json')}?"
    following = [filters.query, f"page={page.next_page_number()}"] if page.has_next() else []
    return JsonResponse(
        {
            "count": page.paginator.count,
            "is_capped": page.paginator.is_capped,  # type: ignore[attr-defined]
            "next": address + "&".join(filter(None, following)) if following else None,
            "claims": [dict(zip(CLAIMS.header, row, strict=True)) for row in CLAIMS.rows(publications(_rows_of(page)))],
        },
        json_dumps_params={"ensure_ascii": False},
    )


def _rows_of(page: Page[PublishedClaim]) -> QuerySet[PublishedClaim]:
    rows = page.object_list
    assert isinstance(rows, QuerySet)  # noqa: S101 — what the page was made of
    return rows


@public_page
def claim_list_csv(request: HttpRequest) -> HttpResponse:
    """The list as a table, streamed."""
    filters = _asked(request)
    if filters.errors:
        return _refused(filters)
    table = spreadsheet.lines(CLAIMS.header, CLAIMS.rows(publications(filters.qs[:ROWS_IN_A_FILE])))
    response = StreamingHttpResponse(table, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="claims.csv"'
    return response  # type: ignore[return-value]


class _Feed(Rss201rev2Feed):
    """A feed whose bytes change only with what is in it: an empty one names no time of its own."""

    def latest_post_date(self) -> datetime.datetime:
        return max((item["pubdate"] for item in self.items), default=_LONG_AGO)


@public_page
def claim_list_rss(request: HttpRequest) -> HttpResponse:
    """The first claims of the list as a feed."""
    filters = _asked(request)
    if filters.errors:
        return _refused(filters)
    query = f"?{filters.query}" if filters.query else ""
    feed = _Feed(
        title=settings.SITE_NAME,
        link=f"{settings.SITE_URL}{reverse('claims:list')}{query}",
        feed_url=f"{settings.SITE_URL}{reverse('files:list-rss')}{query}",
        description=_("Claims, checked one by one."),
    )
    for claim in filters.qs[:ITEMS_IN_A_FEED]:
        address = imprint.claim_address(claim.slug)
        feed.add_item(
            title=for_xml(f"{claim.rating_label}: {shortened(claim.statement, _TITLE)}"),
            link=address,
            description=for_xml(claim.summary),
            unique_id=address,
            pubdate=claim.first_published_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


def _refused(filters: ClaimFilterSet) -> HttpResponse:
    lines = [f"{name}: {' '.join(map(str, errors))}" for name, errors in filters.errors.items()]
    return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")
