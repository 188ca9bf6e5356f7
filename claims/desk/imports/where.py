"""The place of a row in its file, in the reader's language. It's stored as the reading process says it, in English."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_PART = re.compile(r"(line|row|item|post|review) (\d+)")
_WORDS: dict[str, str | Promise] = {
    "line": gettext_lazy("line %(number)s"),
    "row": gettext_lazy("row %(number)s"),
    "item": gettext_lazy("item %(number)s"),
    "post": gettext_lazy("post %(number)s"),
    "review": gettext_lazy("review %(number)s"),
}


def in_words(where: str) -> str:
    """A place such as "Sheet 1, row 12" in the language of now. Names of sheets and of lists stay as they are."""
    return ", ".join(map(_part, where.split(", ")))


def _part(part: str) -> str:
    found = _PART.fullmatch(part)
    return str(_WORDS[found[1]]) % {"number": found[2]} if found else part
