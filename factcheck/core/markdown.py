"""Markdown to safe HTML, with a strict renderer and a sanitiser that doesn't trust the renderer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import nh3
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from factcheck.core.fields.addresses import check_address, host


@dataclass(frozen=True)
class Picture:
    """A picture that a text can place: its address on this site, its size in pixels, and its words."""

    address: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str


# What reads as an address: a host, with or without a scheme before and a path behind it.
_HOST = re.compile(r"\A(?:https?://)?(?P<host>(?:[\w-]++\.)+[a-z]{2,})(?=[/:?#]|\Z)", re.IGNORECASE)
# The address of a picture of the text itself: ![](picture:1) is the place of the first.
_PLACE = re.compile(r"picture:([1-9][0-9]{0,3})\Z")
# Where the token of a paragraph keeps the pictures that take its place.
_PLACED = "placed"


def _place_of(token: Token) -> int:
    """The number of the picture that the token places, from 1. 0 if it places none."""
    found = _PLACE.match(str(token.attrs.get("src", ""))) if token.type == "image" else None
    return int(found[1]) if found else 0


def _placed_alone(inline: Token) -> list[int]:
    """The numbers of the pictures in a paragraph that has nothing else. Empty for all other paragraphs."""
    tokens = [token for token in inline.children or [] if token.type not in {"softbreak", "hardbreak"}]
    numbers = [_place_of(token) for token in tokens]
    return numbers if all(numbers) else []


def _name_pictures_in_links(tokens: list[Token]) -> None:
    """Replace a picture within a link by its text: a link can't hold another link."""
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type == "image" and depth:
            token.type, token.content = "text", token.content or str(token.attrs.get("src", ""))


def _render_picture(_renderer: Any, tokens: list[Token], place: int, *_: Any) -> str:
    """A link to a picture: loading it would tell its site who reads this page."""
    token = tokens[place]
    if number := _place_of(token):
        return _missing(number)
    address = str(token.attrs.get("src", ""))
    return format_html('<a href="{}">{}</a>', address, token.content or address)


def _missing(number: int) -> str:
    """What stands for a picture that isn't there, or that isn't in a paragraph of its own."""
    return format_html("{}", _("[Picture %(number)s]") % {"number": number})


def _figure(picture: Picture) -> str:
    """A picture with its caption and credit. It loads when the reader comes near, and nothing moves then."""
    return format_html(
        '<figure>\n<img src="{}" alt="{}" width="{}" height="{}" loading="lazy" decoding="async">\n'
        '<figcaption>{}<span class="credit" lang="{}">{}</span></figcaption>\n</figure>\n',
        picture.address,
        picture.alt,
        picture.width,
        picture.height,
        f"{picture.caption} " if picture.caption else "",
        get_language() or "",
        _("Picture: %(credit)s") % {"credit": picture.credit},
    )


def _render_placed(_renderer: Any, tokens: list[Token], place: int, _options: Any, env: Any) -> str:
    """The pictures that take the place of a paragraph."""
    pictures: Sequence[Picture] = env["pictures"]
    return "".join(
        _figure(pictures[number - 1]) if number <= len(pictures) else f"<p>{_missing(number)}</p>\n"
        for number in tokens[place].meta[_PLACED]
    )


def _with_placed(tokens: list[Token]) -> tuple[list[Token], set[int]]:
    """The tokens with one in place of each paragraph that only places pictures, and the numbers of those pictures."""
    result: list[Token] = []
    placed: set[int] = set()
    skipped = 0
    for index, token in enumerate(tokens):
        if skipped:
            skipped -= 1
        elif token.type == "paragraph_open" and (numbers := _placed_alone(tokens[index + 1])):
            result.append(Token(_PLACED, "", 0, meta={_PLACED: numbers}))
            placed |= set(numbers)
            skipped = 2
        else:
            result.append(token)
    return result, placed


def _render_table_open(*_args: Any) -> str:
    """A wide table scrolls within its frame, also by keyboard."""
    return format_html('<div class="scroll" role="region" tabindex="0" aria-label="{}">\n<table>\n', _("Table"))


def _render_table_close(*_args: Any) -> str:
    return "</table>\n</div>\n"


def _render_notes_open(*_args: Any) -> str:
    return format_html('<section class="footnotes" aria-label="{}">\n<ol>\n', _("Notes"))


def _render_way_back(renderer: Any, tokens: list[Token], place: int, options: Any, env: Any) -> str:
    """The link from a note to its place in the text."""
    name = renderer.rules["footnote_anchor_name"](tokens, place, options, env)
    times = tokens[place].meta["subId"]
    back = _("Back to the text")
    return format_html(' <a href="#fnref{}" aria-label="{}">↩\ufe0e</a>', f"{name}:{times}" if times else name, back)


