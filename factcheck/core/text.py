"""Text that people typed: one normal form, and a key that sorts names the same on every machine."""

import re
import unicodedata

from django.utils.text import slugify

# The most characters of one prose field: some 5,000 words. Rendering the worst Markdown of that length takes
# half a second; twice the length takes four times as long.
PROSE = 30_000

# C0 and C1 controls except tab and line feed: no font shows them, XML forbids most of them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile(r"\s+")
# A sentence is longer than 25 characters and another begins after it. A short word with a capital before the full stop
# is taken for an abbreviation: Gov., Dr., U.S.
_SENTENCE = re.compile(
    r".{25,}?(?:(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?؟][”’»\")]?\s+(?![a-z])|[。！？])(?=.)", re.DOTALL
)


def clean(text: str) -> str:
    """`text` in Unicode's NFC with line feeds for line ends, without control characters or outer space.

    Raises ValueError for a lone surrogate, which no encoding of Unicode can carry.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("The text holds half of a character (a lone surrogate). Type it again.") from error
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))).strip()


def one_line(text: str) -> str:
    """`clean(text)` with every run of white space as one space."""
    return _SPACES.sub(" ", clean(text))


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of a text, and the rest."""
    end = _SENTENCE.match(text)
    return (end[0].rstrip(), text[end.end() :]) if end else (text, "")


def folded(text: str) -> str:
    """`text` without case, accents and extra space: equal for spellings that a reader takes as the same."""
    decomposed = unicodedata.normalize("NFKD", one_line(text).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def for_xml(text: str) -> str:
    """`text` without the characters that no XML document may hold."""
    return _NOT_IN_XML.sub("", text)


def slug_from(text: str, *, length: int = 80) -> str:
    """A slug of at most `length` characters, cut between words; empty when `text` has no letter or digit."""
    slug = slugify(text)
    if len(slug) <= length:
        return slug
    cut = slug[: length + 1].rpartition("-")[0]
    return (cut or slug[:length]).strip("-_")


def shortened(text: str, length: int) -> str:
    """`text` on one line, cut between words to at most `length` characters, with an ellipsis when cut."""
    line = one_line(text)
    if len(line) <= length:
        return line
    return (line[:length].rpartition(" ")[0] or line[: length - 1]).rstrip(" ,;:.") + "…"
