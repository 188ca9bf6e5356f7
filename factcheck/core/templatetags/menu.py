"""The current page in the menu."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html

register = template.Library()


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], route: str, section: str = "") -> str:
    """The attribute that marks a link as the current one. Empty on other pages, and on errors, which know no request.

    It is "page" on the page of `route`, and "true" on the pages below it, or below those of the route `section`.
    """
    path = getattr(context.get("request"), "path", "")
    if path == reverse(route):
        return format_html(' aria-current="{}"', "page")
    return format_html(' aria-current="{}"', "true") if path.startswith(reverse(section or route)) else ""
