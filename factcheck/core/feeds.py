"""A list of entries in the three formats that feed readers support: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.

The bytes depend only on the content of the feed: none of them contains the time of the request.
"""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape

from factcheck.core.text import for_xml

# When the first version of the software was written: Atom requires a date, and no list was empty at an earlier one.
_FIRST_DAY = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Item:
    """One entry. Its address is both its link and its permanent identifier; all text is plain."""

    address: str
    title: str
    paragraphs: list[str]
    published: datetime.datetime
    updated: datetime.datetime
    tags: list[str]


@dataclass(frozen=True)
class Feed:
    """A list as a feed. `page` is the address of the same list as a web page, `address` that of the feed.

    `changed` is the time at which the list could last have changed: the date of a feed without entries.
    """

    title: str
    description: str
    page: str
    address: str
    language: str
    author: str
    home: str
    rights: str
    items: list[Item]
    changed: datetime.datetime | None = None


class _Dated(SyndicationFeed):
    """A feed whose date is that of its newest entry, or of the last change if it has none."""

    def latest_post_date(self) -> datetime.datetime:
        changed: datetime.datetime | None = self.feed["changed"]
        return max((item["updateddate"] for item in self.items), default=changed or _FIRST_DAY)


class _Rss(_Dated, Rss201rev2Feed):
    """RSS 2.0. Entries give their last change as `atom:updated`, because RSS has no element for it."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("atom:updated", item["updateddate"].isoformat())


class _Atom(_Dated, Atom1Feed):
    pass


def rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0."""
    return _write_xml(_Rss, feed)


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    return _write_xml(_Atom, feed)


def _write_xml(generator: type[_Dated], feed: Feed) -> bytes:
    document = generator(
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
        changed=feed.changed,
    )
    for item in feed.items:
        document.add_item(
            title=for_xml(item.title),
            link=item.address,
            # Feed readers treat it as HTML in both formats, so the text is escaped.
            description="".join(f"<p>{escape(for_xml(text))}</p>" for text in item.paragraphs),
            author_name=for_xml(feed.author),
            pubdate=item.published,
            updateddate=item.updated,
            unique_id=item.address,
            categories=[for_xml(tag) for tag in item.tags],
        )
    return document.writeString("utf-8").encode()


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1 (jsonfeed.org). The licence is an extension, because the format has no field for it."""
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
class Format:
    """A feed format: its name, its media type, and the function that writes it."""

    name: str
    media_type: str
    write: Callable[[Feed], bytes]


# By the ending of the address.
FORMATS = {
    "rss": Format("RSS", "application/rss+xml", rss),
    "atom": Format("Atom", "application/atom+xml", atom),
    "feed.json": Format("JSON Feed", "application/feed+json", json_feed),
}
