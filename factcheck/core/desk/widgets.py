"""Form fields and widgets of the desk: they normalise text, and every control has an accessible name."""

import csv
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib.admin import widgets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from factcheck.core.fields.keys import is_key
from factcheck.core.text import PROSE_MAX_LENGTH, clean, one_line, shortened

# Fields


class LineField(forms.CharField):
    """One line of text, in the normal form that the record stores."""

    def to_python(self, value: Any) -> Any:
        return _normalise(one_line, super().to_python(value))


class ProseField(forms.CharField):
    """Lines of text, in the normal form that the record stores; by default at most `PROSE_MAX_LENGTH` characters."""

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(max_length=max_length or PROSE_MAX_LENGTH, **kwargs)

    def to_python(self, value: Any) -> Any:
        return _normalise(clean, super().to_python(value))


class CommaSeparatedField(SimpleArrayField):
    """A list of short texts in one input: `Denver, Colorado`. An item with a comma is in double quotes.

    Empty items are dropped.
    """

    def __init__(self, base_field: forms.Field, *, help_text: Any = "", **kwargs: Any) -> None:
        quotes = _lazy('Put one with a comma in double quotes: "Washington, D.C."')
        super().__init__(base_field, help_text=format_lazy("{} {}", help_text, quotes), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return ", ".join(_quote(item) if set(item) & set(',"') else item for item in value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            line = _normalise(one_line, value)
            try:
                value = next(csv.reader([line], skipinitialspace=True), [])
            except csv.Error as error:
                raise ValidationError(_("Separate the items with commas.")) from error
        stripped = (item.strip() for item in value or [])
        return super().to_python([item for item in stripped if item])


def _quote(item: str) -> str:
    doubled = item.replace('"', '""')
    return f'"{doubled}"'


def _normalise(function: Callable[[str], str], value: Any) -> Any:
    if not isinstance(value, str) or "\0" in value:
        return value  # Django's own validator reports a NUL
    try:
        return function(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


# Choices of a row


def change_address(row: Any) -> str:
    """The page of the desk on which a row is changed."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def label_of(row: Any, *, longest: int = 0) -> str:
    """The name of a row with what tells it from others of that name, for a picker.

    A model says so by `details`: short texts in order of use. With `longest` the name alone is shortened, so that the
    details stay readable.
    """
    details = [detail for detail in getattr(row, "details", []) if detail]
    name = str(getattr(row, "title", "") or getattr(row, "name", "") or row) if details else str(row)
    name = shortened(name, longest) if longest else name
    return f"{name} ({', '.join(details)})" if details else name


class RowChoiceField(forms.ModelChoiceField[Any]):
    """A choice of a row, shown by its label."""

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj)


class RowsChoiceField(forms.ModelMultipleChoiceField[Any]):
    """A choice of several rows, each shown by its label."""

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj)


class DeskAutocomplete(AutocompleteJsonView):
    """The rows that a picker offers while somebody types, and after them what can be added.

    An offer has the address of a `form` that adds a row; `desk.js` opens it.
    """

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.term, self.model_admin, self.source_field, to_field_name = self.process_request(request)
        if not self.has_perm(request):
            raise PermissionDenied
        self.object_list = self.get_queryset()
        context = self.get_context_data()
        is_more = context["page_obj"].has_next()
        results = [self.serialize_result(row, to_field_name) for row in context["object_list"]]
        if not is_more:
            table: Any = self.model_admin
            results += table.picker_offers(request, self.term, self.source_field)
        return JsonResponse({"results": results, "pagination": {"more": is_more}})

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": label_of(obj)}


# Widgets


class DeskSelectMixin(widgets.AutocompleteMixin):
    """A choice that searches while the user types. `desk.js` gives the select2 control the field's name."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return attrs | {"data-placeholder": _("Search: %(name)s") % {"name": self.field.verbose_name}}

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """Django queries the database for any value that was sent, so drop those that can't be keys."""
        return super().optgroups(name, [key for key in value if is_key(str(key))], attr)

    @property
    def media(self) -> forms.Media:
        # Both are listed together so that Media keeps this order.
        return super().media + forms.Media(js=["admin/js/autocomplete.js", "factcheck/desk.js"])


class DeskSelect(DeskSelectMixin, widgets.AutocompleteSelect):
    """One row of another table."""


class DeskSelectMultiple(DeskSelectMixin, widgets.AutocompleteSelectMultiple):
    """Several rows of another table.

    Each has its own remove button; select2's button to clear all breaks its list, so it is off.
    """

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}


class DeskDateTime(widgets.AdminSplitDateTime):
    """A date and a time, each with an accessible name."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, [_("Date"), _("Time")], strict=True):
            widget.attrs["aria-label"] = name
