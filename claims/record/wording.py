"""The words of a rating or topic for a reader: in the reader's language if the record has them, otherwise its own.

The words of a card itself are in the site's own language, `LANGUAGE_CODE`.
"""

from typing import NamedTuple

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from claims.schema import Content


class Words(NamedTuple):
    """A text and its language, as a tag (BCP 47)."""

    text: str
    language: str

    def html(self) -> SafeString:
        """The text for a page in the active language: if it's in another one, in an element that says so."""
        if self.language == get_language():
            return format_html("{}", self.text)
        return format_html('<span lang="{}" dir="auto">{}</span>', self.language, self.text)


def name_of(card: Content, language: str | None = None) -> Words:
    """The label of a rating or the name of a topic, in a language or in the active one."""
    return _words(card, "label" if "label" in card else "name", language)


def meaning_of(card: Content, language: str | None = None) -> Words:
    """The definition of a rating or the description of a topic, in a language or in the active one. May be empty."""
    return _words(card, "definition" if "label" in card else "description", language)


def _words(card: Content, word: str, language: str | None) -> Words:
    language = language or get_language() or settings.LANGUAGE_CODE
    translations = card.get("translations", ())
    found = next((item[word] for item in translations if item["language"] == language), "")
    return Words(found, language) if found else Words(card.get(word, ""), settings.LANGUAGE_CODE)
