"""Markdown that editors type becomes HTML without anything harmful."""

from html.parser import HTMLParser

import pytest
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.core.markdown import render

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
    )
}
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
        assert (tag, name) in {("a", "href"), ("a", "title"), ("a", "rel"), ("ol", "start")}
        if name == "href":
            assert value.startswith(("http://", "https://"))


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


def test_deep_nesting_is_rendered() -> None:
    assert render(">" * 5000 + "a")
    assert render("[" * 5000)
