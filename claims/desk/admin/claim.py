"""The form of a claim at the desk. Its list, pages and saving are in files of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import State
from claims.desk.admin.bulk import BulkActs
from claims.desk.admin.check import CheckedTexts
from claims.desk.admin.comments import ClaimComments
from claims.desk.admin.listing import ListedClaims
from claims.desk.admin.merge import Merging
from claims.desk.admin.pages import ClaimPages
from claims.desk.admin.rows import AppearanceInline, EvidenceInline, PartInline
from claims.desk.admin.saved_filters import SavedFilters
from claims.desk.admin.saving import SavedByAct
from claims.models import Claim
from factcheck.core.fields.keys import is_key


class ClaimForm(forms.ModelForm[Claim]):
    """The text of a claim. A statement that another claim has, word for word, is saved only if the editor insists."""

    not_stored: tuple[str, ...] = ("is_another",)

    is_another = forms.BooleanField(
        label=gettext_lazy("Save it as a claim of its own"), required=False, widget=forms.HiddenInput
    )

    def clean_slug(self) -> str:
        """The slug in lower case, so that no two addresses differ only by case. Left empty, it stays as it was."""
        return str(self.cleaned_data["slug"]).lower() or self.instance.slug

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError if the new statement is that of another claim and the editor hasn't ticked the box."""
        super().clean()
        statement = self.cleaned_data.get("statement", "")
        if (
            any(map(str.isalnum, statement))
            and "statement" in self.changed_data
            and not self.cleaned_data.get("is_another")
        ):
            others = Claim.objects.saying(statement).exclude(pk=self.instance.pk).exclude(state=State.DECLINED)
            twin = others.order_by("pk").first()
            if twin:
                self.fields["is_another"].widget = forms.CheckboxInput()
                self.add_error("is_another", self._same_as(twin))
        return self.cleaned_data

    @staticmethod
    def _same_as(twin: Claim) -> str:
        return format_html(
            _('Another claim says this word for word: <a href="{}">{}</a> ({}). Work on that one, or tick this box.'),
            reverse("admin:claims_claim_change", args=[twin.pk]),
            twin.slug,
            twin.get_state_display(),
        )


@admin.register(Claim)
class ClaimAdmin(ListedClaims, BulkActs, SavedByAct, CheckedTexts, SavedFilters, ClaimComments, ClaimPages, Merging):
    """Claims at the desk. The fields are in the order of the work."""

    form = ClaimForm
    inlines = [AppearanceInline, EvidenceInline, PartInline]
    autocomplete_fields = ["claimant", "topics"]
    view_on_site = False
    template_fields = ("version", "as_read")
    fieldsets = [
        (
            gettext_lazy("The claim"),
            {
                "fields": [
                    "statement",
                    "is_another",
                    ("kind", "language"),
                    "claimant",
                    ("claimed_on", "date_note"),
                    "about_on",
                    "places",
                    "topics",
                    "checkable",
                    "why_not_checkable",
                    "selection_reason",
                    "slug",
                ]
            },
        ),
        (
            gettext_lazy("Rating and text"),
            {"fields": ["rating", "headline", "summary", "explanation", "method", "missing", "notice", "parts_rule"]},
        ),
    ]

    class Media:
        css = {"all": ["claims/desk-claim.css"]}
        js = ["claims/desk-claim.js"]

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Fill in the article as the first appearance if the page was opened from an article."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        source = request.GET.get("source", "")
        if isinstance(inline, AppearanceInline) and request.method == "GET" and not obj.pk and is_key(source):
            kwargs["initial"] = [{"source": source}]
        return kwargs
