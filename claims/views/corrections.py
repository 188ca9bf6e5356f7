"""The list of corrections."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.filters import CorrectionFilterSet
from claims.models import Correction, PublishedClaim
from claims.views.public import public_page
from factcheck.core.pagination import page_of


@dataclass(frozen=True)
class Entry:
    """A correction and the claim it is of; no claim when readers do not see it any longer."""

    correction: Correction
    claim: PublishedClaim | None


@public_page
def correction_list(request: HttpRequest) -> HttpResponse:
    """Every correction, changed rating and withdrawal, newest first."""
    corrections = Correction.objects.select_related("revision").defer("revision__body")
    filters = CorrectionFilterSet(
        request.GET, queryset=corrections.order_by("-at", "revision__slug", "-revision__number")
    )
    if filters.errors:
        return render(request, "claims/correction_list.html", {"filters": filters}, status=400)
    page = page_of(filters.qs, request.GET.get("page"))
    shown = {
        claim.slug: claim
        for claim in PublishedClaim.objects.filter(slug__in={correction.revision.slug for correction in page})
    }
    entries = [Entry(correction, shown.get(correction.revision.slug)) for correction in page]
    context = {"filters": filters, "page": page, "entries": entries, "query": filters.query}
    return render(request, "claims/correction_list.html", context)
