"""Fact-checks by other publishers, as imports brought them."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from claims.choices import ForeignMeaning
from claims.desk.admin.listing import ClaimFilter
from claims.matching.foreign import at_address
from claims.models import ForeignCheck, ForeignLabel, ImportRun
from claims.models.querysets import words_of
from factcheck.core.desk.admin import ReadOnlyAdmin
from factcheck.core.desk.search import MOST_CHARACTERS, MOST_WORDS
from factcheck.core.fields.addresses import host
from factcheck.core.text import shortened

# A filter offers this many publishers. Search finds the others.
_OFFERED = 50
_SHORT = 160
_WORD = re.compile(r"\w+")


def found_by(text: str, rows: QuerySet[ForeignCheck]) -> QuerySet[ForeignCheck]:
    """The fact-checks at a web address, or those whose claim has words that begin with each word of the text."""
    text = text.replace("\0", "").strip()
    if (there := at_address(text, rows)) is not None:
        return there
    words = _WORD.findall(text[:MOST_CHARACTERS])[:MOST_WORDS]
    if not words:
        return rows.none() if text else rows
    query = SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")
    return rows.alias(words=words_of("claim")).filter(words=query)


class MeaningFilter(ClaimFilter):
    title = _("class")
    parameter_name = "label__meaning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return ForeignMeaning.choices


class PublisherFilter(ClaimFilter):
    title = _("publisher")
    parameter_name = "label__publisher"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        sites = ForeignLabel.objects.order_by("publisher").values_list("publisher", flat=True).distinct()
        return [(site, site) for site in sites[:_OFFERED]]


class FeedFilter(ClaimFilter):
    title = _("feed")
    parameter_name = "feed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        feeds = ImportRun.objects.order_by("feed").values_list("feed", flat=True).distinct()
        return [(feed, feed) for feed in feeds[:_OFFERED]]


@admin.register(ForeignCheck)
class ForeignCheckAdmin(ReadOnlyAdmin):
    """Fact-checks by others. Nobody adds or changes one by hand, because the words are the publisher's."""

    list_display = ["short_claim", "site", "their_rating", "meaning", "reviewed_on", "feed"]
    list_filter = [MeaningFilter, PublisherFilter, FeedFilter]
    list_select_related = ["label"]
    search_fields = ["claim"]
    search_help_text = _("Words of the claim, or the web address of the fact-check")
    ordering = ["-pk"]
    sortable_by = ()
    fields = [
        *("claim", "claimant", "title", "publisher", "their_page", "claimed_on", "reviewed_on", "language"),
        *("their_rating", "meaning", "value", "worst", "best", "feed", "reference", "run", "changed_in"),
    ]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return found_by(search_term, queryset), False

    @admin.display(description=_("claim"))
    def short_claim(self, foreign: ForeignCheck) -> str:
        return shortened(foreign.claim, _SHORT)

    @admin.display(description=_("site"))
    def site(self, foreign: ForeignCheck) -> str:
        return host(foreign.address)

    @admin.display(description=_("their rating"))
    def their_rating(self, foreign: ForeignCheck) -> str:
        return format_html("“{}”", foreign.label.label) if foreign.label else ""

    @admin.display(description=_("class"))
    def meaning(self, foreign: ForeignCheck) -> str:
        return foreign.label.get_meaning_display() if foreign.label else ""

    @admin.display(description=_("web address"))
    def their_page(self, foreign: ForeignCheck) -> str:
        return format_html('<a href="{0}" rel="nofollow noopener">{0}</a>', foreign.address)
