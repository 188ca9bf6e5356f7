"""What readers see the name of: saving it at the desk brings it to every published claim that shows it."""

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from claims.desk import workflow
from claims.desk.rules import Refused
from claims.record.body import Named
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import ProseField

if TYPE_CHECKING:
    from factcheck.accounts.models import User


class NamedForm(forms.ModelForm[Any]):
    """A form with a place for what readers are told when they see a change."""

    reason = ProseField(
        label=_("Reason for readers"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 2}),
        help_text=_("Published claims show this. When a change reaches them, readers are told why."),
    )


class NamedAdmin(DeskModelAdmin):
    """A table of names that the record shows."""

    form = NamedForm
    refusals = (*DeskModelAdmin.refusals, Refused)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj and self.has_change_permission(request, obj) and self.is_shown(obj):
            fieldsets.append((None, {"fields": ["reason"]}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["slug"] if obj and self.is_shown(obj) else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def is_shown(self, subject: Any) -> bool:
        return any(workflow.shown_in_record(name) for name in self.names(subject))

    def names(self, subject: Any) -> list[Named]:
        """What of `subject` readers may see by name."""
        return [subject]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows, then bring the record to them, or take both back."""
        super().save_related(request, form, formsets, change)
        tell = partial(workflow.rename, reason=form.cleaned_data["reason"], by=cast("User", request.user))
        revised = sum(map(tell, self.names(form.instance)))
        if revised:
            sentence = ngettext(
                "%(count)d published claim was revised, and readers are told why.",
                "%(count)d published claims were revised, and readers are told why.",
                revised,
            )
            self.message_user(request, sentence % {"count": revised}, messages.SUCCESS)

    def explain(self, refusal: Exception, form: Any) -> None:
        if not isinstance(refusal, Refused):
            return super().explain(refusal, form)
        # Its kinds have reasons of their own: the person, another's change, a lock.
        missing = type(refusal) is Refused and not form.cleaned_data.get("reason")
        form.add_error("reason" if missing else None, str(refusal))
        return None
