from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from claims.desk.admin.names import NamedAdmin
from claims.desk.admin.translated import TranslatedAdmin
from claims.models import Rating, RatingScale
from claims.models.rating import RATING_WORDS


@admin.register(RatingScale)
class RatingScaleAdmin(NamedAdmin):
    """Scales. Readers see both ends beside each rating that has a number."""

    list_display = ["name", "worst", "best", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", ("worst", "best")]


@admin.register(Rating)
class RatingAdmin(TranslatedAdmin):
    """Ratings on and off the scales."""

    words = RATING_WORDS

    list_display = ["label", "value", "scale", "is_offered", "definition"]
    list_filter = ["scale", "on_scale", "is_offered"]
    list_select_related = ["scale"]
    search_fields = ["label", "slug"]
    prepopulated_fields = {"slug": ["label"]}
    fields = ["scale", "label", "slug", "definition", ("on_scale", "value"), "order", "is_offered"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new rating isn't in use before the editor says so: a scale is prepared one rating after the other."""
        return {"is_offered": False, **super().get_changeform_initial_data(request)}
