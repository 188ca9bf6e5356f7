"""Markdown to safe HTML, with a strict renderer and a sanitiser that doesn't trust the renderer."""

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
    """The CommonMark in `text` as safe HTML.

    Raw HTML is shown as text, and images are left out. Links are kept if `check_address` accepts their address, so
    that they mean the same in every export. Headings begin at level 3, below those of the page.
    """
    tokens = _renderer.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    html = _renderer.renderer.render(tokens, _renderer.options, {})
    return mark_safe(  # noqa: S308 — sanitised by nh3; nothing else marks text as safe
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}},
            attribute_filter=_drop_bad_links,
            url_schemes={"http", "https"},
            link_rel="nofollow noopener",
        )
    )


def _drop_bad_links(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        try:
            check_address(value)
        except ValidationError:
            return None
    return value
