"""Has this been checked? Editors ask for a text, or for the statement that they write, and see drafts too."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from claims.matching import Answer
from claims.matching.pasted import MOST_SENTENCES, PastedForm, compare
from factcheck.core.desk.admin import DeskModelAdmin


class CheckedTexts(DeskModelAdmin):
    """The page that compares a text with published claims and drafts."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("check/", self.admin_site.admin_view(self.check_view), name="claims_claim_check"),
            *super().get_urls(),
        ]

    @method_decorator([never_cache, sensitive_post_parameters("text", "statement")])
    def check_view(self, request: HttpRequest) -> HttpResponse:
        """A form for a text, and the claims that may be what it says.

        The claim's form is sent here too: then its `statement` is the text, and `but` the claim itself, which is left
        out. With `part` only the claims are sent, for the place below the statement. Nothing is stored.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PastedForm(_given(request) if request.method == "POST" else None)
        context: dict[str, Any] = {"form": form, "most_sentences": MOST_SENTENCES}
        if form.is_valid():
            compared = compare(form.cleaned_data["text"], date=form.cleaned_data["date"], drafts=True)
            but = request.POST.get("but", "")
            context["compared"] = replace(compared, answers=[_without(answer, but) for answer in compared.answers])
        code = 400 if form.errors else 200
        if "part" in request.POST:
            return TemplateResponse(request, "claims/desk/answers.html", context, status=code)
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Has this been checked?"),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/claims/claim/check.html", context, status=code)


def _given(request: HttpRequest) -> dict[str, str]:
    return {
        "text": request.POST.get("text") or request.POST.get("statement", ""),
        "date": request.POST.get("date", ""),
    }


def _without(answer: Answer, but: str) -> Answer:
    """The answer without the claim with this primary key."""
    return replace(answer, matches=[match for match in answer.matches if str(match.desk_pk) != but])
