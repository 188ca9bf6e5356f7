"""Markdown that editors type becomes HTML without anything harmful."""

import re
from html.parser import HTMLParser

import pytest
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.core.markdown import misleading_links, render

TAGS = {
    *(
        "p",
        "br",
        "hr",
        "em",
        "strong",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *("div", "table", "thead", "tbody", "tr", "th", "td", "section", "sup"),
}
# What may be on which element, besides an address.
ATTRIBUTES = {
    *(("a", name) for name in ("href", "title", "rel", "id", "aria-label")),
    *(("div", name) for name in ("class", "role", "tabindex", "aria-label")),
    *(("section", "class"), ("section", "aria-label"), ("th", "class"), ("td", "class"), ("li", "id"), ("ol", "start")),
}
CLASSES = {"scroll", "footnotes", "align-left", "align-center", "align-right"}
ANCHOR = re.compile(r"fn(ref)?(-[a-z]+-)?\d+(:\d+)?")
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](//evil.example)",
    "[a](/admin/logout/)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![a](https://tracker.example/pixel.gif)",
    '[a](https://a.example "x\\" onmouseover=\\"alert(1)")',
    '<a href="https://a.example" style="position:fixed" onclick="x">b</a>',
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "```html\n<script>alert(1)</script>\n```",
    '``` " onload=alert(1)\nx\n```',
    "<!--<img src=x onerror=alert(1)>-->",
    "\x00<script>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "| a |\n|:-:|\n| [x](javascript:alert(1)) |",
    'a[^"><script>]\n\n[^"><script>]: <svg onload=alert(1)>',
    "a^[<script>alert(1)</script>]",
    "javascript://evil.example/%0aalert(1)",
    "[a](#fn1) [a](#fn-x-1&quot;) [a](#main)",
    "![<script>](javascript:alert(1))",
    "[![x](https://a.example/b.png)](javascript:alert(1))",
    "&lt;script&gt;",
]


class Elements(HTMLParser):
    """Collects all elements and attributes, as a browser would parse them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def check_harmless(html: str) -> None:
    found = Elements(html)
    assert found.tags <= TAGS
    for tag, name, value in found.attributes:
        assert (tag, name) in ATTRIBUTES
        if name == "href":
            assert value.startswith(("http://", "https://")) or ANCHOR.fullmatch(value.removeprefix("#"))
        assert name != "class" or value in CLASSES
        assert name != "id" or ANCHOR.fullmatch(value)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_text_is_harmless(payload: str) -> None:
    check_harmless(render(payload))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PAYLOADS) | st.text("<>[]()!&;:\"'`*_# \n\taj/", max_size=12), max_size=5).map("".join))
def test_no_mixture_of_hostile_texts_is_harmful(text: str) -> None:
    check_harmless(render(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("It is **false**.", "<p>It is <strong>false</strong>.</p>\n"),
        ("# Why", "<h3>Why</h3>\n"),
        ("###### Deep", "<h6>Deep</h6>\n"),
        ("1 < 2", "<p>1 &lt; 2</p>\n"),
        ("![a picture](https://a.example/b.png)", None),
        (
            "[law](https://law.example/a)",
            '<p><a href="https://law.example/a" rel="nofollow noopener">law</a></p>\n',
        ),
        ("", ""),
    ],
)
def test_markdown_becomes_html(text: str, html: str | None) -> None:
    rendered = render(text)
    assert isinstance(rendered, SafeString)
    assert rendered == html if html is not None else "<img" not in rendered


def test_a_table_scrolls_within_its_frame_by_keyboard_too() -> None:
    html = render("| A | B |\n|---|--:|\n| 1 | 2 |")
    assert html.startswith('<div class="scroll" role="region" tabindex="0" aria-label="Table">\n<table>')
    assert '<td class="align-right">2</td>' in html


def test_footnotes_of_several_texts_on_a_page_have_names_of_their_own() -> None:
    html = "".join(render("A[^1] b[^1] c^[two]\n\n[^1]: One.", name) for name in ("", "explanation", "method"))
    names = re.findall(r' id="([^"]+)"', html)
    assert len(names) == len(set(names)) == 3 * 5
    assert set(re.findall(r'href="#([^"]+)"', html)) == set(names)


@pytest.mark.parametrize(
    "text", ["budget.pdf", "www.city.example", "a@city.example", "ftp://city.example", "//city.example"]
)
def test_only_a_whole_web_address_becomes_a_link(text: str) -> None:
    assert "<a" not in render(text)
    assert 'href="https://city.example/a?b=1&amp;c=2"' in render("See https://city.example/a?b=1&c=2, page 3.")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![A map](https://a.example/b.png)", '<a href="https://a.example/b.png" rel="nofollow noopener">A map</a>'),
        ("![](https://a.example/b.png)", ">https://a.example/b.png</a>"),
        (
            "[![A map](https://a.example/b.png)](https://a.example/)",
            '<p><a href="https://a.example/" rel="nofollow noopener">A map</a></p>',
        ),
    ],
)
def test_a_picture_is_a_link_and_is_never_loaded(text: str, html: str) -> None:
    assert html in render(text)


def test_deep_nesting_is_rendered() -> None:
    assert render(">" * 5000 + "a")
    assert render("[" * 5000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[https://good.example/](https://evil.example/)", ["https://good.example/"]),
        ("See [*www.good.example*](https://evil.example/).", ["www.good.example"]),
        ("[good.example/report](https://good.example.evil.example/report)", ["good.example/report"]),
        ("[www.good.example](https://good.example/page) and <https://good.example/>", []),
        ("https://good.example/a [the report of 3.5 million](https://good.example/)", []),
        ("[Version 2.0](https://good.example/)", []),
        ("https://münchen.example/ [münchen.example](https://xn--mnchen-3ya.example/)", []),
        ("[münchen.example](https://evil.example/)", ["münchen.example"]),
    ],
)
def test_a_link_that_shows_another_site_than_it_leads_to_is_found(text: str, found: list[str]) -> None:
    assert misleading_links(text) == found
