"""Links to the same page in other languages."""

from django import template

from factcheck.core.web import languages

register = template.Library()


@register.simple_tag
def translations(path: str) -> list[languages.Translation]:
    """The addresses of the page at `path` in all languages. Empty if it has only one address."""
    return languages.translations(path)
