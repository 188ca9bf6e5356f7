"""Feeds are well-formed for any text, and their bytes depend only on their content."""

import dataclasses
import datetime
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core.feeds import FORMATS, Feed, Item, atom, json_feed, rss
from factcheck.core.text import for_xml
from tests.properties import examples

ATOM = "{http://www.w3.org/2005/Atom}"
# The fields of JSON Feed 1.1 (jsonfeed.org) for the feed, its authors and its items, with their types.
FEED_FIELDS: dict[str, type] = {
    **dict.fromkeys(["version", "title", "home_page_url", "feed_url", "description", "user_comment"], str),
    **dict.fromkeys(["next_url", "icon", "favicon", "language"], str),
    "authors": list,
    "items": list,
    "hubs": list,
    "expired": bool,
}
AUTHOR_FIELDS: dict[str, type] = {"name": str, "url": str, "avatar": str}
ITEM_FIELDS: dict[str, type] = {
    **dict.fromkeys(["id", "url", "external_url", "title", "content_html", "content_text", "summary"], str),
    **dict.fromkeys(["image", "banner_image", "date_published", "date_modified", "language"], str),
    "authors": list,
    "tags": list,
    "attachments": list,
}

anything = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["]]>", "<!--", "&amp;", "<script>alert(1)</script>", "\x00\x08\x0b\x1b", "\ufffe\uffff", "\r\n\u2028", "<?xml ?>"]
)
moments = st.datetimes(timezones=st.just(datetime.UTC))
items = st.builds(
    Item,
    address=st.just("https://check.example/claims/x/"),
    title=anything,
    paragraphs=st.lists(anything, max_size=3),
    published=moments,
    updated=moments,
    tags=st.lists(anything, max_size=3),
)
feeds = st.builds(
    Feed,
    title=anything,
    description=anything,
    page=st.just("https://check.example/claims/?rating=false&topic=water"),
    address=st.just("https://check.example/claims.x?rating=false&topic=water"),
    language=st.just("en"),
    author=anything,
    home=st.just("https://check.example/"),
    rights=st.just("https://license.example/?a=1&b=2"),
    items=st.lists(items, max_size=3),
)


def from_xml(text: str) -> str:
    """The text as an XML parser returns it: without characters that XML forbids, with line feeds as line ends."""
    return for_xml(text).replace("\r\n", "\n").replace("\r", "\n")


