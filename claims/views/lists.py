"""The list of claims: the page. The same list as files and feeds: `claims.views.files` and `claims.views.feeds`."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims import facets
from claims.exports.files import FILES
from claims.filters import ClaimFilterSet
from claims.models import PublishedClaim
from claims.statistics import distribution
from claims.views.public import FEEDS, list_context, public_page, twins
from factcheck.core.pagination import page_of


def _files_of(table: str) -> dict[str, tuple[str, str]]:
    """The name and the media type of each file of a table, by what its address ends in."""
    return {file.ending: (file.form, file.media_type) for file in FILES.values() if file.of == table}


_TWINS = {**_files_of("claims"), **FEEDS}


def asked(request: HttpRequest) -> ClaimFilterSet:
    """The list that the address asks for."""
    return ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())


@public_page
def claim_list(request: HttpRequest) -> HttpResponse:
    """Every published claim that fits the search and the filters in the address, with the ways to narrow it."""
    filters = asked(request)
    days = [filters.form["since"], filters.form["until"]]
    context: dict[str, Any] = {
        "filters": filters,
        "days": days,
        "twins": twins("list", _TWINS, filters.query),
        "evidence_files": twins("evidence", _files_of("evidence"), filters.query),
        "appearance_files": twins("appearances", _files_of("appearances"), filters.query),
    }
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
