"""The form of a claim at the desk. Its list, pages and saving are in files of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from claims.desk.admin.bulk import BulkActs
from claims.desk.admin.check import CheckedTexts
from claims.desk.admin.claim_form import ClaimForm
from claims.desk.admin.comments import ClaimComments
from claims.desk.admin.fixing import Fixing
from claims.desk.admin.form_parts import FOLDS, FormInParts
from claims.desk.admin.listing import ListedClaims
from claims.desk.admin.merge import Merging
from claims.desk.admin.others import LinkedOthers
from claims.desk.admin.picture_rows import ClaimPictures, PictureInline
from claims.desk.admin.rows import AppearanceInline, EvidenceInline, PartInline
from claims.desk.admin.saved_filters import SavedFilters
from claims.desk.admin.saving import SavedByAct
from claims.desk.admin.suggestions import SuggestedByImport
from claims.models import Claim
from factcheck.core.fields.keys import is_key


@admin.register(Claim)
class ClaimAdmin(
    ListedClaims,
    BulkActs,
    SavedByAct,
    FormInParts,
    SuggestedByImport,
    CheckedTexts,
    SavedFilters,
    ClaimComments,
    Fixing,
    LinkedOthers,
    Merging,
    ClaimPictures,
):
    """Claims at the desk. The fields are in the order of the work."""

    form = ClaimForm
    inlines = [AppearanceInline, EvidenceInline, PictureInline, PartInline]
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
                    ("claimant", "topics"),
                    ("kind", "language", "claimed_on", "date_note"),
                ]
            },
        ),
        (
            gettext_lazy("More about the claim"),
            {
                "fields": [
                    ("checkable", "why_not_checkable"),
                    ("about_on", "places"),
                    "selection_reason",
                    "slug",
                ],
                "classes": [FOLDS],
            },
        ),
        (
            gettext_lazy("Rating and text"),
            {"fields": ["rating", "headline", "summary", "explanation"]},
        ),
        (
            gettext_lazy("More text for readers"),
            {"fields": ["method", "missing", "notice", "parts_rule"], "classes": [FOLDS]},
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
