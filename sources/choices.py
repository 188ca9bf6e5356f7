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
    LETTER = "letter", _("Letter or email")
    LEAK = "leaked-document", _("Leaked document")
    OTHER = "other", _("Other")


# Kinds that nobody published.
UNPUBLISHED_KINDS = (SourceKind.INTERVIEW, SourceKind.LETTER, SourceKind.LEAK)


class Protection(models.TextChoices):
    """Who learns what of a source. Each level protects it more than the one before."""

    PUBLIC = "public", _("Public: readers see it")
    DESCRIBED = "described", _("Described only: readers see your description and no name")
    DESK = "desk", _("Desk only: readers learn nothing of it")
    NAMED = "named", _("Named people only: the desk doesn’t see it either")

    @property
    def strength(self) -> int:
        """How much it protects, from 0."""
        return list(Protection).index(self)
