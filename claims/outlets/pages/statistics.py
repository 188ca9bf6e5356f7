"""The page with statistics."""

from collections.abc import Iterator
from functools import reduce
from urllib.parse import parse_qsl

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.choices import ClaimKind, EntryKind
from claims.models import IndexEntry, PublishedClaim
from claims.outlets.responses import counted_if_narrowed, public_page
from claims.record import statistics
from claims.record.wording import name_of
from claims.search.filters import ClaimFilterSet

_TRANSLATED = (EntryKind.RATING, EntryKind.TOPIC)


@counted_if_narrowed
@public_page
def figures(request: HttpRequest) -> HttpResponse:
    """Statistics of the published claims that match the filters in the address."""
    filters = ClaimFilterSet.forgiving(request.GET, queryset=PublishedClaim.objects.all())
    context = {
        "filters": filters,
        "chosen": list(_filters_in_words(filters)),
        "figures": statistics.figures_of(filters.qs, query=filters.query),
    }
    return render(request, "claims/statistics.html", context)


def _filters_in_words(filters: ClaimFilterSet) -> Iterator[tuple[str, str]]:
    """The label and the value of each filter, in words."""
    values = parse_qsl(filters.query)
    named = (Q(kind=name, slug=value) for name, value in values if name in EntryKind.values)
    entries = IndexEntry.objects.filter(reduce(Q.__or__, named, Q(pk__in=[])))
    words: dict[tuple[str, str], str] = {
        (entry.kind, entry.slug): name_of(entry.body).html() if entry.kind in _TRANSLATED else entry.name
        for entry in entries
    }
    words |= {("kind", kind.value): str(kind.label) for kind in ClaimKind}
    for name, value in values:
        yield str(filters.filters[name].label), words.get((name, value), value)
