from django.contrib import admin

from claims.models import SynonymGroup
from factcheck.core.desk.admin import DeskModelAdmin


@admin.register(SynonymGroup)
class SynonymGroupAdmin(DeskModelAdmin):
    """Words that search treats as equal. A change counts from the next search on."""

    list_display = ["__str__", "language", "is_active"]
    list_filter = ["language", "is_active"]
    search_fields = ["words"]
    fields = ["language", "words", "note", "is_active"]
