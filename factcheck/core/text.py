"""Normalise, compare and shorten text that people typed."""

import re
import unicodedata

from anyascii import anyascii
from django.utils.text import slugify

# The maximum number of characters in a prose field, about 5,000 words. Rendering the worst Markdown of this length
# takes half a second; twice the length takes four times as long.
PROSE_MAX_LENGTH = 30_000

# C0 and C1 controls except tab and line feed. They are invisible, and XML forbids most of them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Marks that turn the direction of the text around them: embeddings, overrides and isolates (UAX #9).
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Quotes and dashes that people type for one another.
_MARKS = str.maketrans(dict.fromkeys("’‘‛ʼ′`´", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―", "-"))
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
_ISOLATES, _END_OF_ISOLATE = frozenset("\u2066\u2067\u2068"), "\u2069"
# A mark between digits of one number, or of a score, a date or an hour. A comma before three digits marks thousands.
_IN_A_NUMBER = re.compile(r"(?<=\d)(?:[./:]|,(?!\d{3}(?!\d)))(?=\d)")
_SPACES = re.compile(r"\s+")
# A sentence has more than 25 characters and is followed by another one. A short capitalised word before the full stop
# counts as an abbreviation: Gov., Dr., U.S.
_SENTENCE = re.compile(
    r".{25,}?(?:(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?؟][”’»\")]?\s+(?![a-z])|[。！？])(?=.)", re.DOTALL
)


def clean(text: str) -> str:
    """The text in Unicode NFC, with line feeds as line ends, without control characters and surrounding space.

    Raises ValueError if the text has a lone surrogate, which UTF-8 can't encode.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("The text contains half of a character (a lone surrogate). Type it again.") from error
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))).strip()


def one_line(text: str) -> str:
    """The result of `clean`, with every run of white space replaced by one space."""
    return _SPACES.sub(" ", clean(text))


def with_marks_visible(text: str) -> str:
    """The text with every mark that turns its direction replaced by its name, such as ‹U+202E›.

    So a quote keeps what was written, and can't show words that aren't there.
    """
    return _DIRECTIONS.sub(lambda mark: f"‹U+{ord(mark[0]):04X}›", text)


def printable(text: str, length: int) -> str:
    """The text on one line for a log: at most `length` characters, with `\ufffd` for all that can't be seen.

    It takes any string, and no terminal acts on what is left.
    """
    line = _SPACES.sub(" ", text[: 4 * length]).strip()
    line = "".join(character if character.isprintable() else "\ufffd" for character in line)
    return line if len(line) <= length else line[: length - 1] + "…"


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of the text, and the rest."""
    end = _SENTENCE.match(text)
    return (end[0].rstrip(), text[end.end() :]) if end else (text, "")


def in_brief(text: str, length: int) -> str:
    """The text if it has at most `length` characters, otherwise its first sentence."""
    return text if len(text) <= length else first_sentence(text)[0]


def folded(text: str) -> str:
    """The text without case, accents and extra space, for comparing and sorting names the same way on every machine."""
    decomposed = unicodedata.normalize("NFKD", one_line(text).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def loosely(text: str) -> str:
    """The text for finding that two people wrote the same: folded, with one form of quotes and dashes, no last mark."""
    return folded(text).translate(_MARKS).rstrip(" .,;:!?")


def overrides_direction(text: str) -> bool:
    """True if invisible marks in the text could show its letters in another order than they are in.

    Embeddings and overrides always can; isolates only if one is never closed, or closed before it is open (UAX 9).
    """
    depth = 0
    for character in text:
        depth += (character in _ISOLATES) - (character == _END_OF_ISOLATE)
        if character in _OVERRIDES or depth < 0:
            return True
    return depth > 0


def for_xml(text: str) -> str:
    """The text without the characters that XML doesn't allow."""
    return _NOT_IN_XML.sub("", text)


def slug_from(text: str, *, length: int = 80) -> str:
    """A slug of at most `length` characters, cut between words. Empty if the text has no letters or digits.

    Letters of every script are written in Latin ones. A decimal point becomes a hyphen, so that 95.0 % isn't 950.
    """
    slug = slugify(_IN_A_NUMBER.sub("-", "".join(map(_in_ascii, unicodedata.normalize("NFC", text)))))
    if len(slug) <= length:
        return slug
    cut = slug[: length + 1].rpartition("-")[0]
    return (cut or slug[:length]).strip("-_")


def _in_ascii(character: str) -> str:
    """The character in ASCII. A letter that stands for a word begins one, and so does a number such as ½ or ²."""
    category, written = unicodedata.category(character), anyascii(character)
    if category == "No":
        return f" {written} "
    if category == "So":  # of an emoji that is its English name
        return " "
    return f" {written}" if category == "Lo" and written[:1].isupper() else written


def shortened(text: str, length: int) -> str:
    """The text on one line, cut between words to at most `length` characters. Ends with an ellipsis if it was cut."""
    line = one_line(text)
    if len(line) <= length:
        return line
    return (line[:length].rpartition(" ")[0] or line[: length - 1]).rstrip(" ,;:.") + "…"
