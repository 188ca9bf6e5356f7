"""Sources and publishers at the desk, as names that readers see, and articles with their claims."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from claims.desk.admin.names import NamedAdmin, NamedForm
from claims.desk.admin.source_address import AddedByAddress
from claims.desk.admin.source_files import SourceFiles
from claims.desk.imports.source_list import SourceList
from claims.desk.reading.bringing import BringingIn
from claims.desk.reading.views import READ
from claims.models import Appearance, Claim, Evidence
from sources import texts
from sources.admin import PublisherAdmin, SourceAdmin, SourceForm
from sources.models import Publisher, Source

# An article has a few claims, a hearing or a debate about a hundred.
_PLACES_LISTED = 500

admin.site.unregister([Publisher, Source])


@admin.register(Publisher)
class NamedPublisherAdmin(NamedAdmin, PublisherAdmin):
    """Publishers, whose names readers see beside every source."""


class NamedSourceForm(NamedForm, SourceForm):
    """The form of a source, whose title readers see beside the evidence."""

    not_stored = (*NamedForm.not_stored, *SourceForm.not_stored)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields and not self.instance.is_public:
            self.fields["reason"].help_text = gettext_lazy(
                "Needed if readers would see the change, or if you protect the source less. Another editor decides."
            )


@admin.register(Source)
class ArticleAdmin(SourceFiles, SourceList, AddedByAddress, BringingIn, NamedAdmin, SourceAdmin):
    """Sources, each with its claims in reading order."""

    form = NamedSourceForm
    change_form_template = "admin/claims/article/change_form.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        article = self.get_object(request, unquote(object_id))
        may_see = request.user.has_perm("claims.view_claim")
        context = {
            "places": self.places(article) if article and may_see else {},
            "uses": self.uses(article) if article and may_see else [],
            "may_read": may_see and request.user.has_perm(READ),
            "may_see_files": request.user.has_perm("sources.view_sourcefile"),
            "may_log": request.user.has_perm("claims.add_claim"),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form, filled in with what the editor chose to take over from the text. Saving it is as ever."""
        response = super().render_change_form(request, context, *args, **kwargs)
        article, wanted = context.get("original"), request.GET.getlist("take")
        if request.method == "GET" and article and wanted and self.has_change_permission(request, article):
            taken = {one["field"]: one["value"] for one in self._found(request, article) if one["field"] in wanted}
            shown = context["adminform"]
            # The fingerprints were taken of the stored values, so that saving compares with those.
            filled = type(shown.form)(instance=article, initial=taken)
            context["adminform"] = AdminForm(
                filled, list(shown.fieldsets), {}, shown.readonly_fields, model_admin=shown.model_admin
            )
        return response

    def _found(self, request: HttpRequest, article: Source) -> list[dict[str, Any]]:
        """What the text in the request says of its source."""
        chosen = request.GET.get("text", "")
        stored = [text for text in texts.of(article) if str(text.pk) == chosen]
        return stored[0].found if stored and request.user.has_perm(READ) else []

    def places(self, article: Source) -> dict[Claim, list[str]]:
        """The claims of the article in reading order, each with its locators."""
        found = Appearance.objects.filter(source=article).select_related("claim__rating")
        places: dict[Claim, list[str]] = {}
        for appearance in found.order_by("position", "claim_id", "order")[:_PLACES_LISTED]:
            places.setdefault(appearance.claim, []).append(appearance.locator)
        return places

    def uses(self, article: Source) -> list[Evidence]:
        """The evidence that this source is for claims, one row a claim, the newest claims first."""
        rows = Evidence.objects.filter(source=article).select_related("claim__rating", "claim__published")
        one_each = rows.order_by("claim_id", "order").distinct("claim_id").values("pk")
        return list(rows.filter(pk__in=one_each).order_by("-claim__logged_at", "-claim_id")[:_PLACES_LISTED])
