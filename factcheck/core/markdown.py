"""Markdown to HTML that is safe to print: a strict renderer, and a sanitiser that does not trust it."""

import nh3
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from factcheck.core.fields.addresses import check_address

_renderer = MarkdownIt("commonmark", {"html": False}).disable("image")
_TAGS = {
    *("p", "br", "hr", "em", "strong", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "h3", "h4", "h5", "h6"),
}


def render(text: str) -> SafeString:
    """HTML of the CommonMark in `text`.

    Raw HTML in it is shown as text; pictures are left out; links go to addresses that `check_address` takes,
    so that they mean the same in every export. Headings begin at level 3, below the page's own.
    """
    tokens = _renderer.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    html = _renderer.renderer.render(tokens, _renderer.options, {})
    return mark_safe(  # noqa: S308 — this is the one place, and nh3 has just cleaned it
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}},
            attribute_filter=_checked,
            url_schemes={"http", "https"},
            link_rel="nofollow noopener",
        )
    )


def _checked(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        try:
            check_address(value)
        except ValidationError:
            return None
    return value
