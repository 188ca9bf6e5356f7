"""The parts of a claim's form: groups of fields. Those that few claims need are folded while they are empty."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import Fieldset
from django.contrib.admin.utils import flatten
from django.http import HttpRequest

from claims.models import Claim
from factcheck.core.desk.admin import DeskModelAdmin

FOLDS = "collapse"


@dataclass(frozen=True)
class FormPart:
    """A group of fields. `folds` says if it can be folded, `is_open` if the page shows its fields at first."""

    name: str
    anchor: str
    fieldset: Fieldset
    folds: bool
    is_open: bool


def parts_of(adminform: Any) -> list[FormPart]:
    """The groups of fields of an admin form. One that folds is open if a field has a value or an error."""
    parts = []
    for number, fieldset in enumerate(adminform):
        folds = FOLDS in fieldset.classes.split()
        is_open = not folds or any(_is_used(adminform.form, name) for name in flatten(fieldset.fields))
        # Inside what is folded, so that a link to it opens it.
        anchor = f"part-{number}" if folds else f"fieldset-0-{number}-heading"
        parts.append(FormPart(str(fieldset.name), anchor, fieldset, folds, is_open))
        if folds:
            fieldset.name = None
    return parts


def _is_used(form: Any, name: str) -> bool:
    """True if the field has an error, or a value that a new claim doesn't have. The slug is always made for it."""
    value = form[name].value() if name in form.fields else getattr(form.instance, name, None)
    default = Claim._meta.get_field(name).get_default()  # type: ignore[union-attr]
    return name in form.errors or (name != "slug" and bool(value) != bool(default))


class FormInParts(DeskModelAdmin):
    """Gives the template of a claim's form its parts."""

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["parts"] = parts_of(context["adminform"])
        return super().render_change_form(request, context, *args, **kwargs)
