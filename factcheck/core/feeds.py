"""A list of news in the three forms that feed readers take: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.

The bytes follow from what is in the feed: none of them names the time at which it was asked for.
"""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape

from factcheck.core.text import for_xml

# What an empty feed gives as the time of its newest entry.
_LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Item:
    """One entry. Its address is where it leads and names it for ever; all text is plain."""

    address: str
    title: str
    paragraphs: list[str]
    published: datetime.datetime
    updated: datetime.datetime
    tags: list[str]


@dataclass(frozen=True)
class Feed:
    """A list as a feed: `page` shows the same list to people, `address` is the feed's own."""

    title: str
    description: str
    page: str
    address: str
    language: str
    author: str
    home: str
    rights: str
    items: list[Item]


class _Dated(SyndicationFeed):
    """A feed that is as new as its newest entry."""

    def latest_post_date(self) -> datetime.datetime:
        return max((item["updateddate"] for item in self.items), default=_LONG_AGO)


class _Rss(_Dated, Rss201rev2Feed):
    """RSS 2.0, whose entries tell in Atom's words when they were last changed; its own have no word for it."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("atom:updated", item["updateddate"].isoformat())


class _Atom(_Dated, Atom1Feed):
    pass


def rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0."""
    return _xml(_Rss, feed)


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    return _xml(_Atom, feed)


def _xml(form: type[_Dated], feed: Feed) -> bytes:
    written = form(
        title=for_xml(feed.title),
        link=feed.page,
        description=for_xml(feed.description),
        subtitle=for_xml(feed.description),
        language=feed.language,
        author_name=for_xml(feed.author),
        author_link=feed.home,
        feed_url=feed.address,
        feed_guid=feed.address,
        feed_copyright=for_xml(feed.rights),
    )
    for item in feed.items:
        written.add_item(
            title=for_xml(item.title),
            link=item.address,
            # Readers take it for HTML in both forms, so text has to be written as such.
            description="".join(f"<p>{escape(for_xml(text))}</p>" for text in item.paragraphs),
            author_name=for_xml(feed.author),
            pubdate=item.published,
            updateddate=item.updated,
            unique_id=item.address,
            categories=[for_xml(tag) for tag in item.tags],
        )
    return written.writeString("utf-8").encode()


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1 (jsonfeed.org). The licence stands in an extension: the form has no word for it."""
    content = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "description": feed.description,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home}],
        "_rights": {"about": feed.home, "license": feed.rights},
        "items": [
            {
                "id": item.address,
                "url": item.address,
                "title": item.title,
                "content_text": "\n\n".join(item.paragraphs),
                "date_published": item.published.isoformat(),
                "date_modified": item.updated.isoformat(),
                "tags": item.tags,
            }
            for item in feed.items
        ],
    }
    return json.dumps(content, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Form:
    """A form of feeds: its name, its media type, and what writes it."""

    name: str
    media_type: str
    write: Callable[[Feed], bytes]


# By what the address ends in.
FORMS = {
    "rss": Form("RSS", "application/rss+xml", rss),
    "atom": Form("Atom", "application/atom+xml", atom),
    "feed.json": Form("JSON Feed", "application/feed+json", json_feed),
}
