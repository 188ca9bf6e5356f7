"""Rows within a form: each control has an accessible name, and no row that was sent is left out without a word."""

from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from factcheck.core.fields.keys import is_key

# The most rows of one kind in a form.
ROWS = 100

Data = MultiValueDict[str, Any]
# The fields of a row as they were sent, without the row's prefix.
Row = dict[str, list[str]]


def sent_rows(data: Data, prefix: str, most: int = ROWS + 1) -> dict[int, Row]:
    """The first `most` rows of a formset as they were sent, by their numbers, whatever the counts beside them say."""
    rows: dict[int, Row] = {}
    for name in data:
        number, _dash, field = name.removeprefix(f"{prefix}-").partition("-")
        if name.startswith(f"{prefix}-") and field and is_key(number) and str(int(number)) == number:
            rows.setdefault(int(number), {})[field] = data.getlist(name)
    return dict(sorted(rows.items())[:most])


def write_rows(data: Data, prefix: str, stored: Sequence[Row], new: Sequence[Row]) -> None:
    """Replace the rows of a formset in `data` by these, those that are stored first, and write the counts for them."""
    for name in [name for name in data if name.startswith(f"{prefix}-")]:
        del data[name]
    for number, row in enumerate([*stored, *new]):
        for name, values in row.items():
            data.setlist(f"{prefix}-{number}-{name}", values)
    data[f"{prefix}-INITIAL_FORMS"] = str(len(stored))
    data[f"{prefix}-TOTAL_FORMS"] = str(len(stored) + len(new))


class DeskFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Rows whose fields and delete boxes have an accessible name, also in a table, where they have no label.

    The hidden counts and keys must be those that the page has. Otherwise Django would skip rows in silence: a count of
    -1 stores a claim without its evidence. Here the form comes back with an error and with every row that was sent.
    """

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.is_as_sent_out = True
        if self.is_bound:
            rows = sent_rows(cast("Data", self.data), str(self.prefix), self.absolute_max)
            stored = {str(row.pk) for row in self.get_queryset()}
            self.is_as_sent_out = self._counts_agree(rows) and self._keys_agree(rows, stored)
            self.data = self._consistent(rows, stored)

    def _counts_agree(self, rows: dict[int, Row]) -> bool:
        """True if the counts are numbers that fit the rows. A row that was counted and not sent is an empty one."""
        total, initial, least, most = (
            self.data.get(f"{self.prefix}-{name}_FORMS") for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")
        )
        if not (is_key(str(total)) and is_key(str(initial))):
            return False
        return (
            max(rows, default=-1) < int(str(total)) <= self.absolute_max
            and int(str(initial)) == sum(1 for row in rows.values() if self._key(row))
            and str(least or self.min_num) == str(self.min_num)
            and str(most or self.max_num) == str(self.max_num)
        )

    def _keys_agree(self, rows: dict[int, Row], stored: set[str]) -> bool:
        """True if the first rows are stored ones of this parent, each once, and the others are new."""
        keys = [self._key(row) for row in rows.values()]
        given = [key for key in keys if key]
        parents = {value for row in rows.values() for value in row.get(self.fk.name, []) if value}
        return (
            keys[: len(given)] == given
            and list(rows)[: len(given)] == list(range(len(given)))
            and len(set(given)) == len(given)
            and set(given) <= stored
            and parents <= {str(self.instance.pk)}
        )

    def _consistent(self, rows: dict[int, Row], stored: set[str]) -> Data:
        """The data with counts and keys that agree with the rows. A row with a key that can't be becomes a new one."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        left, known, new = set(stored), [], []
        for row in rows.values():
            plain = {name: values for name, values in row.items() if name not in {self._pk, self.fk.name}}
            key = self._key(row)
            if key in left:
                left.remove(key)
                known.append({**plain, self._pk: [key]})
            else:
                new.append(plain)
        write_rows(data, str(self.prefix), known, new)
        data[f"{self.prefix}-MIN_NUM_FORMS"] = str(self.min_num)
        data[f"{self.prefix}-MAX_NUM_FORMS"] = str(self.max_num)
        return data

    @property
    def _pk(self) -> str:
        return str(self.get_queryset().model._meta.pk.name)

    def _key(self, row: Row) -> str:
        """The key that was sent for a row; the empty text for a new row."""
        return "".join(row.get(self._pk, [])[-1:])

    def clean(self) -> None:
        if not self.is_as_sent_out:
            raise ValidationError(
                _("We didn't get the rows below as this page sent them. Compare them with yours, then save again.")
            )
        super().clean()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        opts = form.instance._meta
        row = f"{opts.verbose_name} {_('new') if index is None else index + 1}"
        for name, field in form.fields.items():
            label = _("Delete") if name == "DELETE" else field.label or name
            # The wrapper that the admin puts around a choice shares its attributes with every other row.
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", f"{capfirst(label)}, {row}")
