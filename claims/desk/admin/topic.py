from django.contrib import admin

from claims.desk.admin.names import NamedAdmin
from claims.models import Topic


@admin.register(Topic)
class TopicAdmin(NamedAdmin):
    """Topics of claims."""

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "description", "slug"]
