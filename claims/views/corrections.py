"""The list of corrections."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.filters import CorrectionFilterSet
from claims.models import Correction, PublishedClaim
from claims.views.public import FEEDS, public_page, twins
from factcheck.core.pagination import page_of


@dataclass(frozen=True)
class Entry:
    """A correction and the claim it is of; no claim when readers do not see it any longer."""

    correction: Correction
    claim: PublishedClaim | None


def asked(request: HttpRequest) -> CorrectionFilterSet:
    """The corrections that the address asks for, newest first."""
    corrections = Correction.objects.select_related("revision").defer("revision__body")
    return CorrectionFilterSet(request.GET, queryset=corrections.order_by("-at", "revision__slug", "-revision__number"))


def entries(corrections: Iterable[Correction]) -> list[Entry]:
    """The corrections with the claims as readers see them now."""
    corrections = list(corrections)
    slugs = {correction.revision.slug for correction in corrections}
    shown = {claim.slug: claim for claim in PublishedClaim.objects.filter(slug__in=slugs)}
    return [Entry(correction, shown.get(correction.revision.slug)) for correction in corrections]


@public_page
def correction_list(request: HttpRequest) -> HttpResponse:
    """Every correction, changed rating and withdrawal, newest first."""
    filters = asked(request)
    if filters.errors:
        return render(request, "claims/correction_list.html", {"filters": filters}, status=400)
    page = page_of(filters.qs, request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "entries": entries(page),
        "query": filters.query,
        "twins": twins("correction-list", FEEDS, filters.query),
    }
    return render(request, "claims/correction_list.html", context)
