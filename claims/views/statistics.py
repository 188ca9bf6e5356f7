"""The page of figures."""

from collections.abc import Iterator
from functools import reduce
from typing import Any
from urllib.parse import parse_qsl

from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims import statistics
from claims.choices import ClaimKind, EntryKind
from claims.filters import ClaimFilterSet
from claims.models import IndexEntry, PublishedClaim
from claims.views.public import public_page

# Figures that nobody asks for any longer make room after so many seconds; until then they stay as right as they were.
SECONDS_KEPT = 60 * 60


@public_page
def figures(request: HttpRequest) -> HttpResponse:
    """Everything that is counted of the published claims, or of those that fit the filters in the address."""
    filters = ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())
    if filters.errors:
        return render(request, "claims/statistics.html", {"filters": filters}, status=400)
    context = {"filters": filters, "chosen": list(_chosen(filters)), **_counted(filters)}
    return render(request, "claims/statistics.html", context)


def _chosen(filters: ClaimFilterSet) -> Iterator[tuple[str, str]]:
    """What the figures are narrowed to, in words: the filter and the value."""
    values = parse_qsl(filters.query)
    named = (Q(kind=name, slug=value) for name, value in values if name in EntryKind.values)
    entries = IndexEntry.objects.filter(reduce(Q.__or__, named, Q(pk__in=[])))
    words = {(entry.kind, entry.slug): entry.name for entry in entries} | {
        ("kind", kind.value): str(kind.label) for kind in ClaimKind
    }
    for name, value in values:
        yield str(filters.filters[name].label), words.get((name, value), value)


def _counted(filters: ClaimFilterSet) -> dict[str, Any]:
    """The figures, counted anew only after a public act: counting reads every claim that fits."""
    key = statistics.cache_key(filters.query)
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = {"figures": statistics.figures(filters.qs)}
        if not filters.query:
            found["withdrawn"] = statistics.withdrawn()
        cache.set(key, found, SECONDS_KEPT)
    return found
