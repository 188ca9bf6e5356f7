"""Feeds are well-formed whatever people wrote, and their bytes change with their content alone."""

import datetime
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.core.feeds import FORMS, Feed, Item, atom, json_feed, rss
from factcheck.core.text import for_xml

ATOM = "{http://www.w3.org/2005/Atom}"
# What jsonfeed.org's version 1.1 has for the feed, its authors and its items, with the type of each.
OF_FEED: dict[str, type] = {
    **dict.fromkeys(["version", "title", "home_page_url", "feed_url", "description", "user_comment"], str),
    **dict.fromkeys(["next_url", "icon", "favicon", "language"], str),
    "authors": list,
    "items": list,
    "hubs": list,
    "expired": bool,
}
OF_AUTHOR: dict[str, type] = {"name": str, "url": str, "avatar": str}
OF_ITEM: dict[str, type] = {
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


def seen(text: str) -> str:
    """The text as an XML reader gives it back: without what XML forbids, line ends as line feeds."""
    return for_xml(text).replace("\r\n", "\n").replace("\r", "\n")


def as_html(paragraphs: list[str]) -> str:
    """What a feed reader shows of the text, as the HTML it has to be: not one tag but ours."""
    escaped = [
        seen(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        for text in paragraphs
    ]
    return "".join(f"<p>{text}</p>" for text in escaped).replace("'", "&#x27;")


def parsed(written: bytes) -> ET.Element:
    return ET.fromstring(written)  # noqa: S314 — ours


def held(root: ET.Element, *path: str) -> list[str]:
    return [element.text or "" for element in root.findall("/".join(path))]


@settings(max_examples=400, deadline=None)
@given(feeds)
def test_rss_gives_every_text_back(feed: Feed) -> None:
    root = parsed(rss(feed))
    assert root.attrib == {"version": "2.0"}
    assert held(root, "channel", "title") == [seen(feed.title)]
    assert held(root, "channel", "description") == [seen(feed.description)]
    assert held(root, "channel", "copyright") == [feed.rights]
    assert held(root, "channel", "item", "title") == [seen(item.title) for item in feed.items]
    assert held(root, "channel", "item", "description") == [as_html(item.paragraphs) for item in feed.items]
    assert held(root, "channel", "item", "category") == [seen(tag) for item in feed.items for tag in item.tags]
    assert held(root, "channel", "item", "guid") == [item.address for item in feed.items]


@settings(max_examples=400, deadline=None)
@given(feeds)
def test_atom_gives_every_text_back(feed: Feed) -> None:
    root = parsed(atom(feed))
    entry = f"{ATOM}entry"
    assert root.tag == f"{ATOM}feed"
    assert held(root, f"{ATOM}title") == [seen(feed.title)]
    assert held(root, f"{ATOM}rights") == [feed.rights]
    assert held(root, f"{ATOM}author", f"{ATOM}name") == [seen(feed.author)]
    assert held(root, entry, f"{ATOM}title") == [seen(item.title) for item in feed.items]
    assert held(root, entry, f"{ATOM}summary") == [as_html(item.paragraphs) for item in feed.items]
    assert held(root, entry, f"{ATOM}id") == [item.address for item in feed.items]
    terms = [element.get("term") for element in root.findall(f"{entry}/{ATOM}category")]
    assert terms == [for_xml(tag) for item in feed.items for tag in item.tags]
    assert [element.get("href") for element in root.findall(f"{ATOM}link")] == [feed.page, feed.address]
    for item, name in [(item, name) for item in root.findall(entry) for name in ("published", "updated")]:
        assert datetime.datetime.fromisoformat(item.findtext(f"{ATOM}{name}") or "").tzinfo


@settings(max_examples=400, deadline=None)
@given(feeds)
def test_json_feed_is_of_version_1_1_and_gives_every_text_back(feed: Feed) -> None:
    found = json.loads(json_feed(feed))
    fits(found, OF_FEED, needed={"version", "title", "items"})
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert (found["title"], found["home_page_url"], found["feed_url"]) == (feed.title, feed.page, feed.address)
    for author in found["authors"]:
        fits(author, OF_AUTHOR, needed=set())
    for item in found["items"]:
        fits(item, OF_ITEM, needed={"id"})
        assert "content_text" in item or "content_html" in item
        assert all(datetime.datetime.fromisoformat(item[name]).tzinfo for name in ("date_published", "date_modified"))
    assert [item["title"] for item in found["items"]] == [item.title for item in feed.items]
    assert [item["content_text"] for item in found["items"]] == ["\n\n".join(item.paragraphs) for item in feed.items]


def fits(found: dict[str, Any], known: dict[str, type], *, needed: set[str]) -> None:
    """Extensions are objects under a name that begins with a low line and a letter (JSON Feed 1.1, "Extensions")."""
    assert needed <= set(found)
    for name, value in found.items():
        if name.startswith("_"):
            assert name[1].isalpha()
            assert isinstance(value, dict)
        else:
            assert isinstance(value, known[name]), name


@pytest.mark.parametrize("ending", FORMS)
def test_an_empty_feed_names_no_time_of_its_own(ending: str) -> None:
    feed = Feed("T", "D", "https://a.example/", "https://a.example/x", "en", "A", "https://a.example/", "R", [])
    written = FORMS[ending].write(feed).decode()
    years = {str(year) for year in range(2020, 2100)}
    assert not any(year in written for year in years)


def test_a_feed_is_as_new_as_its_newest_change() -> None:
    old, new = (datetime.datetime(year, 5, 6, 7, 8, 9, tzinfo=datetime.UTC) for year in (2020, 2024))
    item = Item("https://a.example/1", "T", [], published=old, updated=new, tags=[])
    feed = Feed("T", "D", "https://a.example/", "https://a.example/x", "en", "A", "https://a.example/", "R", [item])
    assert held(parsed(rss(feed)), "channel", "lastBuildDate") == ["Mon, 06 May 2024 07:08:09 +0000"]
    assert held(parsed(rss(feed)), "channel", "item", "pubDate") == ["Wed, 06 May 2020 07:08:09 +0000"]
    assert held(parsed(rss(feed)), "channel", "item", f"{ATOM}updated") == ["2024-05-06T07:08:09+00:00"]
    assert held(parsed(atom(feed)), f"{ATOM}updated") == ["2024-05-06T07:08:09+00:00"]
