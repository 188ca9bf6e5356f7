"""Web addresses in a search: a pasted address finds the claims of the page that it leads to.

Addresses are compared by a key that is the same for the spellings of one page: with and without `www.`, `m.` or
tracking parameters, http or https, a copy in the Internet Archive or the original. The index has a key for each
address that a published claim shows.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from claims.schema import Content
from factcheck.core.fields.addresses import canonical
from factcheck.core.words import hashed

# The number of addresses in one search that are looked up.
MOST_ADDRESSES = 3

# An address with its scheme, or one that begins with www., or a host with a path.
_ADDRESS = re.compile(
    r"(?<![\w@.])(?:https?://[^\s<>\"“”]+|www\.[^\s<>\"“”]+|(?:[\w-]+\.)+[a-z]{2,12}/[^\s<>\"“”]+)", re.IGNORECASE
)
_AFTER_AN_ADDRESS = ".,;:!?)]}'’»…"
# Hosts and first labels of hosts that lead to the same page as another.
_SAME_PAGE = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.)")
_SAME_HOST = {"twitter.com": "x.com", "youtu.be": "youtube.com", "old.reddit.com": "reddit.com"}
# Parameters that `canonical` keeps, because on some site they may name a page, but that usually name a reader.
_USUALLY_TRACKING = {"si", "igsh", "share", "feature", "s", "t", "ref", "source", "amp", "outputtype"}
_ARCHIVED = re.compile(r"^https://web\.archive\.org/web/\w+/(?=https?:/)")


def in_text(text: str) -> list[str]:
    """The web addresses in a text, as typed, at most `MOST_ADDRESSES`."""
    return [found.rstrip(_AFTER_AN_ADDRESS) for found in _ADDRESS.findall(text)[:MOST_ADDRESSES]]


def without(text: str) -> str:
    """The text without its web addresses."""
    return _ADDRESS.sub(" ", text)


def keys(address: str) -> list[int]:
    """The keys of the page at an address. Empty if the text isn't an address.

    The first key has every parameter that can name a page, the second only those that no site tracks readers with.
    """
    try:
        known = canonical(address if "://" in address else f"https://{address}")
        known = _ARCHIVED.sub("", known)
        parts = urlsplit(canonical(known) if "://" in known else known)
    except (ValidationError, ValueError):
        return []
    host = _SAME_PAGE.sub("", parts.netloc)
    path, query = parts.path, parse_qsl(parts.query, keep_blank_values=True)
    if host == "youtu.be":
        path, query = "/watch", [("v", path.strip("/")), *query]
    host = _SAME_HOST.get(host, host)
    path = re.sub(r"(?:/amp|\.amp)$", "", path)
    naming = [(name, value) for name, value in query if name.lower() not in _USUALLY_TRACKING]
    pages = [urlunsplit(("", host, path, urlencode(sorted(kept)), parts.fragment)) for kept in (query, naming)]
    return [hashed(page, "address") for page in dict.fromkeys(pages)]


def of(source: Content) -> Iterator[str]:
    """The addresses at which readers find a source of a body."""
    yield from filter(None, [source["address"], source["archived_address"]])
