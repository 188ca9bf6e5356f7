"""Two people saved one row: what the second typed goes on top of what the first stored; nothing is lost.

Each form carries fingerprints of what its reader saw (`as_read`). `DeskModelAdmin` locks the row, compares, and raises
`OutdatedForm` if anything differs. A field that only the first changed takes the first's text; one that the second
changed keeps the second's, and the page shows both. The same holds for rows within the form.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.forms.models import InlineForeignKeyField
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from factcheck.core import comparison
from factcheck.core.desk.formsets import Row, sent_rows, write_rows
from factcheck.core.desk.widgets import TYPED, label_of
from factcheck.core.fields.keys import is_key
from factcheck.core.text import clean

Values = list[str]
# Fingerprints of the fields of a form, by name; and those of a form and its rows, by the key of each.
Prints = dict[str, str]
Read = dict[str, Prints]

_MAIN = ""


@dataclass(frozen=True)
class Difference:
    """A field in which what was typed and what is stored differ."""

    label: str
    typed: str
    stored: str
    parts: list[comparison.Part]


class OutdatedForm(Exception):
    """The row isn't any longer what the form's reader saw. `merge` is what was sent, on top of what is stored."""

    def __init__(self, merge: "Merge") -> None:
        self.merge = merge
        super().__init__(_("This was changed since you opened it. Compare both texts, then save again."))


class Busy(Exception):
    """The row, or one that it depends on, was locked for longer than the database lets a request wait."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else is changing this right now. Nothing was saved; try again in a moment."))


# Values, as the form shows and sends them

_MANY = (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)


def _shown(field: forms.Field, value: Any) -> Values:
    """The values that the form sends for `value` if nobody changes it."""
    if isinstance(field, _MANY):
        return sorted(str(key) for key in field.prepare_value(value) or [])
    if isinstance(field, forms.BooleanField):
        return ["on"] if value else []
    return ["" if value is None else clean(str(value))]


def _sent(field: forms.Field, values: Values) -> Values:
    """The values that were sent, in the same form as `_shown`."""
    if isinstance(field, _MANY):
        return sorted(values)
    if isinstance(field, forms.BooleanField):
        return ["on"] if values else []
    return [clean(values[-1] if values else "")]


def _in_words(field: forms.Field, values: Values) -> str:
    """The values as a person reads them."""
    if isinstance(field, forms.BooleanField):
        return _("Yes") if values else _("No")
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        keys = [value for value in values if is_key(value)]
        names = {str(row.pk): label_of(row) for row in field.queryset.filter(pk__in=keys)} if keys else {}
    else:
        names = dict(getattr(field, "choices", []))
    return "\n".join(str(names.get(value, value)) for value in values)


def _fields(form: Any) -> dict[str, forms.Field]:
    """The fields in which people type what is stored: no keys, no marks for deletion, no reasons for a change."""
    apart = {"DELETE", form._meta.model._meta.pk.name, *getattr(form, "not_stored", ())}
    return {
        name: field
        for name, field in form.fields.items()
        if name not in apart and not field.disabled and not isinstance(field, InlineForeignKeyField)
    }


def _values(form: Any) -> dict[str, Values]:
    return {name: _shown(field, form[name].value()) for name, field in _fields(form).items()}


# Fingerprints of what a person saw


def _fingerprint(values: Values) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()[:16]


def as_read(form: Any, formsets: list[Any]) -> str:
    """Fingerprints of every value in an unbound form and its rows, for the form to carry."""
    return json.dumps(_prints(form, formsets))


def is_current(text: str, form: Any, formsets: list[Any]) -> bool:
    """True if the fingerprints that came back are those of the stored row, which the unbound form and rows show.

    A field that the form no longer has isn't compared.
    """
    read, now = _read(text), _prints(form, formsets)
    return set(read) <= set(now) and all(
        read.get(key, {}).get(name) == fingerprint
        for key, prints in now.items()
        for name, fingerprint in prints.items()
    )


def _prints(form: Any, formsets: list[Any]) -> Read:
    rows = {
        f"{formset.prefix}-{row.instance.pk}": _values(row) for formset in formsets for row in formset.initial_forms
    }
    read = {_MAIN: _values(form)} | rows
    return {key: {name: _fingerprint(value) for name, value in values.items()} for key, values in read.items()}


