"""Acts on many claims that are selected in the list."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.desk import readiness
from claims.desk.admin import acts
from claims.desk.admin.exports import export_as_fixture, may_export
from claims.desk.admin.refusals import by_reason, note_refusal
from claims.desk.admin.sent import person, version_in
from claims.desk.rules import Refused
from claims.models import Claim
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin

# The largest number of claims in one bulk act.
BULK = 100


class BulkActs(DeskModelAdmin):
    """Acts that assign, submit or export the selected claims."""

    actions: Sequence[Any] | None = ["assign_selected", "submit_selected", "merge_selected", export_as_fixture]

    @admin.action(description=gettext_lazy("Assign selected claims"), permissions=["assign"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse | None:
        """Ask for the person, then assign each claim."""
        return self.bulk(request, queryset, acts.ACTS["assign"])

    @admin.action(description=gettext_lazy("Submit selected claims for review"), permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse | None:
        """Ask for confirmation, then submit each claim that can be submitted."""
        return self.bulk(request, queryset, acts.ACTS["submit"])

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return acts.ACTS["assign"].is_permitted(person(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_export(request)

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return acts.ACTS["submit"].is_permitted(person(request))

    def bulk(self, request: HttpRequest, queryset: QuerySet[Claim], act: acts.DeskAct) -> HttpResponse | None:
        """Do an act on many claims, one by one. A refusal for one claim doesn't stop the others."""
        keys = list(queryset.order_by().values_list("pk", flat=True)[: BULK + 1])
        if len(keys) > BULK:
            sentence = _("Choose %(count)d claims or fewer, then do it again for the next ones.")
            self.message_user(request, sentence % {"count": BULK}, messages.WARNING)
            return None
        claims = list(Claim.objects.preload().select_related("assignee").filter(pk__in=keys))
        is_confirmed = "confirmed" in request.POST
        form = act.form({**request.POST.dict(), "version": "1"} if is_confirmed else None)
        if is_confirmed:
            keys_sent = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
            own = [
                "action",
                "select_across",
                "index",
                "confirmed",
                helpers.ACTION_CHECKBOX_NAME,
                *(f"version-{key}" for key in keys_sent),
            ]
            unexpected.report(request, [*form.fields, *own])
        if is_confirmed and form.is_valid():
            refusals = [self._do(request, act, claim, form.arguments) for claim in claims]
            self._report(request, act, claims, refusals)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "act": act,
            "form": form,
            "media": self.media + form.media,
            "claims": [(claim, readiness.blockers(claim) if act.name == "submit" else []) for claim in claims],
            "action": request.POST.get("action", ""),
        }
        return TemplateResponse(request, "admin/claims/claim/bulk.html", context)

    def _do(self, request: HttpRequest, act: acts.DeskAct, claim: Claim, arguments: dict[str, Any]) -> str:
        """Do the act on one claim. Returns why it was refused, or nothing."""
        try:
            act.run(claim, by=person(request), version=version_in(request, f"version-{claim.pk}"), **arguments)
        except Refused as refusal:
            note_refusal(request, refusal)
            return str(refusal)
        return ""

    def _report(self, request: HttpRequest, act: acts.DeskAct, claims: list[Claim], refusals: list[str]) -> None:
        """Show one message with what was done, and one with the claims that were refused, by reason."""
        if done := refusals.count(""):
            sentence = ngettext("%(act)s: %(count)d claim.", "%(act)s: %(count)d claims.", done)
            self.message_user(request, sentence % {"act": act.label, "count": done}, messages.SUCCESS)
        refused = [(claim, reason) for claim, reason in zip(claims, refusals, strict=True) if reason]
        if refused:
            sentence = ngettext("Not done for %(count)d claim:", "Not done for %(count)d claims:", len(refused))
            warning = format_html("{}{}", sentence % {"count": len(refused)}, by_reason(refused))
            self.message_user(request, warning, messages.WARNING)
