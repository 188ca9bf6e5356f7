"""Names in a POST that the form of the page doesn't have: somebody tries to set more than the page offers."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal
from django.http import HttpRequest

from factcheck.core.desk.widgets import TYPED

if TYPE_CHECKING:
    from django.forms import BaseFormSet

# Sent with the `request` and the `names`, of which the values are never kept.
unexpected_fields = Signal()

# Fields of every form of the desk, beside those of its table.
_OF_EVERY_FORM = {
    *("csrfmiddlewaretoken", "_popup", "_to_field"),
    *("_save", "_addanother", "_continue", "_saveasnew"),
}
_PART = re.compile(r"_\d+\Z")


def report(request: HttpRequest, fields: Iterable[str], formsets: Iterable["BaseFormSet[Any]"] = ()) -> None:
    """Send `unexpected_fields` if the POST has names other than `fields`, those of the formsets and the buttons."""
    known = _OF_EVERY_FORM | set(fields)
    rows = [_names_in(formset) for formset in formsets]

    def is_known(name: str) -> bool:
        plain = name.removeprefix("initial-").removesuffix(TYPED)
        # A date with a time has two inputs, `at_0` and `at_1`.
        return bool(
            plain in known or _PART.sub("", plain) in known or any(row.fullmatch(_PART.sub("", plain)) for row in rows)
        )

    unknown = sorted(name for name in request.POST if not is_known(name))
    if unknown:
        unexpected_fields.send(sender=None, request=request, names=unknown)


def _names_in(formset: "BaseFormSet[Any]") -> re.Pattern[str]:
    """The names that the rows of a formset and its management form send."""
    fields = "|".join(map(re.escape, formset.empty_form.fields))
    counts = "(?:TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS"
    return re.compile(rf"{re.escape(str(formset.prefix))}-(?:(?:\d+|__prefix__)-(?:{fields})|{counts})")
