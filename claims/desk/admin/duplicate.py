"""The list of rows that may be one thing."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import NameKind
from claims.desk.admin.merge import merge_address
from claims.desk.admin.sent import person
from claims.desk.merging import duplicates
from claims.desk.rules import RULES
from claims.models import LikelyDuplicate
from factcheck.core.desk import tables
from factcheck.core.desk.admin import ReadOnlyAdmin
from factcheck.core.desk.lists import DeskList
from factcheck.core.desk.widgets import change_address, label_of


def with_rows(found: Iterable[Any]) -> list[Any]:
    """The pairs, each with its two rows."""
    pairs = list(found)
    rows = duplicates.labels(pairs)
    for pair in pairs:
        pair.rows = [rows.get((pair.kind, key)) for key in (pair.first, pair.second)]
    return pairs


class DuplicateList(DeskList):
    """The pairs, each with its two rows. Reads all rows of a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = with_rows(self.result_list)


class DecidedFilter(admin.SimpleListFilter):
    """Pairs that wait for somebody, or those that aren't the same."""

    title = gettext_lazy("decided")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("no", _("Not decided")), ("yes", _("Not the same"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_dismissed=self.value() == "yes") if self.value() in {"no", "yes"} else queryset


@admin.register(LikelyDuplicate)
class LikelyDuplicateAdmin(ReadOnlyAdmin):
    """Pairs of rows that may be the same: merge them, or say that they aren't."""

    list_display = ["pair", "kind", "why", "found_at", "is_dismissed", "way_to_merge"]
    list_display_links = None
    list_filter = [DecidedFilter, "kind", "why"]
    ordering = ["is_dismissed", "kind", "pk"]
    actions = ["dismiss_selected"]
    list_select_related = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DuplicateList]:
        return DuplicateList

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        """The pairs with their rows. Protected sources are in no pair."""
        return with_rows(rows[: tables.MOST_ROWS])

    @admin.display(description=gettext_lazy("the two"))
    def pair(self, pair: Any) -> SafeString:
        """Both rows with what tells namesakes apart, each with a link to its form."""
        return format_html("{}<br>{}", *(_link(row) for row in pair.rows))

    @admin.display(description=gettext_lazy("merge"))
    def way_to_merge(self, pair: Any) -> str:
        if pair.is_dismissed or None in pair.rows:
            return ""
        address = merge_address(NameKind(pair.kind), gone=pair.second, kept=pair.first)
        return format_html('<a href="{}">{}</a>', address, _("Merge…"))

    def has_dismiss_permission(self, request: HttpRequest) -> bool:
        return RULES["merge"].permits(person(request))

    @admin.action(description=gettext_lazy("The selected pairs aren't the same"), permissions=["dismiss"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[LikelyDuplicate]) -> None:
        """Remember that the rows of these pairs aren't the same."""
        pairs = list(queryset.filter(is_dismissed=False))
        for pair in pairs:
            duplicates.dismiss(NameKind(pair.kind), pair.first, pair.second, by=person(request))
        sentence = ngettext(
            "We won't list %(count)d pair as likely the same again.",
            "We won't list %(count)d pairs as likely the same again.",
            len(pairs),
        )
        self.message_user(request, sentence % {"count": len(pairs)}, messages.SUCCESS)


def _link(row: Any) -> str:
    """The row with a link to its form; what was deleted is named as such."""
    if row is None:
        return _("deleted")
    return format_html('<a href="{}">{}</a>', change_address(row), label_of(row))
