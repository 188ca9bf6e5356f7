"""The ways from a page to the same page in other languages."""

from django import template

from factcheck.core.web import languages

register = template.Library()


@register.simple_tag
def translations(path: str) -> list[languages.Translation]:
    """The page at `path` in all languages."""
    return languages.translations(path)
