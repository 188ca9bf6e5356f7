"""The lists of the desk. Of an address they read what they offer: filters, search, order, pages and periods."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path, lookup_spawns_duplicates
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import get_current_timezone

from factcheck.core.desk import search


class DeskList(ChangeList):
    """A list that ignores every parameter that isn't its own.

    Django hands the parameters that no filter took to the ORM as conditions. Then `?secret__startswith=a` tells what
    the list doesn't show, and `?at__year=0` and `?note__regex=(` break the page.
    """

    # The parameters of the address that filters took.
    taken: set[str]

    def get_filters(self, request: HttpRequest) -> tuple[list[Any], bool, dict[str, Any], bool, bool]:
        """The filters, and as the only other conditions the bounds of the period that the address names.

        Raises IncorrectLookupParameters for a period that isn't one, and for a NUL, which no column can store.
        """
        asked = self.get_filters_params()
        made = [self._filter(one, request, asked) for one in self.list_filter]
        shown = [one for one in made if one and one.has_output()]
        self.taken = {name for one in shown for name in one.used_parameters}
        if any("\0" in value for name in self.taken for value in self.filter_params[name]):
            raise IncorrectLookupParameters
        may_repeat = any(lookup_spawns_duplicates(self.lookup_opts, name) for name in self.taken)
        return shown, bool(shown), self._period(), may_repeat, bool(self.taken)

    def _filter(self, offered: Any, request: HttpRequest, asked: dict[str, Any]) -> Any:
        """A filter of the list, which takes its parameters out of those `asked`."""
        if callable(offered):
            return offered(request, asked, self.model, self.model_admin)
        path, make = offered if isinstance(offered, tuple) else (offered, FieldListFilter.create)
        field = get_fields_from_path(self.model, path)[-1]
        return make(field, request, asked, self.model, self.model_admin, field_path=path)

    def _period(self) -> dict[str, list[datetime]]:
        """The bounds of the year, month or day of the address, if the list has a `date_hierarchy`."""
        year, month, day = (self.params.get(f"{self.date_hierarchy}__{part}") for part in ("year", "month", "day"))
        if not (self.date_hierarchy and year):
            return {}
        try:
            first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=get_current_timezone())
            if day:
                end = first + timedelta(days=1)
            elif month:
                end = (first + timedelta(days=32)).replace(day=1)
            else:
                end = first.replace(year=first.year + 1)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error
        return {f"{self.date_hierarchy}__gte": [first], f"{self.date_hierarchy}__lt": [end]}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        # Django's link has the bounds of the period, which aren't parameters here, and drops what isn't a filter.
        self.clear_all_filters_qs = self.get_query_string(remove=list(self.taken))
        return rows

    @property
    def is_search_cut(self) -> bool:
        """True if the search left out words."""
        return search.is_cut(self.query)
