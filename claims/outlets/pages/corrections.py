"""The pages that list corrections, and changes of what a name or a rating means."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.models import NameChange
from claims.outlets.pages.parts import FEEDS, alternates
from claims.outlets.responses import counted_if_narrowed, public_page
from claims.record.corrections import newest_first, with_claims
from claims.search.filters import CorrectionFilterSet
from factcheck.core import comparison
from factcheck.core.web.pagination import page_of

NEWEST_NAME_CHANGES = 3


@counted_if_narrowed
@public_page
def correction_list(request: HttpRequest) -> HttpResponse:
    """Every correction, changed rating and withdrawal, newest first."""
    filters = CorrectionFilterSet.forgiving(request.GET, queryset=newest_first())
    page = page_of(filters.qs, request.GET.get("page"))
    # Beside the newest corrections, not repeated on every page and under every filter.
    is_first = page.number == 1 and not filters.query
    context = {
        "filters": filters,
        "page": page,
        "name_changes": with_parts(NameChange.objects.changes_of_meaning()[:NEWEST_NAME_CHANGES]) if is_first else [],
        "entries": with_claims(page),
        "query": filters.query,
        "twins": alternates("correction-list", FEEDS, filters.query),
    }
    return render(request, "claims/correction_list.html", context)


@public_page
def name_change_list(request: HttpRequest) -> HttpResponse:
    """Every change of what a name or a rating means, newest first, with the words before and after."""
    page = page_of(NameChange.objects.changes_of_meaning(), request.GET.get("page"))
    return render(request, "claims/name_change_list.html", {"page": page, "name_changes": with_parts(page)})


def with_parts(changes: Iterable[NameChange]) -> list[tuple[NameChange, list[comparison.Part]]]:
    """The changes, each with its words before and after compared, or with nothing if the words are withheld."""
    return [
        (change, comparison.of_texts(change.before, change.after) if change.has_words else []) for change in changes
    ]
