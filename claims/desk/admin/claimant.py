from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from claims.desk.admin.names import NamedAdmin
from claims.models import Affiliation, Claimant
from factcheck.core.desk.admin import DeskInline


class AffiliationInline(DeskInline):
    """Parties and organisations of a claimant, with their years."""

    model = Affiliation


@admin.register(Claimant)
class ClaimantAdmin(NamedAdmin):
    """People and organisations that make claims."""

    list_display = ["name", "kind", "role", "slug"]
    list_filter = ["kind"]
    search_fields = ["name", "slug", "role"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "kind", "role", "wikidata", "slug", "note"]
    inlines = [AffiliationInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claimant]:
        """The claimants with their affiliations, which tell namesakes apart in a picker."""
        return super().get_queryset(request).prefetch_related("affiliations")
