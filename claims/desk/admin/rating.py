from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from claims.desk import names
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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All fields but for a new rating: to put it in use is a change of its own, which a second person confirms."""
        return [name for name in super().get_fields(request, obj) if obj or name != "is_offered"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the rating. A new one isn't in use, so readers don't see it."""
        if not change:
            obj.is_offered = False
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not for a rating that readers see. Retire it instead."""
        return (obj is None or not names.is_shown(obj)) and super().has_delete_permission(request, obj)
