"""The page of a claim on which an editor links fact-checks by other publishers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from claims.desk import others, workflow
from claims.desk.admin.pages import ClaimPages
from claims.desk.admin.refusals import note_refusal, status
from claims.desk.admin.sent import person, version_in
from claims.desk.rules import Refused
from claims.matching import foreign
from claims.models import Claim, ForeignCheck, ForeignLink
from factcheck.accounts.models import User
from factcheck.core.fields.keys import is_key

# The longest text that is looked for. A claim can be longer.
MOST_CHARACTERS = 2_000


class LinkedOthers(ClaimPages):
    """The page with the linked fact-checks, and those that may be of the same claim."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.others_view)
        return [path("<path:object_id>/others/", view, name="claims_claim_others"), *super().get_urls()]

    def others_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the fact-checks that are linked, and those that share words with the claim or fit a search.

        A sent form links one, removes one, or takes over its newest words.
        """
        claim = self._claim(request, object_id)
        by = person(request)
        asked = (request.POST if request.method == "POST" else request.GET).get("q", "")[:MOST_CHARACTERS].strip()
        refusal: Refused | None = None
        if request.method == "POST":
            try:
                done = _do(request, claim, by=by)
            except Refused as refused:
                refusal = refused
                note_refusal(request, refusal)
                claim = self._claim(request, object_id)
            else:
                self.message_user(request, done, messages.SUCCESS)
                return redirect("admin:claims_claim_others", claim.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Others who checked this"),
            "opts": self.opts,
            "media": self.media,
            "claim": claim,
            "asked": asked,
            "refusal": refusal,
            "why_not": _why_not(claim, by),
            **_fact_checks(claim, asked or claim.statement[:MOST_CHARACTERS]),
        }
        code = status(refusal) if refusal else 200
        return TemplateResponse(request, "admin/claims/claim/others.html", context, status=code)


def _fact_checks(claim: Claim, text: str) -> dict[str, Any]:
    """The linked fact-checks, and those that were found for a text and aren't linked."""
    linked = list(claim.others.select_related("claim", "foreign__label"))
    known = {row.address for row in linked}
    found = [check for check in foreign.find(text, language=claim.language) if check.address not in known]
    return {"linked": linked, "found": [(check, ForeignLink.of(claim, check)) for check in found]}


def _why_not(claim: Claim, by: User) -> str:
    """Why this person can't link anything now. Empty if they can."""
    try:
        workflow.check_edit(claim, by=by)
    except Refused as refused:
        return str(refused)
    return ""


def _do(request: HttpRequest, claim: Claim, *, by: User) -> str:
    """Do what the form asks, and say that it was done. Raises Refused."""
    version, key = version_in(request), request.POST.get("row", "")
    pk = int(key) if is_key(key) else 0
    if request.POST.get("act") == "link":
        check = ForeignCheck.objects.select_related("label").filter(pk=pk).first()
        if check is None:
            raise Refused(_("This fact-check is no longer here. Choose another one."))
        others.link(claim, check, by=by, version=version)
        return _("Linked. Readers see it once the claim is approved and published.")
    row = claim.others.select_related("foreign__label").filter(pk=pk).first()
    if row is None:
        raise Refused(_("This fact-check is no longer linked to the claim."))
    if request.POST.get("act") == "unlink":
        others.unlink(claim, row, by=by, version=version)
        return _("Removed. Readers see the change once the claim is approved and published.")
    if request.POST.get("act") == "update":
        others.update(claim, row, by=by, version=version)
        return _("Updated. Readers see the change once the claim is approved and published.")
    raise Refused(_("We couldn't find this action."))
