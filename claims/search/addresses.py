"""Web addresses in a search: a pasted address finds the claims of the page that it leads to.

Addresses are compared by a key that is the same for the spellings of one page: with and without `www.`, `m.` or
tracking parameters, http or https, a copy in the Internet Archive or the original. The index has a key for each
address that a published claim shows.
"""

import re
from collections.abc import Iterator

from claims.schema import Content
from factcheck.core.fields.addresses import lookup_key
from factcheck.core.words import hashed

# The number of addresses in one search that are looked up.
MOST_ADDRESSES = 3

# An address with its scheme, or one that begins with www., or a host with a path.
_ADDRESS = re.compile(
    r"(?<![\w@.])(?:https?://[^\s<>\"“”]+|www\.[^\s<>\"“”]+|(?<!-)(?:[\w-]++\.)+[a-z]{2,12}/[^\s<>\"“”]+)",
    re.IGNORECASE,
)
_AFTER_AN_ADDRESS = ".,;:!?)]}'’»…"


def in_text(text: str) -> list[str]:
    """The web addresses in a text, as typed, at most `MOST_ADDRESSES`."""
    return [found.rstrip(_AFTER_AN_ADDRESS) for found in _ADDRESS.findall(text)[:MOST_ADDRESSES]]


def without(text: str) -> str:
    """The text without its web addresses."""
    return _ADDRESS.sub(" ", text)


def key_of(address: str) -> int | None:
    """The hashed key of the page at an address. None if the text isn't an address."""
    known = lookup_key(address if "://" in address else f"https://{address}")
    return hashed(known, "address") if known else None


def of(source: Content) -> Iterator[str]:
    """The addresses at which readers find a source of a body."""
    yield from filter(None, [source["address"], source["original_address"], source["archived_address"]])
