"""The page with the list of claims. `claims.outlets.files` and `claims.outlets.feeds` have the same list."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.formats.files import FILES
from claims.models import PublishedClaim
from claims.outlets.pages.parts import FEEDS, alternates, list_context
from claims.outlets.responses import counted_if_narrowed, public_page
from claims.record.statistics import distribution
from claims.search import facets
from claims.search.filters import ClaimFilterSet
from factcheck.core.database import repeatable_read
from factcheck.core.web.pagination import page_of


def _files_of(table: str) -> dict[str, tuple[str, str]]:
    """The name and the media type of each file of a table, by the ending of its address."""
    return {file.ending: (file.form, file.media_type) for file in FILES.values() if file.of == table}


_FILES_AND_FEEDS = {**_files_of("claims"), **FEEDS}


# The list and its facets read the index of names one after the other, so both must read it in the same moment.
@counted_if_narrowed
@public_page
@repeatable_read()
def claim_list(request: HttpRequest) -> HttpResponse:
    """The published claims that match the search and the filters in the address, with more filters to choose."""
    filters = ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())
    days = [filters.form["since"], filters.form["until"]]
    context: dict[str, Any] = {
        "filters": filters,
        "days": days,
        "twins": alternates("list", _FILES_AND_FEEDS, filters.query),
        "evidence_files": alternates("evidence", _files_of("evidence"), filters.query),
        "appearance_files": alternates("appearances", _files_of("appearances"), filters.query),
    }
    if filters.errors:
        return render(request, "claims/claim_list.html", context, status=400)
    typed = filters.form.cleaned_data["q"]
    page = page_of(filters.qs, request.GET.get("page"))
    context |= list_context(page, query=filters.query)
    context |= {"sides": facets.sidebar_for(filters), "found": filters.found, "orders": _orders(filters)}
    context |= {"only_search": urlencode({"q": typed}), "distribution": distribution(filters.qs)}
    if filters.found and filters.found.corrections:
        corrected = filters.found.corrected(typed)
        as_typed = filters.query_with(q=[filters.found.as_typed(typed)])
        context |= {"corrected": corrected, "as_typed_query": as_typed}
    return render(request, "claims/claim_list.html", context)


def _orders(filters: ClaimFilterSet) -> list[tuple[str, bool, str]]:
    """The possible orders of the list, each as its label, True if it's the current one, and its query string."""
    return [
        (str(order.label), order == filters.order, filters.query_with(sort=[str(order)])) for order in filters.orders
    ]