def _made() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "linkify"])
    renderer.use(footnote_plugin)
    # Only whole addresses of the web are links: “budget.pdf” isn't, and nor is an email address.
    assert renderer.linkify is not None  # noqa: S101 — the option is set
    renderer.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        renderer.linkify.add(scheme, None)
    rules = {
        "image": _render_picture,
        _PLACED: _render_placed,
        "table_open": _render_table_open,
        "table_close": _render_table_close,
        "footnote_block_open": _render_notes_open,
        "footnote_anchor": _render_way_back,
    }
    for name, rule in rules.items():
        renderer.add_render_rule(name, rule)
    return renderer


_renderer = _made()
_TAGS = {
    *("p", "br", "hr", "em", "strong", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "h3", "h4", "h5", "h6"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
    *("section", "sup"),
}
_TAGS_OF_PICTURES = {"figure", "img", "figcaption", "span"}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "aria-label"},
    "ol": {"start"},
    "li": {"id"},
    "div": {"role", "tabindex", "aria-label"},
    "section": {"aria-label"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "span": {"lang"},
}
_CLASSES = {
    "div": {"scroll"},
    "section": {"footnotes"},
    "span": {"credit"},
    "th": {"align-left", "align-center", "align-right"},
    "td": {"align-left", "align-center", "align-right"},
}
# The names of footnotes and of the places that refer to them.
_ANCHOR = re.compile(r"fn(ref)?(-[a-z]+-)?[0-9]+(:[0-9]+)?\Z")
_ALIGNMENT = re.compile(r"text-align:(left|center|right)\Z")


def numbers_of_pictures(text: str) -> tuple[set[int], set[int]]:
    """The numbers of the pictures that the text places, and of those that it names within other text, from 1."""
    tokens, placed = _with_placed(_renderer.parse(text, {}))
    within = {_place_of(inner) for token in tokens for inner in token.children or []}
    return placed, within - {0}


def render(text: str, name: str = "", pictures: Sequence[Picture] = ()) -> SafeString:
    """The CommonMark in `text` as safe HTML, with tables, footnotes and links of bare addresses.

    Raw HTML is shown as text, and a picture is a link to it. Links are kept if `check_address` accepts their address,
    so that they mean the same in every export. Headings begin at level 3, below those of the page. If a page has
    several texts, each needs a `name` of small letters, which makes the names of its footnotes different from those of
    others.

    A paragraph of its own, `![](picture:1)`, is the place of the first of the `pictures`. Those that have no place
    follow the text.
    """
    env: dict[str, Any] = {"docId": name} if name else {}
    tokens, placed = _with_placed(_renderer.parse(text, env))
    env["pictures"] = pictures
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        _name_pictures_in_links(token.children or [])
        if aligned := _ALIGNMENT.match(str(token.attrs.pop("style", ""))):
            token.attrs["class"] = f"align-{aligned[1]}"
    html = _renderer.renderer.render(tokens, _renderer.options, env)
    html += "".join(_figure(picture) for number, picture in enumerate(pictures, start=1) if number not in placed)
    return mark_safe(  # noqa: S308 — sanitised by nh3; nothing else marks text as safe
        nh3.clean(
            html,
            tags=_TAGS | (_TAGS_OF_PICTURES if pictures else set()),
            attributes=_ATTRIBUTES,
            allowed_classes=_CLASSES,
            attribute_filter=partial(_drop_bad_values, {picture.address for picture in pictures}),
            url_schemes={"http", "https"},
            link_rel="nofollow noopener",
        )
    )


def misleading_links(text: str) -> list[str]:
    """The words of the links in a CommonMark text that look like the address of a site that they don't lead to."""
    found = []
    for token in _renderer.parse(text, {}):
        words, target = "", ""
        for part in token.children or []:
            if part.type == "link_open":
                words, target = "", str(part.attrs.get("href", ""))
            elif part.type == "link_close":
                shown = _HOST.match(words.strip())
                if shown and host(f"https://{shown['host']}") != host(target):
                    found.append(words.strip())
            else:
                words += part.content
    return found


def _drop_bad_values(pictures: set[str], _tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "src":
            return value if value in pictures else None
        case "id":
            return value if _ANCHOR.match(value) else None
        case "href" if value.startswith("#"):
            return value if _ANCHOR.match(value[1:]) else None
        case "href":
            try:
                check_address(value)
            except ValidationError:
                return None
    return value
