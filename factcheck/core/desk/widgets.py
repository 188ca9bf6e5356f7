"""Form fields and widgets of the desk: they normalise text, and every control has an accessible name."""

import csv
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib.admin import widgets
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from factcheck.core.fields.keys import is_key
from factcheck.core.text import PROSE_MAX_LENGTH, clean, one_line

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
