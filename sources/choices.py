"""Choices for fields of sources."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SourceKind(models.TextChoices):
    """Kinds of documents."""

    PRIMARY_DOCUMENT = "primary-document", _("Primary document")  # an original: a contract, a filing, a record
    OFFICIAL_STATEMENT = "official-statement", _("Official statement")  # by an office about its own affairs
    DATASET = "dataset", _("Data set")
    LAW = "law", _("Law")
    RESEARCH_REPORT = "research-report", _("Research report")
    NEWS_REPORT = "news-report", _("News report")
    SOCIAL_POST = "social-post", _("Social media post")
    RECORDING = "recording", _("Video or audio recording")
    INTERVIEW = "interview", _("Interview with us")
    OTHER = "other", _("Other")
