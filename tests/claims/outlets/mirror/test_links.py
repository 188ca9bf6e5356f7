"""Addresses as files of a static copy, and the links in its documents."""

import pytest
from django.conf import LazySettings

from claims.outlets.mirror import links

SITE = "https://facts.example"


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL = SITE


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("/es/", "es/index.html"),
        ("/claims/x/", "claims/x/index.html"),
        ("/claims/x.jsonld", "claims/x.jsonld"),
        ("/.well-known/security.txt", ".well-known/security.txt"),
        ("/claims/?page=1", "claims/index.html"),
        ("/claims/?page=2", "claims/page/2/index.html"),
        ("/es/topics/a/?page=100", "es/topics/a/page/100/index.html"),
    ],
)
def test_an_address_becomes_a_file(address: str, file: str) -> None:
    assert links.file_of(address) == file


@pytest.mark.parametrize(
    "address",
    [
        *("/claims/?q=x", "/claims/?rating=false&page=2", "/claims.csv?page=2", "/claims/?page=0", "/claims/?page=x"),
        *("/admin/", "/api/v1/claims/", "/v1alpha1/claims:search", "/oembed?url=x", "/$discovery/rest"),
        *("/../etc/passwd", "/claims/../../x", "/claims/%2e%2e/x", "/.git/config", "//", "/SHA256SUMS"),
    ],
)
def test_what_only_the_site_can_answer_has_no_file(address: str) -> None:
    assert links.file_of(address) is None


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("/claims/x/", "/claims/x/"),
        ("/claims/x/#why", "/claims/x/#why"),
        ("?page=3", "/claims/page/3/"),
        ("?page=1", "/claims/"),
        ("?", "/claims/"),
        ("/es/claims/?page=2#x", "/es/claims/page/2/#x"),
        ("y/", "/claims/y/"),
        ("#main", "#main"),
        ("?rating=false&amp;page=2", f"{SITE}/claims/?rating=false&amp;page=2"),
        ("/api/v1/#claims", f"{SITE}/api/v1/#claims"),
        (f"{SITE}/claims/?page=2", f"{SITE}/claims/?page=2"),
        ("https://elsewhere.example/?page=2", "https://elsewhere.example/?page=2"),
        ("http://[broken", "http://[broken"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_a_link_on_the_second_page_of_a_list_leads_where_it_led(link: str, led: str) -> None:
    html, _ = links.in_html(f'<a class="x" href="{link}" rel="y">href="?page=7"</a>', "/claims/?page=2")
    assert html == f'<a class="x" href="{led}" rel="y">href="?page=7"</a>'


def test_only_markup_has_links() -> None:
    html = (
        '<p title="a > b" data-x="<a href=">text href="?page=2"</p>'
        '<script type="application/ld+json">{"a": "<a href=\\"?page=2\\">", "b": " href=", "c": "x"}</script>'
        '<meta name="viewport" content="width=device-width"><meta content="https://facts.example/claims/x/card.png">'
        '<script src="/static/a.js" defer></script>'
    )
    assert links.in_html(html, "/") == (html, [f"{SITE}/claims/x/card.png", "/static/a.js"])


def test_links_are_read_from_stylesheets_and_feeds() -> None:
    assert links.in_css("@import url('a.css'); b { background: url(../c.png) }") == ["a.css", "../c.png"]
    feed = f'<loc>{SITE}/a/</loc> <link href="{SITE}/b.xml?x=1&amp;y=2"/> {SITE}.evil/ &lt;a href=&quot;{SITE}/c/&quot;'
    assert links.in_xml(feed) == [f"{SITE}/a/", f"{SITE}/b.xml?x=1", f"{SITE}/c/"]
