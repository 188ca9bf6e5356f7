"""Changes of names that readers see: those that wait for a second person, and the progress of the others."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import NameChangeState, NameKind
from claims.desk import names
from claims.desk.admin.merge import preview_context, report_merge
from claims.desk.admin.names import report_change, report_sent_back
from claims.desk.admin.refusals import status
from claims.desk.merging import acts
from claims.desk.merging.preview import Preview
from claims.desk.rules import RULES, Refused
from claims.models import NameChange, PublishedClaim
from factcheck.core import comparison
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import ReadOnlyAdmin
from factcheck.core.desk.widgets import ProseField
from sources.choices import Protection
from sources.models import Source

if TYPE_CHECKING:
    from factcheck.accounts.models import User


_LISTED = 100


class DecisionForm(forms.Form):
    """Bring the change to readers, or decline it with a reason. Or undo a merge that is done."""

    decision = forms.ChoiceField(choices=[("accept", "accept"), ("decline", "decline"), ("undo", "undo")])
    # Of a merge, what the person saw that it does.
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    why_undone = ProseField(
        label=gettext_lazy("Why you undo it"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("If readers saw the merge, they see this reason too."),
    )
    why = ProseField(
        label=gettext_lazy("Why you decline it"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("For the desk. Readers don't see it."),
    )


@admin.register(NameChange)
class NameChangeAdmin(ReadOnlyAdmin):
    """Changes of names, each with the text before and after, and the decision."""

    list_display = ["name", "kind", "state", "progress", "proposed_by", "proposed_at", "decided_by", "changes_meaning"]
    list_filter = ["state", "kind", "changes_meaning"]
    search_fields = ["slug"]
    search_help_text = gettext_lazy("The name's slug")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """The changes without those of sources that this person may not see."""
        return super().get_queryset(request).exclude(pk__in=names.unseen(cast("User", request.user)).values("pk"))

    def rows_for_file(self, request: HttpRequest, rows: Any) -> Any:
        protected = Source.objects.exclude(protection=Protection.PUBLIC).values("slug")
        return rows.exclude(is_hidden=True).exclude(kind=NameKind.SOURCE, slug__in=protected)

    @admin.display(description=gettext_lazy("name"), ordering="slug")
    def name(self, change: NameChange) -> str:
        return change.slug

    @admin.display(description=gettext_lazy("published claims revised"))
    def progress(self, change: NameChange) -> str:
        if change.state == NameChangeState.ACCEPTED:
            return _("%(done)d of %(all)d") % {"done": change.revised, "all": change.claims}
        return str(change.revised) if change.state == NameChangeState.DONE else ""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The change with the text before and after, and the form for the second person."""
        change = self.row_to_view(request, object_id, missing=_("We couldn't find this change."))
        by = cast("User", request.user)
        form = DecisionForm(request.POST or None)
        refusal: Refused | None = None
        if request.method == "POST":
            unexpected.report(request, form.fields)
        if request.method == "POST" and form.is_valid():
            try:
                return self._decide(request, change, form.cleaned_data, by)
            except Refused as refused:
                refusal = refused
        found = self._preview(change)
        if isinstance(found, Refused):
            refusal, found = refusal or found, None
        if found and request.method == "POST":
            form.data = {**request.POST.dict(), "seen": found.digest}
        elif found:
            form.initial["seen"] = found.digest
        context = {
            **self.admin_site.each_context(request),
            **preview_context(found),
            "title": _("Merge") if change.is_merge else _("Change of a name"),
            "opts": self.opts,
            "media": self.media + form.media,
            "change": change,
            "progress": self.progress(change),
            "form": form,
            "refusal": refusal,
            "parts": comparison.of_texts(change.before, change.after),
            "may_decide": change.state == NameChangeState.PROPOSED and RULES["rename"].permits(by),
            "may_accept": not settings.FOUR_EYES or change.proposer_id != by.pk,
            "may_undo": change.into and change.state == NameChangeState.DONE and RULES["merge"].permits(by),
            "shown": self._shown(change),
            "protects_more": names.protects_more(change),
            "to_redact": names.may_need_redacting(change)[:_LISTED],
        }
        code = 200 if request.method != "POST" else status(refusal) if refusal else 400
        return TemplateResponse(request, "admin/claims/name_change.html", context, status=code)

    def _decide(self, request: HttpRequest, change: NameChange, sent: dict[str, Any], by: "User") -> HttpResponse:
        """Accept or decline the change, or undo it. Raises Refused."""
        if change.is_merge and sent["decision"] != "decline":
            outcome = self._merge(change, sent, by)
            report_merge(self, request, outcome)
            report_sent_back(self, request, outcome.sent_back)
            return redirect("admin:claims_namechange_change", outcome.change.pk if outcome.change else change.pk)
        if sent["decision"] == "accept":
            outcome = names.accept(change, by=by)
            report_sent_back(self, request, outcome.sent_back)
            change = cast("NameChange", outcome.change)
        else:
            change = names.decline(change, reason=sent["why"], by=by)
        report_change(self, request, change)
        return redirect("admin:claims_namechange_change", change.pk)

    @staticmethod
    def _merge(change: NameChange, sent: dict[str, Any], by: "User") -> names.Outcome:
        """Do what was decided about a merge. Raises Refused."""
        if sent["decision"] == "undo":
            return acts.undo(change, reason=sent["why_undone"], by=by)
        if change.undoes is not None:
            return acts.accept_undoing(change, by=by)
        return acts.accept(change, by=by, seen=sent["seen"])

    @staticmethod
    def _preview(change: NameChange) -> Preview | Refused | None:
        """What a merge that waits will do, or why it can't be done any more. None for every other change."""
        if not (change.into and change.state == NameChangeState.PROPOSED):
            return None
        try:
            return acts.preview_of(change)
        except Refused as refused:
            return refused

    def _shown(self, change: NameChange) -> int:
        """The number of published claims that show the name now."""
        if change.kind == NameKind.CLAIM:
            return PublishedClaim.objects.filter(slug=change.slug).count()
        model = names.MODELS[NameKind(change.kind)]
        subject: Any = model._default_manager.filter(slug=change.slug).first()
        return names.showing(subject).count() if subject else 0
