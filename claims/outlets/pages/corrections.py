"""The page with the list of corrections."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.outlets.pages.parts import FEEDS, alternates
from claims.outlets.responses import public_page
from claims.record.corrections import newest_first, with_claims
from claims.search.filters import CorrectionFilterSet
from factcheck.core.web.pagination import page_of


@public_page
def correction_list(request: HttpRequest) -> HttpResponse:
    """Every correction, changed rating and withdrawal, newest first."""
    filters = CorrectionFilterSet(request.GET, queryset=newest_first())
    if filters.errors:
        return render(request, "claims/correction_list.html", {"filters": filters}, status=400)
    page = page_of(filters.qs, request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "entries": with_claims(page),
        "query": filters.query,
        "twins": alternates("correction-list", FEEDS, filters.query),
    }
    return render(request, "claims/correction_list.html", context)