def _read(text: str) -> Read:
    """The fingerprints that were sent back. Empty if they aren't in the form that we sent."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not (isinstance(read, dict) and all(isinstance(prints, dict) for prints in read.values())):
        return {}
    return read


# Merging


class Merge:
    """`data`, as it was sent, brought on top of the stored row that `form` and `formsets` show unbound."""

    def __init__(self, sent: QueryDict, form: Any, formsets: list[Any]) -> None:
        self.read = _read(sent.get("as_read", ""))
        self.data = sent.copy()
        self.differences: list[Difference] = []
        self.taken_over: list[str] = []
        for name, values in self._merge(form, sent, _MAIN, "").items():
            self.data.setlist(name, values)
        for formset in formsets:
            self._merge_rows(formset, sent)
        self.data["as_read"] = as_read(form, formsets)

    def _merge(self, stored: Any, sent: QueryDict, key: str, label: str) -> Row:
        """What to send for each field of a form: what was typed, or what is stored if nothing was typed."""
        prints = self.read.get(key, {})
        merged = {}
        for name, field in _fields(stored).items():
            now = _shown(field, stored[name].value())
            typed = _sent(field, sent.getlist(name))
            title = f"{label}{capfirst(str(field.label or name))}"
            merged[name] = typed
            if typed == now:
                continue
            # A form that carried fingerprints and none of this field didn't have the field.
            if prints.get(name) == _fingerprint(typed) or (prints and name not in prints and name not in sent):
                merged[name] = now
                self.taken_over.append(title)
            else:
                words = _in_words(field, typed), _in_words(field, now)
                self.differences.append(Difference(title, *words, comparison.of_texts(words[1], words[0])))
        return merged

    def _merge_rows(self, formset: Any, sent: QueryDict) -> None:
        stored = {str(row.instance.pk): row for row in formset.initial_forms}
        pk = formset.model._meta.pk.name
        kept: list[Row] = []
        new: list[Row] = []
        for number, row in enumerate(sent_rows(sent, formset.prefix).values(), start=1):
            key = "".join(row.pop(pk, [])[-1:])
            label = f"{capfirst(formset.model._meta.verbose_name)} {number}"
            if key in stored:
                form = stored.pop(key)
                kept.append({**self._merge_row(form, row, f"{formset.prefix}-{key}", label), pk: [key]})
            elif not key:
                new.append(row)
            elif not self._untouched(formset, row, key) and "DELETE" not in row:
                new.append(row)
                gone = _("Somebody else removed this row. Yours is kept as a new one.")
                self.differences.append(Difference(label, self._title(formset.empty_form, row), gone, []))
        for key, form in stored.items():
            kept.append({**_values(form), pk: [key]})
            self.taken_over.append(str(form.instance))
        write_rows(self.data, formset.prefix, kept, new)

    def _merge_row(self, form: Any, row: Row, key: str, label: str) -> Row:
        """A stored row as it was sent, with what somebody else changed in it."""
        values = QueryDict(mutable=True)
        for name, sent_values in row.items():
            values.setlist(name, sent_values)
        if "DELETE" in row and self.read.get(key) != {
            name: _fingerprint(value) for name, value in _values(form).items()
        }:
            theirs = "\n".join(
                _in_words(field, _shown(field, form[name].value())) for name, field in _fields(form).items()
            )
            self.differences.append(
                Difference(label, _("You removed this row, but somebody else changed it."), theirs, [])
            )
        return {**row, **self._merge(form, values, key, f"{label}: ")}

    def _untouched(self, formset: Any, row: Row, key: str) -> bool:
        """True if the row came back as it was read, and nothing was typed to choose another row."""
        read = self.read.get(f"{formset.prefix}-{key}", {})
        fields = _fields(formset.empty_form)
        return all(
            read.get(name) == _fingerprint(_sent(field, row.get(name, []))) and not any(row.get(f"{name}{TYPED}", []))
            for name, field in fields.items()
        )

    @staticmethod
    def _title(form: Any, row: Row) -> str:
        """The first field of a row as a person reads it."""
        name, field = next(iter(_fields(form).items()))
        return _in_words(field, row.get(name, []))
