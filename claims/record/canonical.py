"""The canonical form of the record: one sequence of bytes for one content."""

import datetime
import json
from typing import Any

from claims.schema import Content
from factcheck.core.text import clean

# The largest integer that every JSON reader keeps exactly (RFC 8259, section 6).
_EXACT = 2**53 - 1


def canonical(content: Content) -> str:
    """`content` as canonical JSON (RFC 8785): sorted keys, no space, one byte sequence for one content.

    Keys must be ASCII and numbers integers, for which Python's own writer and the RFC agree. Text is put in NFC.
    Raises ValueError for a float, an integer of more than 2^53 - 1, another key, another type, or half a character.
    """
    return json.dumps(_checked(content), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _checked(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return clean(value)
        case int() if abs(value) <= _EXACT:
            return value
        case dict():
            if not all(isinstance(key, str) and key.isascii() for key in value):
                raise ValueError("The record takes ASCII keys only.")
            return {key: _checked(item) for key, item in value.items()}
        case list() | tuple():
            return [_checked(item) for item in value]
    raise ValueError(f"The record cannot hold {value!r}: it takes text, whole numbers below 2^53, lists and objects.")


def moment(at: datetime.datetime) -> str:
    """A time as the record writes it: UTC, six decimals, `Z`."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
