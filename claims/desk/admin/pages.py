"""The pages of a claim other than its form: one for each act, and the previews."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from claims.choices import CorrectionKind
from claims.desk import workflow
from claims.desk.admin import acts, panel
from claims.desk.admin.picture_rows import address_at_desk
from claims.desk.admin.refusals import status
from claims.desk.admin.replacement import Replacement, replacement_of
from claims.desk.admin.sent import person
from claims.desk.admin.situation import Situation
from claims.desk.approvals import ApprovalOutdated
from claims.desk.rules import Conflict, NotAllowed, Refused
from claims.formats.bibliography import sources_of
from claims.formats.verdict import verdict_context
from claims.models import Claim
from factcheck.core import markdown
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.text import PROSE_MAX_LENGTH
from sources.references import FORMS


class ClaimPages(DeskModelAdmin):
    """Pages of a claim that its list and form link to."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("markdown/", view(self.markdown_view), name="claims_claim_markdown"),
            path("<path:object_id>/act/<slug:name>/", view(self.act_view), name="claims_claim_act"),
            path("<path:object_id>/preview/", view(self.preview_view), name="claims_claim_preview"),
            path("<path:object_id>/consumers/", view(self.consumers_view), name="claims_claim_consumers"),
            path("<path:object_id>/sources.<slug:ending>", view(self.sources_view), name="claims_claim_sources"),
            *super().get_urls(),
        ]

    def _claim(self, request: HttpRequest, object_id: str) -> Claim:
        """The claim of a page. Raises Http404 if there is none, PermissionDenied if the person may not see it."""
        found = self.row_to_view(request, object_id, missing=_("We couldn't find this claim."))
        claim: Claim = Claim.objects.preload().get(pk=found.pk)
        return claim

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Show what an act will do, with its form. Do the act when the form is sent."""
        claim = self._claim(request, object_id)
        act = acts.ACTS.get(name)
        if act is None:
            raise Http404(_("We couldn't find this action."))
        by = person(request)
        situation = Situation(claim, by)
        is_sent = request.method == "POST"
        replacement = replacement_of(act, situation, request.GET.get("text", ""))
        form = act.form(request.POST if is_sent else None, initial=self._initial(request, act, claim))
        refusal: Refused | None = None
        code = 200
        if is_sent:
            unexpected.report(request, form.fields)
        if is_sent and form.is_valid():
            try:
                act.run(claim, by=by, version=form.cleaned_data["version"], **form.arguments)
            except Refused as refused:
                refusal = refused
            else:
                self.message_user(request, act.done, messages.SUCCESS)
                return redirect("admin:claims_claim_change", claim.pk)
        elif is_sent:
            code = 400
        else:
            refusal = self._refusal(act, situation, replacement)
        if isinstance(refusal, Conflict):
            form.data = request.POST.copy()
            form.data["version"] = str(refusal.claim.version)
        is_chosen = is_sent or act.name != "restore" or (replacement is not None and replacement.chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "media": self.media + form.media,
            "act": act,
            "claim": claim,
            "form": form,
            "refusal": refusal,
            "may_try": is_chosen and (is_sent or refusal is None),
            "replacement": replacement,
            "changes": panel.changes(situation) if act.is_public else [],
            "shown": situation.shown,
            "since_approval": refusal.changes if isinstance(refusal, ApprovalOutdated) else None,
        }
        code = status(refusal) if refusal else code
        return TemplateResponse(request, "admin/claims/claim/act.html", context, status=code)

    @staticmethod
    def _refusal(act: acts.DeskAct, situation: Situation, replacement: Replacement | None) -> Refused | None:
        """Why the page of an act has no form. None if the person can do it."""
        if not act.is_permitted(situation.by):
            return NotAllowed(_("Your role doesn't allow this. Ask a chief editor."))
        if not act.is_offered(situation):
            why = acts.why_not(act, situation)
            return Refused(why or _("You can't do this with the claim in its current state."))
        return Refused(replacement.why_unseen) if replacement and replacement.why_unseen else None

    @staticmethod
    def _initial(request: HttpRequest, act: acts.DeskAct, claim: Claim) -> dict[str, Any]:
        """What the form of an act begins with. Whoever publishes a fix sees the kind and reason of who made it."""
        fix = (
            {"kind": CorrectionKind.MINOR, "reason": workflow.reason_of_fix(claim)} if act.name == "publish-fix" else {}
        )
        return {
            "version": claim.version,
            "to": claim.assignee_id,
            "due_on": claim.due_on,
            "priority": claim.priority,
            "text": request.GET.get("text", ""),
            **fix,
        }

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A preview of the desk's text as readers will see it."""
        claim = self._claim(request, object_id)
        parts = [
            (row.part.slug, {"claim": row.part.published, "rating": row.part.published.revision.content["rating"]})
            for row in claim.parts.select_related("part__published__revision")
            if hasattr(row.part, "published")
        ]
        content = panel.content(claim, person(request))
        context = {**verdict_context(content), "back": claim.pk, "parts": parts, "picture_address": address_at_desk}
        return TemplateResponse(request, "claims/desk/preview.html", context)

    def consumers_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A preview of the desk's text as programs will read it, with the rules that it breaks."""
        claim = self._claim(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What Google and other services will read"),
            "opts": self.opts,
            "media": self.media,
            "claim": claim,
            **panel.consumer_view(claim, person(request)),
        }
        return TemplateResponse(request, "admin/claims/claim/consumers.html", context)

    def sources_view(self, request: HttpRequest, object_id: str, ending: str) -> HttpResponse:
        """The sources of the desk's text that readers will see, as a bibliography."""
        claim = self._claim(request, object_id)
        form = FORMS.get(ending)
        if form is None:
            raise Http404(_("We couldn't find this file."))
        text = "".join(form.write(sources_of([panel.content(claim, person(request))])))
        headers = {"Content-Disposition": f'attachment; filename="{claim.slug}-sources.{ending}"'}
        return HttpResponse(text, content_type=form.media_type, headers=headers)

    def markdown_view(self, request: HttpRequest) -> HttpResponse:
        """The Markdown in `text` as HTML, for the preview below a field."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("text", "")
        if len(text) > PROSE_MAX_LENGTH:
            return HttpResponse(_("The text is too long for a preview."), status=400, content_type="text/plain")
        return HttpResponse(markdown.render(text))
