"""Filters for the lists of the desk, which don't read a whole table to say what they offer."""

from typing import Any

from django.contrib import admin

# Filters offer what these rows have.
_NEWEST = 1_000


class ValuesOfTheNewest(admin.AllValuesFieldListFilter):
    """Offers the values that the newest rows have in a field."""

    def __init__(self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, **place: Any) -> None:
        super().__init__(field, request, params, model, model_admin, **place)
        rows = model_admin.get_queryset(request)
        newest = rows.filter(pk__in=rows.order_by("-pk").values("pk")[:_NEWEST])
        self.lookup_choices = newest.order_by(field.name).distinct().values_list(field.name, flat=True)
