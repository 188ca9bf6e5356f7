"""The page that merges two rows of a table, and the action that opens it from the list."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import NameChangeState, NameKind
from claims.desk import merging, names
from claims.desk.admin.refusals import note_refusal, status
from claims.desk.admin.sent import person
from claims.desk.merging import acts, duplicates
from claims.desk.merging.preview import Preview, mergeable, preview
from claims.desk.names import Outcome
from claims.desk.rules import RULES, Refused
from claims.models import Claim, Evidence
from factcheck.core import comparison
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import DeskSelect, ProseField, RowChoiceField, change_address, label_of
from sources.models import Source

# A field of another table that chooses a row of each kind: its picker offers the rows.
_CHOSEN_BY: dict[NameKind, tuple[Any, str]] = {
    NameKind.CLAIMANT: (Claim, "claimant"),
    NameKind.TOPIC: (Claim, "topics"),
    NameKind.SOURCE: (Evidence, "source"),
    NameKind.PUBLISHER: (Source, "publisher"),
    NameKind.CLAIM: (Evidence, "claim"),
}
_TWO = 2


def merge_page(kind: NameKind) -> str:
    """The name of the address of the page that merges rows of this kind."""
    options = names.ROWS[kind]._meta
    return f"{options.app_label}_{options.model_name}_merge"


def merge_address(kind: NameKind, *, gone: int, kept: int) -> str:
    """The page that merges two rows of this kind."""
    return f"{reverse(f'admin:{merge_page(kind)}')}?{urlencode({'gone': gone, 'kept': kept})}"


class MergeForm(forms.Form):
    """Which two rows, and which of them stays. `reason` and `seen` are sent only to merge."""

    gone = RowChoiceField(label=gettext_lazy("This one goes"), queryset=None)
    kept = RowChoiceField(label=gettext_lazy("This one stays"), queryset=None)

    def __init__(self, kind: NameKind, site: admin.AdminSite, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model, name = _CHOSEN_BY[kind]
        for field in (self.fields["gone"], self.fields["kept"]):
            field.queryset = mergeable(kind)  # type: ignore[attr-defined]
            field.widget = DeskSelect(model._meta.get_field(name), site)
            field.widget.choices = field.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("gone") and cleaned.get("gone") == cleaned.get("kept"):
            self.add_error("kept", _("Choose two different rows."))
        return cleaned


class ConfirmForm(forms.Form):
    """The reason, and the preview that the person saw."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    reason = ProseField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Why these are the same. If readers see one of them, they see the reason too."),
    )


class Merging(DeskModelAdmin):
    """A table of which two rows can be made one."""

    @property
    def kind(self) -> NameKind:
        return names.kind_of(self.model())

    def get_urls(self) -> list[URLPattern]:
        if self.kind not in merging.KINDS:
            return super().get_urls()
        page = path("merge/", self.admin_site.admin_view(self.merge_view), name=merge_page(self.kind))
        return [page, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form, with the rows that may be the same, for people who can merge them."""
        row = context.get("original")
        if row and self.kind in merging.KINDS and self.has_merge_permission(request):
            context["likely_same"] = [
                {
                    "label": label_of(found.row),
                    "why": found.why.label,
                    "address": change_address(found.row),
                    "merge": merge_address(self.kind, gone=max(row.pk, found.row.pk), kept=min(row.pk, found.row.pk)),
                }
                for found in duplicates.near(row)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if self.kind not in merging.KINDS:
            actions.pop("merge_selected", None)
        return actions

    actions: Sequence[Any] | None = ["merge_selected"]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return RULES["merge"].permits(person(request)) and self.has_view_permission(request)

    @admin.action(description=gettext_lazy("Merge the two selected"), permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Open the page that merges the two selected rows. The older one stays, until the person chooses."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: _TWO + 1])
        if len(keys) != _TWO:
            self.message_user(request, _("Select exactly two, then choose this again."), messages.WARNING)
            return None
        return redirect(merge_address(self.kind, gone=keys[1], kept=keys[0]))

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Choose two rows, see what merging them does, and do it or propose it."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        sent = request.POST if is_sent else request.GET
        chosen = MergeForm(self.kind, self.admin_site, sent if "gone" in sent or "kept" in sent or is_sent else None)
        confirm = ConfirmForm(request.POST if is_sent else None)
        if is_sent:
            unexpected.report(request, [*chosen.fields, *confirm.fields])
        refusal: Refused | None = None
        found: Preview | None = None
        if chosen.is_valid():
            keys = {"gone": chosen.cleaned_data["gone"].pk, "kept": chosen.cleaned_data["kept"].pk}
            try:
                if is_sent and confirm.is_valid():
                    outcome = acts.merge(self.kind, **keys, **confirm.cleaned_data, by=person(request))
                    return self.after_merge(request, outcome)
            except Refused as refused:
                refusal = refused
                note_refusal(request, refused)
            try:
                found = preview(self.kind, **keys)
            except Refused as refused:
                refusal = refusal or refused
        is_invalid = (chosen.is_bound and not chosen.is_valid()) or (is_sent and not confirm.is_valid())
        code = 400 if is_invalid else status(refusal) if refusal and is_sent else 200
        if found and is_sent:
            confirm.data = {"reason": request.POST.get("reason", ""), "seen": found.digest}
        elif found:
            confirm.initial["seen"] = found.digest
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge two rows that are the same"),
            "opts": self.opts,
            "media": self.media + chosen.media + confirm.media,
            "chosen": chosen,
            "confirm": confirm,
            "refusal": refusal,
            **preview_context(found),
        }
        if found:
            context["swapped"] = merge_address(self.kind, gone=found.kept.pk, kept=found.gone.pk)
        return TemplateResponse(request, "admin/claims/merge.html", context, status=code)

    def after_merge(self, request: HttpRequest, outcome: Outcome) -> HttpResponse:
        """The page of the merge, with a message about what was done."""
        report_merge(self, request, outcome)
        return redirect("admin:claims_namechange_change", outcome.change.pk if outcome.change else 0)


def preview_context(found: Preview | None) -> dict[str, Any]:
    """What the template of a preview shows."""
    if found is None:
        return {"preview": None}
    return {
        "preview": found,
        "gone_label": label_of(found.gone),
        "kept_label": label_of(found.kept),
        "preview_parts": comparison.of_texts(found.before, found.after),
    }


def report_merge(admin_page: DeskModelAdmin, request: HttpRequest, outcome: Outcome) -> None:
    """Show what became of a merge, or of undoing one, and which approvals ended."""
    assert outcome.change is not None  # noqa: S101 — a merge always has its change
    sentence = {
        NameChangeState.PROPOSED: _("You proposed this. Another editor has to publish it."),
        NameChangeState.ACCEPTED: _("This is being published."),
    }.get(NameChangeState(outcome.change.state), _("Done."))
    admin_page.message_user(request, sentence, messages.SUCCESS)
