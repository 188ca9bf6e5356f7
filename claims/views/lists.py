"""The list of claims: the page, and the same list as JSON and CSV at the address that ends so."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from claims import facets
from claims.columns import CLAIMS
from claims.filters import ClaimFilterSet
from claims.models import PublishedClaim
from claims.publications import publications
from claims.statistics import distribution
from claims.views.public import FEEDS, list_context, public_page, refused, twins
from factcheck.core import spreadsheet
from factcheck.core.pagination import page_of

# A file holds so many claims.
ROWS_IN_A_FILE = 10_000

_TWINS = {"json": ("JSON", "application/json"), "csv": ("CSV", "text/csv"), **FEEDS}


def asked(request: HttpRequest) -> ClaimFilterSet:
    """The list that the address asks for."""
    return ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())


@public_page
def claim_list(request: HttpRequest) -> HttpResponse:
    """Every published claim that fits the search and the filters in the address, with the ways to narrow it."""
    filters = asked(request)
    days = [filters.form["since"], filters.form["until"]]
    context: dict[str, Any] = {"filters": filters, "twins": twins("list", _TWINS, filters.query), "days": days}
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
    filters = asked(request)
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
    filters = asked(request)
    if filters.errors:
        return refused(filters)
    table = spreadsheet.lines(CLAIMS.header, CLAIMS.rows(publications(filters.qs[:ROWS_IN_A_FILE])))
    response = StreamingHttpResponse(table, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="claims.csv"'
    return response  # type: ignore[return-value]
