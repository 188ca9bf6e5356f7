"""Sources and publishers at the desk, as names that readers see, and articles with their claims."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest

from claims.desk.admin.names import NamedAdmin, NamedForm
from claims.models import Appearance, Claim
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


@admin.register(Source)
class ArticleAdmin(NamedAdmin, SourceAdmin):
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
            "may_log": request.user.has_perm("claims.add_claim"),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def places(self, article: Source) -> dict[Claim, list[str]]:
        """The claims of the article in reading order, each with its locators."""
        found = Appearance.objects.filter(source=article).select_related("claim__rating")
        places: dict[Claim, list[str]] = {}
        for appearance in found.order_by("position", "claim_id", "order")[:_PLACES_LISTED]:
            places.setdefault(appearance.claim, []).append(appearance.locator)
        return places