def as_html(paragraphs: list[str]) -> str:
    """The paragraphs as the HTML in the feed: escaped, with no tags except ours."""
    escaped = [
        from_xml(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        for text in paragraphs
    ]
    return "".join(f"<p>{text}</p>" for text in escaped).replace("'", "&#x27;")


def parsed(written: bytes) -> ET.Element:
    return ET.fromstring(written)  # noqa: S314 — ours


def texts_at(root: ET.Element, *path: str) -> list[str]:
    return [element.text or "" for element in root.findall("/".join(path))]


@examples()
@given(feeds)
def test_rss_keeps_every_text(feed: Feed) -> None:
    root = parsed(rss(feed))
    assert root.attrib == {"version": "2.0"}
    assert texts_at(root, "channel", "title") == [from_xml(feed.title)]
    assert texts_at(root, "channel", "description") == [from_xml(feed.description)]
    assert texts_at(root, "channel", "copyright") == [feed.rights]
    assert texts_at(root, "channel", "item", "title") == [from_xml(item.title) for item in feed.items]
    assert texts_at(root, "channel", "item", "description") == [as_html(item.paragraphs) for item in feed.items]
    assert texts_at(root, "channel", "item", "category") == [from_xml(tag) for item in feed.items for tag in item.tags]
    assert texts_at(root, "channel", "item", "guid") == [item.address for item in feed.items]


@examples()
@given(feeds)
def test_atom_keeps_every_text(feed: Feed) -> None:
    root = parsed(atom(feed))
    entry = f"{ATOM}entry"
    assert root.tag == f"{ATOM}feed"
    assert texts_at(root, f"{ATOM}title") == [from_xml(feed.title)]
    assert texts_at(root, f"{ATOM}rights") == [feed.rights]
    assert texts_at(root, f"{ATOM}author", f"{ATOM}name") == [from_xml(feed.author)]
    assert texts_at(root, entry, f"{ATOM}title") == [from_xml(item.title) for item in feed.items]
    assert texts_at(root, entry, f"{ATOM}summary") == [as_html(item.paragraphs) for item in feed.items]
    assert texts_at(root, entry, f"{ATOM}id") == [item.address for item in feed.items]
    terms = [element.get("term") for element in root.findall(f"{entry}/{ATOM}category")]
    assert terms == [for_xml(tag) for item in feed.items for tag in item.tags]
    assert [element.get("href") for element in root.findall(f"{ATOM}link")] == [feed.page, feed.address]
    for item, name in [(item, name) for item in root.findall(entry) for name in ("published", "updated")]:
        assert datetime.datetime.fromisoformat(item.findtext(f"{ATOM}{name}") or "").tzinfo


@examples()
@given(feeds)
def test_json_feed_follows_version_1_1_and_keeps_every_text(feed: Feed) -> None:
    found = json.loads(json_feed(feed))
    check_fields(found, FEED_FIELDS, needed={"version", "title", "items"})
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert (found["title"], found["home_page_url"], found["feed_url"]) == (feed.title, feed.page, feed.address)
    for author in found["authors"]:
        check_fields(author, AUTHOR_FIELDS, needed=set())
    for item in found["items"]:
        check_fields(item, ITEM_FIELDS, needed={"id"})
        assert "content_text" in item or "content_html" in item
        assert all(datetime.datetime.fromisoformat(item[name]).tzinfo for name in ("date_published", "date_modified"))
    assert [item["title"] for item in found["items"]] == [item.title for item in feed.items]
    assert [item["content_text"] for item in found["items"]] == ["\n\n".join(item.paragraphs) for item in feed.items]


def check_fields(found: dict[str, Any], known: dict[str, type], *, needed: set[str]) -> None:
    """Check fields and types. An extension is an object whose name begins with `_` and a letter (JSON Feed 1.1)."""
    assert needed <= set(found)
    for name, value in found.items():
        if name.startswith("_"):
            assert name[1].isalpha()
            assert isinstance(value, dict)
        else:
            assert isinstance(value, known[name]), name


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_feed_contains_no_current_time(ending: str) -> None:
    feed = Feed("T", "D", "https://a.example/", "https://a.example/x", "en", "A", "https://a.example/", "R", [])
    written = FORMATS[ending].write(feed).decode()
    assert any(date in written for date in ("2026-11-01T00:00:00+00:00", "Sun, 01 Nov 2026 00:00:00", '"items": []'))
    changed = datetime.datetime(2027, 5, 6, tzinfo=datetime.UTC)
    written = FORMATS[ending].write(dataclasses.replace(feed, changed=changed)).decode()
    assert any(date in written for date in ("2027-05-06T00:00:00+00:00", "Thu, 06 May 2027 00:00:00", '"items": []'))


def test_the_date_of_a_feed_is_that_of_its_newest_entry() -> None:
    old, new = (datetime.datetime(year, 5, 6, 7, 8, 9, tzinfo=datetime.UTC) for year in (2020, 2024))
    item = Item("https://a.example/1", "T", [], published=old, updated=new, tags=[])
    feed = Feed("T", "D", "https://a.example/", "https://a.example/x", "en", "A", "https://a.example/", "R", [item])
    assert texts_at(parsed(rss(feed)), "channel", "lastBuildDate") == ["Mon, 06 May 2024 07:08:09 +0000"]
    assert texts_at(parsed(rss(feed)), "channel", "item", "pubDate") == ["Wed, 06 May 2020 07:08:09 +0000"]
    assert texts_at(parsed(rss(feed)), "channel", "item", f"{ATOM}updated") == ["2024-05-06T07:08:09+00:00"]
    assert texts_at(parsed(atom(feed)), f"{ATOM}updated") == ["2024-05-06T07:08:09+00:00"]
