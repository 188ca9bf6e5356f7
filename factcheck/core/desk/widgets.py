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
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from factcheck.core.fields.addresses import lookup_key
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


class Typed(str):
    """What somebody typed to choose a row where no script runs: its name, its slug or its web address."""

    __slots__ = ()


# The end of the name of the input for that.
TYPED = "_typed"


def row_called(rows: Any, text: str) -> Any:
    """The row with this web address, slug or name, in the order of what says most. Case doesn't count.

    A queryset that finds rows by a web address has a method `at`. Raises ValidationError if there is no such row, or
    several.
    """
    columns = {field.name for field in rows.model._meta.fields}
    found: list[Any] = []
    if "\0" not in text:
        named = [rows.filter(**{f"{name}__iexact": text}) for name in ("slug", "name", "title") if name in columns]
        by_address = [rows.at(text)] if hasattr(rows, "at") else []
        found = next(filter(None, (list(some[:_NAMESAKES]) for some in [*by_address, *named])), [])
    if not found:
        opts = rows.model._meta
        column = "address" if lookup_key(text) else next((name for name in ("name", "title") if name in columns), "")
        prefilled = f"?{urlencode({column: text})}" if column else ""
        raise ValidationError(
            format_html(
                _('We couldn’t find “{}”. Check it, or <a href="{}" target="_blank">add it</a> and save again.'),
                text,
                reverse(f"admin:{opts.app_label}_{opts.model_name}_add") + prefilled,
            )
        )
    if len(found) > 1:
        names = ", ".join(str(row.slug) for row in found)
        raise ValidationError(
            _("Several are called “%(text)s”. Type the slug of one: %(names)s.") % {"text": text, "names": names}
        )
    return found[0]


# How many rows of one name an error lists.
_NAMESAKES = 5


class RowChoiceField(forms.ModelChoiceField[Any]):
    """A choice of a row, shown by its label. What was typed is the row of that name."""

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj)

    def to_python(self, value: Any) -> Any:
        return row_called(self.queryset, value) if isinstance(value, Typed) else super().to_python(value)


class RowsChoiceField(forms.ModelMultipleChoiceField[Any]):
    """A choice of several rows, each shown by its label. What was typed is the row of that name."""

    def label_from_instance(self, obj: Any) -> str:
        return label_of(obj)

    def clean(self, value: Any) -> Any:
        if not isinstance(value, list):
            return super().clean(value)
        keys = [str(row_called(self.queryset, one).pk) if isinstance(one, Typed) else one for one in value]
        return super().clean(keys)


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
    """A choice that searches while the user types. `desk.js` gives the select2 control the field's name.

    Where no script runs there is an input instead, for the name, the slug or the web address of a row. What was typed
    there counts for more than what was chosen before.
    """

    typed_label = _lazy("Or type its name, slug or web address:")

    def typed(self, data: Any, name: str) -> str:
        """What was sent of the input that is there without scripts."""
        return str(data.get(f"{name}{TYPED}") or "").strip()

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        is_omitted: bool = super().value_omitted_from_data(data, files, name)  # type: ignore[misc]
        return is_omitted and f"{name}{TYPED}" not in data

    def format_value(self, value: Any) -> Any:
        values = value if isinstance(value, list | tuple) else [value]
        return super().format_value([one for one in values if not isinstance(one, Typed)])  # type: ignore[misc]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        values = value if isinstance(value, list | tuple) else [value]
        return format_html(
            '{}<noscript><label>{} <input type="text" name="{}" value="{}" class="vTextField"></label></noscript>',
            super().render(name, value, attrs, renderer),  # type: ignore[misc]
            self.typed_label,
            f"{name}{TYPED}",
            ", ".join(one for one in values if isinstance(one, Typed)),
        )

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

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = self.typed(data, name)
        return Typed(typed) if typed else super().value_from_datadict(data, files, name)


class DeskSelectMultiple(DeskSelectMixin, widgets.AutocompleteSelectMultiple):
    """Several rows of another table.

    Each has its own remove button; select2's button to clear all breaks its list, so it is off.
    """

    typed_label = _lazy("Or type their names or slugs, separated by commas:")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = [Typed(one.strip()) for one in self.typed(data, name).split(",") if one.strip()]
        chosen = super().value_from_datadict(data, files, name)
        return [*(chosen or []), *typed] if typed else chosen

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}


class DeskDateTime(widgets.AdminSplitDateTime):
    """A date and a time, each with an accessible name."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, [_("Date"), _("Time")], strict=True):
            widget.attrs["aria-label"] = name
