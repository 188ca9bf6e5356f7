"""The canonical form of the record: the same content always gives the same bytes."""

import datetime
import json
from typing import Any

from claims.schema import Content
from factcheck.core.text import clean

# The largest integer that every JSON parser reads exactly (RFC 8259, section 6).
_MAX_INTEGER = 2**53 - 1


def canonical(content: Content) -> str:
    """`content` as canonical JSON (RFC 8785): keys are sorted, without spaces, and equal content gives equal bytes.

    Keys must be ASCII and numbers must be integers: for these, Python's `json` module follows the RFC. Text is
    normalised to NFC. Raises ValueError for a float, an integer outside ±(2^53 - 1), a key that isn't ASCII text, a
    value of another type, or a lone surrogate.
    """
    return written(as_recorded(content))


def written(recorded: Content) -> str:
    """The canonical form of content that `as_recorded` has returned."""
    return json.dumps(recorded, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def as_recorded(value: Any) -> Any:
    """The value as whoever reads its canonical form gets it. Raises ValueError as `canonical` does."""
    match value:
        case None | bool():
            return value
        case str():
            return clean(value)
        case int() if abs(value) <= _MAX_INTEGER:
            return value
        case dict():
            if not all(isinstance(key, str) and key.isascii() for key in value):
                raise ValueError("Keys of the record must be ASCII text.")
            return {key: as_recorded(item) for key, item in value.items()}
        case list() | tuple():
            return [as_recorded(item) for item in value]
    raise ValueError(
        f"The record can't store {value!r}. Use text, true or false, null, whole numbers below 2^53, lists or objects."
    )


def moment(at: datetime.datetime) -> str:
    """The time as text, in the form of the record: UTC with six decimals and `Z`."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
