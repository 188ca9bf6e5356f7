"""The page with the comments on a claim."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from claims.desk import comments
from claims.desk.admin.pages import ClaimPages
from claims.desk.admin.refusals import note_refusal
from claims.desk.admin.sent import person
from claims.desk.rules import NotAllowed, Refused
from claims.models import Claim, Comment
from factcheck.core.desk import unexpected
from factcheck.core.fields.keys import is_key

# The page shows the newest.
SHOWN = 200


class ClaimComments(ClaimPages):
    """Comments on claims, which only the desk sees."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/comments/", view(self.comments_view), name="claims_claim_comments"),
            *super().get_urls(),
        ]

    def comments_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The comments. A sent form adds one, or resolves one."""
        claim = self._claim(request, object_id)
        by, refusal = person(request), None
        if request.method == "POST":
            unexpected.report(request, ["text", "resolve"])
            try:
                self._comment(request, claim)
            except Refused as refused:
                refusal = refused
            else:
                return redirect("admin:claims_claim_comments", claim.pk)
        newest = claim.comments.select_related("by", "resolved_by").order_by("-at", "-pk")[:SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comments"),
            "opts": self.opts,
            "media": self.media,
            "claim": claim,
            "comments": list(newest)[::-1],
            "may_comment": by.has_perm("claims.change_claim"),
            "refusal": refusal,
            "typed": request.POST.get("text", ""),
            "longest": comments.LONGEST,
        }
        code = 200 if refusal is None else 403 if isinstance(refusal, NotAllowed) else 400
        return TemplateResponse(request, "admin/claims/claim/comments.html", context, status=code)

    def _comment(self, request: HttpRequest, claim: Claim) -> None:
        """Add or resolve a comment. Raises Refused."""
        by, key = person(request), request.POST.get("resolve", "")
        try:
            if key:
                rows = Comment.objects.filter(claim=claim, pk=key if is_key(key) else 0)
                comments.resolve(get_object_or_404(rows), by=by)
            else:
                comments.add(claim, request.POST.get("text", ""), by=by)
        except Refused as refused:
            note_refusal(request, None if isinstance(refused, NotAllowed) else refused)
            raise
        self.message_user(request, _("Resolved.") if key else _("Comment added."), messages.SUCCESS)
