from django.contrib import admin

from claims.desk.admin.translated import TranslatedAdmin
from claims.models import Topic
from claims.models.topic import TOPIC_WORDS


@admin.register(Topic)
class TopicAdmin(TranslatedAdmin):
    """Topics of claims."""

    words = TOPIC_WORDS

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "description", "slug"]
