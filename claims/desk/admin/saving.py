"""Saving of a claim's form: who may change it, and the act of the workflow that stores it with its rows."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from claims.desk import workflow
from claims.desk.admin import panel, refusals
from claims.desk.admin.sent import person, version_in
from claims.desk.admin.situation import Situation
from claims.desk.rules import Refused
from claims.models import Claim, Revision
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.conflict import Merge


class SavedByAct(DeskModelAdmin):
    """Stores the form as one act, on the version that the person saw."""

    refusals = (*DeskModelAdmin.refusals, Refused)

    # Permissions

    def has_change_permission(self, request: HttpRequest, obj: Claim | None = None) -> bool:
        """True if the form has input fields. For a sent form the act decides, because its refusal keeps the text."""
        may = super().has_change_permission(request, obj)
        if obj is None or request.method == "POST" or not may:
            return may
        return not panel.why_locked(Situation(obj, person(request)))

    def get_readonly_fields(self, request: HttpRequest, obj: Claim | None = None) -> list[str]:
        """The slug is read-only once the claim was published."""
        return ["slug"] if obj and Revision.objects.filter(claim=obj).exists() else []

    # Saving

    def check_saving(self, request: HttpRequest, row: Claim) -> None:
        workflow.check_edit(row, by=person(request))

    def is_current(self, request: HttpRequest, row: Claim, form: Any, formsets: list[Any]) -> bool:
        """True if the claim has the version that the person saw: acts raise the version without changing the text."""
        return version_in(request) == row.version and super().is_current(request, row, form, formsets)

    def merge(self, request: HttpRequest, row: Claim, form: Any, formsets: list[Any]) -> Merge:
        merge = super().merge(request, row, form, formsets)
        merge.data["version"] = str(row.version)
        return merge

    def status(self, refusal: Exception) -> int:
        return refusals.status(refusal) if isinstance(refusal, Refused) else super().status(refusal)

    def save_model(self, request: HttpRequest, obj: Claim, form: Any, change: bool) -> None:
        """Do nothing. `save_related` saves the claim, because only it knows if a row changed."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Log or edit the claim with its topics and rows as one act. Does nothing if nothing changed."""
        is_edited = change and (form.has_changed() or any(formset.has_changed() for formset in formsets))
        if not change:
            workflow.log(form.instance, by=person(request))
        elif is_edited:
            workflow.edit(form.instance, by=person(request), version=version_in(request))
        super().save_related(request, form, formsets, change)
        if is_edited and workflow.settle(form.instance, by=person(request)):
            sentence = _("The text is again what readers see, so the claim is published and needs no approval.")
            self.message_user(request, sentence, messages.INFO)

    def response_change(self, request: HttpRequest, obj: Claim) -> HttpResponse:
        """Show a message if there was nothing to save."""
        if obj.version == version_in(request):
            self.message_user(request, _("Nothing was changed, so nothing was saved."), messages.INFO)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form with the version that it shows, and the panel beside it."""
        claim = context.get("original")
        if claim:
            context |= panel.context(claim, person(request))
            is_sent = request.method == "POST"
            context["version"] = version_in(request) if is_sent else context["situation"].claim.version
        return super().render_change_form(request, context, *args, **kwargs)
