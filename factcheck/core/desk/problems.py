"""The errors of a form with rows, each with the name of its field and row, and a link to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.text import capfirst


@dataclass(frozen=True)
class Problem:
    """A field with errors: "Evidence 3: finding", the id of its control, and what is wrong."""

    label: str
    anchor: str
    sentences: list[str]


def problems_of(form: Any, inlines: Iterable[Any]) -> list[Problem]:
    """The fields with errors in the order of the page. `inlines` are Django's inline formsets of an admin form."""
    found = list(_of_form(form))
    for inline in inlines:
        name = capfirst(str(inline.opts.verbose_name))
        for number, row in enumerate(inline.formset.forms, 1):
            found += _of_form(row, f"{name} {number}", f"{inline.formset.prefix}-{number - 1}")
        if errors := list(inline.formset.non_form_errors()):
            group = f"{inline.formset.prefix}-group"
            found.append(Problem(capfirst(str(inline.opts.verbose_name_plural)), group, errors))
    return found


def _of_form(form: Any, row: str = "", row_anchor: str = "") -> Iterator[Problem]:
    for name, errors in form.errors.items():
        sentences = [str(error) for error in errors]
        if name != NON_FIELD_ERRORS and name in form.fields:
            field = form[name]
            label = f"{row}: {str(field.label).lower()}" if row else capfirst(str(field.label))
            yield Problem(label, field.id_for_label or field.auto_id, sentences)
        elif row:
            yield Problem(row, row_anchor, sentences)
