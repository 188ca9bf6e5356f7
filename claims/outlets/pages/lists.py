"""The page with the list of claims. `claims.outlets.files` and `claims.outlets.feeds` have the same list."""

from typing import Any
from urllib.parse import quote_plus, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from claims.choices import EntryKind, FacetKind, Order
from claims.formats.files import offered
from claims.models import IndexEntry, PublishedClaim
from claims.outlets.pages.parts import FEEDS, alternates, cards, list_context
from claims.outlets.responses import counted_if_narrowed, public_page, recorded
from claims.record.statistics import Distribution, distribution_of
from claims.search import counting, facets
from claims.search.filters import ClaimFilterSet
from claims.search.query import nearest
from factcheck.core.database import repeatable_read
from factcheck.core.text import one_line
from factcheck.core.web.pagination import MOST_IN_PAGES, page_of


def _files_of(table: str, claims: int) -> dict[str, tuple[str, str]]:
    """The name and the media type of each file of a table that can hold so many claims, by its ending."""
    files = offered(claims)
    return {file.ending: (file.form, file.media_type) for file in files if file.of == table}


# The number of topics that a list without claims leads to.
TOPICS_OF_AN_EMPTY_LIST = 12
# The number of claims that an empty search offers because their words look like those of the query.
NEAREST_SHOWN = 3


# The list and its facets read the index of names one after the other, so both must read it in the same moment.
@counted_if_narrowed
@public_page
@recorded
@repeatable_read()
def claim_list(request: HttpRequest) -> HttpResponse:
    """The published claims that match the search and the filters in the address, with more filters to choose."""
    filters = ClaimFilterSet.forgiving(request.GET, queryset=PublishedClaim.objects.all())
    context: dict[str, Any] = {
        "filters": filters,
        "days": [filters.typed["since"], filters.typed["until"]],
    }
    typed = filters.form.cleaned_data["q"]
    counted = counting.count(filters)
    claims = counted.total.claims
    context |= {
        "twins": alternates("list", {**_files_of("claims", claims), **FEEDS}, filters.query),
        "evidence_files": alternates("evidence", _files_of("evidence", claims), filters.query),
        "source_files": alternates("sources", _files_of("sources", claims), filters.query),
        "appearance_files": alternates("appearances", _files_of("appearances", claims), filters.query),
    }
    page = page_of(filters.first(MOST_IN_PAGES, fitting=counted.keys), request.GET.get("page"), known=claims)
    context |= list_context(page, query=filters.query)
    sides = facets.sidebar_for(filters, counted.values)
    context |= {"sides": sides, "found": filters.found, "orders": _orders(filters), "total": counted.total}
    context["narrowed_to"] = [*([f"“{typed}”"] if typed else []), *(chip.phrase for chip in sides.chips)]
    context |= {"only_search": urlencode({"q": typed}), "distribution": _distribution(filters, counted)}
    if not page:
        context["topics"] = IndexEntry.objects.of(EntryKind.TOPIC)[:TOPICS_OF_AN_EMPTY_LIST]
        if typed:
            guessed = PublishedClaim.objects.found(nearest(typed).places).in_order(Order.RELEVANCE)
            context["nearest"] = cards(guessed[:NEAREST_SHOWN])
    context["typed"] = typed
    if filters.found and filters.found.corrections:
        corrected = filters.found.corrected(typed)
        as_typed = filters.query_with(q=[filters.found.as_typed(typed)])
        context |= {"corrected": corrected, "as_typed_query": as_typed}
    return render(request, "claims/claim_list.html", context)


# The bytes of a search in an address. Servers take lines of 8 KB, and the page repeats the search in each of its links.
MOST_BYTES_IN_ADDRESS = 4_000


# Changes nothing, so it needs no CSRF token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Redirect a search form to the list. A form is sent by POST, because a pasted text doesn't fit into an address."""
    given = request.POST if request.method == "POST" else request.GET
    filters = ClaimFilterSet(given, queryset=PublishedClaim.objects.none())
    typed = one_line(given.get("q", "").replace("\0", " "))
    query = filters.query_with(q=[text] if (text := _fitting(typed)) else [])
    response = HttpResponseRedirect(reverse("claims:list") + (f"?{query}" if query else ""))
    response.status_code = 303  # the list is read by GET (RFC 9110, 15.4.4)
    return response


def _fitting(text: str) -> str:
    """The first words of the text that fit into an address."""
    cut = text
    while (length := len(quote_plus(cut))) > MOST_BYTES_IN_ADDRESS:
        cut = cut[: len(cut) * MOST_BYTES_IN_ADDRESS // length]
    return cut if cut == text else cut.rpartition(" ")[0] or cut


def _distribution(filters: ClaimFilterSet, counted: counting.Counted) -> Distribution:
    """The ratings of the claims in the list."""
    found, chosen = counted.values.get(FacetKind.RATING, {}), filters.form.cleaned_data["rating"]
    counts = {slug: count for slug, count in found.items() if not chosen or slug in chosen}
    is_estimated = any(count.is_estimated for count in counts.values())
    return distribution_of({slug: count.claims for slug, count in counts.items()}, is_estimated=is_estimated)


def _orders(filters: ClaimFilterSet) -> list[tuple[str, bool, str]]:
    """The possible orders of the list, each as its label, True if it's the current one, and its query string."""
    return [
        (str(order.label), order == filters.order, filters.query_with(sort=[str(order)])) for order in filters.orders
    ]
