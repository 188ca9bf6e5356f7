"""Two people saved one claim: what the second typed goes on top of what the first stored; nothing is lost.

The form carries fingerprints of what its reader saw. A field that only the first changed takes the first's
text; one that the second changed keeps the second's, and the page shows both.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from claims.record import differences
from factcheck.core.desk.formsets import sent_rows, write_rows
from factcheck.core.fields.keys import is_key
from factcheck.core.text import clean

Values = list[str]
Read = dict[str, dict[str, str]]

# Not text that anybody typed.
_MACHINERY = {"id", "claim", "DELETE"}
_MAIN = ""


@dataclass(frozen=True)
class Difference:
    """A field in which what was typed and what is stored differ."""

    label: str
    typed: str
    stored: str
    parts: list[differences.Part]


# Values, as the form shows and sends them


def _shown(field: forms.Field, value: Any) -> Values:
    """What the form sends for `value` when nobody touches it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(key) for key in field.prepare_value(value) or [])
    if isinstance(field, forms.BooleanField):
        return ["on"] if value else []
    return ["" if value is None else clean(str(value))]


def _sent(field: forms.Field, values: Values) -> Values:
    """What came back, in the same form."""
    if isinstance(field, forms.ModelMultipleChoiceField):
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
        names = {str(row.pk): str(row) for row in field.queryset.filter(pk__in=keys)} if keys else {}
    else:
        names = dict(getattr(field, "choices", []))
    return "\n".join(str(names.get(value, value)) for value in values)


def _fields(form: Any) -> dict[str, forms.Field]:
    return {name: field for name, field in form.fields.items() if name not in _MACHINERY}


def _values(form: Any) -> dict[str, Values]:
    return {name: _shown(field, form[name].value()) for name, field in _fields(form).items()}


# What a person saw


def _fingerprint(values: Values) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()[:16]


def as_read(form: Any, formsets: list[Any]) -> str:
    """Fingerprints of every value in an unbound form and its rows, for the form to carry."""
    rows = {
        f"{formset.prefix}-{row.instance.pk}": _values(row) for formset in formsets for row in formset.initial_forms
    }
    read = {_MAIN: _values(form)} | rows
    prints = {key: {name: _fingerprint(value) for name, value in values.items()} for key, values in read.items()}
    return json.dumps(prints)


def _read(text: str) -> Read:
    """The fingerprints that came back; nothing when they are no longer what we sent."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not (isinstance(read, dict) and all(isinstance(prints, dict) for prints in read.values())):
        return {}
    return read


# Merging


class Merge:
    """`data`, as it was sent, brought on top of the stored claim that `form` and `formsets` show unbound."""

    def __init__(self, sent: QueryDict, form: Any, formsets: list[Any]) -> None:
        self.read = _read(sent.get("as_read", ""))
        self.data = sent.copy()
        self.differences: list[Difference] = []
        self.taken_over: list[str] = []
        self._merge(form, sent, _MAIN, "")
        for formset in formsets:
            self._merge_rows(formset, sent)
        self.data["as_read"] = as_read(form, formsets)

    def _merge(self, stored: Any, sent: QueryDict, key: str, label: str) -> dict[str, Values]:
        """Decide each field of a form; returns what to send for it, and puts the claim's into the data."""
        merged = {}
        for name, field in _fields(stored).items():
            now = _shown(field, stored[name].value())
            typed = _sent(field, sent.getlist(name))
            read = self.read.get(key, {}).get(name)
            title = f"{label}{capfirst(str(field.label or name))}"
            merged[name] = typed
            if typed == now:
                continue
            if read == _fingerprint(typed):
                merged[name] = now
                self.taken_over.append(title)
            else:
                words = _in_words(field, typed), _in_words(field, now)
                self.differences.append(Difference(title, *words, differences.of_texts(words[1], words[0])))
        if key == _MAIN:
            for name, values in merged.items():
                self.data.setlist(name, values)
        return merged

    def _merge_rows(self, formset: Any, sent: QueryDict) -> None:
        stored = {str(row.instance.pk): row for row in formset.initial_forms}
        kept: list[dict[str, Values]] = []
        new: list[dict[str, Values]] = []
        for number, row in enumerate(sent_rows(sent, formset.prefix).values(), start=1):
            key = "".join(row.get("id", [""])[-1:])
            label = f"{capfirst(formset.model._meta.verbose_name)} {number}: "
            if key in stored:
                values = QueryDict(mutable=True)
                for name, sent_values in row.items():
                    values.setlist(name, sent_values)
                merged = self._merge(stored.pop(key), values, f"{formset.prefix}-{key}", label)
                kept.append({**row, **merged})
            elif not key:
                new.append(row)
            elif not self._untouched(formset, row, key) and "DELETE" not in row:
                new.append({**row, "id": [""]})
                finding = _in_words(formset.empty_form.fields["source"], row.get("source", []))
                gone = _("They took this row out; yours is kept as a new one.")
                self.differences.append(Difference(label.rstrip(": "), finding, gone, []))
        for key, form in stored.items():
            kept.append({**_values(form), "id": [key], "claim": [str(formset.instance.pk)]})
            self.taken_over.append(str(form.instance))
        write_rows(self.data, formset.prefix, kept, new)

    def _untouched(self, formset: Any, row: dict[str, Values], key: str) -> bool:
        """Whether the row came back as it was read."""
        read = self.read.get(f"{formset.prefix}-{key}", {})
        fields = _fields(formset.empty_form)
        return all(read.get(name) == _fingerprint(_sent(field, row.get(name, []))) for name, field in fields.items())
