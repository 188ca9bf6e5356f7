"""One page for a typo in a published claim. It waits for another person, who publishes it with one click."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import PUBLIC_STATES
from claims.desk import workflow
from claims.desk.admin import panel
from claims.desk.admin.act_forms import CORRECTIONS, ActForm, Reason
from claims.desk.admin.claim_form import ClaimForm
from claims.desk.admin.pages import ClaimPages
from claims.desk.admin.refusals import status
from claims.desk.admin.sent import person
from claims.desk.admin.situation import Situation
from claims.desk.rules import Conflict, Refused
from claims.models import Claim
from factcheck.core.desk import unexpected

WORDS = ("statement", "headline", "summary", "explanation")


class FixForm(ClaimForm):
    """The words of a claim, and why they change."""

    not_stored = (*ClaimForm.not_stored, "reason", "version")

    reason = Reason(
        label=gettext_lazy("What was wrong, for readers"), help_text=gettext_lazy("Readers see it with the correction.")
    )
    version = ActForm.base_fields["version"]


class Fixing(ClaimPages):
    """The page that fixes a typo."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("<path:object_id>/fix/", view(self.fix_view), name="claims_claim_fix"), *super().get_urls()]

    def fix_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the words in input fields, then their difference from what readers see, then submit them."""
        claim, by = self._claim(request, object_id), person(request)
        is_sent = request.method == "POST"
        made: Any = forms.modelform_factory(
            Claim,
            form=FixForm,
            fields=[*WORDS, "is_another"],
            formfield_callback=lambda field: self.formfield_for_dbfield(field, request),
        )
        form = made(request.POST if is_sent else None, instance=claim, initial={"version": claim.version})
        refusal: Refused | None = None
        code = 200
        if is_sent:
            unexpected.report(request, [*form.fields, "look"])
            if not form.is_valid():
                code = 400
            elif "look" not in request.POST:
                try:
                    cleaned = form.cleaned_data
                    changed = form.save(commit=False)
                    workflow.fix(changed, reason=cleaned["reason"], by=by, version=cleaned["version"])
                except Refused as refused:
                    refusal, code = refused, status(refused)
                else:
                    sentence = _("Sent. Another person can publish it with one click.")
                    self.message_user(request, sentence, messages.SUCCESS)
                    return redirect("admin:claims_claim_change", claim.pk)
        else:
            refusal = self._why_not(claim, by)
        if isinstance(refusal, Conflict):
            form.data = request.POST.copy()
            form.data["version"] = str(refusal.claim.version)
        # The form's row has the words that were sent.
        situation = Situation(form.instance, by)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Fix a typo"),
            "opts": self.opts,
            "media": self.media + form.media,
            "claim": claim,
            "form": form,
            "refusal": refusal,
            "may_try": is_sent or refusal is None,
            "changes": panel.changes(situation) if is_sent and form.is_valid() else None,
            "kinds": CORRECTIONS,
        }
        return TemplateResponse(request, "admin/claims/claim/fix.html", context, status=code)

    @staticmethod
    def _why_not(claim: Claim, by: Any) -> Refused | None:
        """Why the person can't fix this claim here."""
        try:
            workflow.check_edit(claim, by=by)
        except Refused as refused:
            return refused
        if claim.state not in PUBLIC_STATES:
            return Refused(_("Only a published claim without other changes can be fixed here. Use its form."))
        return None
