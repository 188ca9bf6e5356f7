"""What an import suggests for a claim: a notice in its form, and a page that accepts or dismisses each value."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from claims.desk.admin.refusals import status
from claims.desk.admin.sent import person, version_in
from claims.desk.imports import suggestions
from claims.desk.rules import Refused
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin

if TYPE_CHECKING:
    from claims.models import Claim

_FIELDS = ("accept", "dismiss", "version")


class SuggestedByImport(DeskModelAdmin):
    """Shows what imports suggest for claims that somebody worked on."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.suggestion_view)
        return [path("<path:object_id>/suggestion/", view, name="claims_claim_suggestion"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form, with a notice if an import suggests something."""
        if claim := context.get("original"):
            context["suggestion"] = suggestions.newest(claim)
        return super().render_change_form(request, context, *args, **kwargs)

    def suggestion_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Each value that the newest import suggests, beside what the claim has. Accept or dismiss one."""
        claim: Claim = self.row_to_view(request, object_id, missing=_("We couldn't find this claim."))
        row, refusal = suggestions.newest(claim), None
        if request.method == "POST":
            unexpected.report(request, _FIELDS)
            try:
                self._decide(request, row)
                return redirect("admin:claims_claim_suggestion", claim.pk)
            except Refused as refused:
                refusal = refused
                claim.refresh_from_db()
                row = suggestions.newest(claim)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What the import suggests"),
            "opts": self.opts,
            "media": self.media,
            "claim": claim,
            "row": row,
            "values": suggestions.values_of(row, claim) if row else [],
            "refusal": refusal,
        }
        code = status(refusal) if refusal else 200
        return TemplateResponse(request, "admin/claims/claim/suggestion.html", context, status=code)

    def _decide(self, request: HttpRequest, row: Any) -> None:
        """Accept or dismiss the value that was sent. Raises Refused."""
        if row is None:
            raise Refused(_("Somebody has decided about this meanwhile."))
        if name := request.POST.get("accept", ""):
            suggestions.accept(row, name, by=person(request), version=version_in(request))
            self.message_user(request, _("Accepted. The claim has the new value."), messages.SUCCESS)
        else:
            suggestions.dismiss(row, request.POST.get("dismiss", ""), by=person(request))
            self.message_user(request, _("Dismissed. The claim stays as it is."), messages.SUCCESS)
