"""The desk's tables of publishers, sources and snapshots."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.fields import dates
from factcheck.core.fields.addresses import host
from sources.models import Publisher, Snapshot, Source


@admin.register(Publisher)
class PublisherAdmin(DeskModelAdmin):
    """Publishers."""

    list_display = ["name", "host", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "address"]

    @admin.display(description=_("site"))
    def host(self, publisher: Publisher) -> str:
        return host(publisher.address)


@admin.register(Source)
class SourceAdmin(DeskModelAdmin):
    """Sources, found by title, publisher, author or address."""

    list_display = ["title", "publisher", "kind", "when", "host", "has_copy"]
    list_filter = ["kind", "address_is_private", "language"]
    list_select_related = ["publisher"]
    search_fields = ["title", "publisher__name", "canonical_address", "slug"]
    search_help_text = _("Title, publisher or web address")
    autocomplete_fields = ["publisher"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "publisher", "kind", "authors", ("published", "language"), "slug"]}),
        (_("Where it can be read"), {"fields": ["address", "address_is_private", "archived_address"]}),
        (_("About the source"), {"fields": ["summary", "interest", "note"]}),
    ]

    @admin.display(description=_("published"), ordering="published")
    def when(self, source: Source) -> str:
        return dates.in_words(source.published)

    @admin.display(description=_("site"), ordering="canonical_address")
    def host(self, source: Source) -> str:
        return host(source.address)

    @admin.display(description=_("archived"), boolean=True)
    def has_copy(self, source: Source) -> bool:
        return bool(source.archived_address)


@admin.register(Snapshot)
class SnapshotAdmin(DeskModelAdmin):
    """Our copies of sources. They can't be edited: a new copy is a new row."""

    list_display = ["source", "taken_at", "media_type", "size", "short_hash"]
    list_filter = ["media_type"]
    list_select_related = ["source__publisher"]
    search_fields = ["source__title", "source__slug", "sha256"]
    autocomplete_fields = ["source"]

    @admin.display(description="SHA-256", ordering="sha256")
    def short_hash(self, snapshot: Snapshot) -> str:
        return f"{snapshot.sha256[:12]}…"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
