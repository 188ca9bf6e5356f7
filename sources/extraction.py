"""The text of an article from a file, a page or what somebody pasted, as paragraphs with what it says of itself.

The files are hostile until shown otherwise. `sources.parse` reads them in a process of its own, with limits for memory
and time, and without our settings.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from factcheck.core import http
from factcheck.core.fields.addresses import canonical
from factcheck.core.text import one_line
from sources import parse
from sources.models import Publisher, Source

# Of an upload, and of a page that we fetch.
MAX_BYTES, MAX_PAGE_BYTES = 10_000_000, 5_000_000
_FETCH_SECONDS = 15.0
# The start of the process takes a second or two; the limit of its own time is in `parse`.
_PARSE_SECONDS = 60.0

_MARKUP = re.compile(
    r"\s*<(?:!doctype|html|head|body|article|main|section|div|p|h1|ul|table|span|meta)\b", re.IGNORECASE
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))


class Unreadable(Exception):
    """There is no text to be had from this. The message says why and what to do."""


@dataclass(frozen=True)
class Extracted:
    """The text of a source as one canonical string, one paragraph a line, with the hash of the bytes it came from.

    `found` has what the source says of itself: for each, the field of a source, the value and where it was found.
    """

    text: str
    sha256: str
    size: int
    media_type: str
    found: list[dict[str, Any]] = field(default_factory=list)


def from_pasted(pasted: str) -> Extracted:
    """The text in what somebody pasted: plain text or HTML. Raises Unreadable."""
    return from_bytes(pasted.encode("utf-8"), parse.HTML if _MARKUP.match(pasted) else parse.TEXT)


def from_file(data: bytes, name: str) -> Extracted:
    """The text of an uploaded file. What it contains says what it is; its name only tells HTML from text."""
    return from_bytes(data, _media_type(data, name))


def from_address(address: str) -> Extracted:
    """The text of the page at this address. Raises Unreadable also if the site doesn't give it to us."""
    if not settings.FETCH_ARTICLES:
        raise Unreadable(_("This site doesn't fetch articles. Open the page, copy its text and paste it here."))
    try:
        answer = _fetched(address, _FETCH_SECONDS)
        extracted = from_bytes(answer.body, parse.HTML if _is_page(answer) else _media_type(answer.body, ""))
    except Unreadable as error:
        paste = _("Open the page in your browser, copy its text and paste it here.")
        raise Unreadable(f"{error} {paste}") from error
    if not any(one["field"] == "address" for one in extracted.found):
        extracted.found.extend(_valid([{"field": "address", "value": answer.address, "from": "fetched"}]))
    return extracted


def facts_at(address: str, *, seconds: float = _FETCH_SECONDS) -> list[dict[str, Any]]:
    """What the page at this address says of itself: field, value and where it was found, with the publisher's name.

    Raises Unreadable if the site doesn't give it to us, or if it isn't a page.
    """
    answer = _fetched(address, seconds)
    media_type = parse.FACTS if _is_page(answer) else _media_type(answer.body, "")
    answered = parsed(answer.body, parse.FACTS if media_type == parse.HTML else media_type)
    if code := answered.get("refused"):
        raise Unreadable(_reason(code))
    found: list[dict[str, Any]] = answered["found"]
    named = [{**one, "value": _publisher(one["value"])} for one in found if one["field"] == "publisher"]
    return [*_valid(found), *(one for one in named if one["value"])]


def _publisher(name: str) -> str:
    try:
        return str(Publisher._meta.get_field("name").clean(one_line(_encodable(name))[:200], None))
    except ValidationError:
        return ""


def _fetched(address: str, seconds: float) -> http.Answer:
    """The answer of the site. Raises Unreadable if it isn't a whole page."""
    try:
        answer = http.send("GET", address, seconds=seconds, max_bytes=MAX_PAGE_BYTES, redirects=5)
    except (http.Refused, http.NoAnswer) as error:
        raise Unreadable(str(error)) from error
    if answer.status != 200:  # noqa: PLR2004
        raise Unreadable(
            _("The site answered with status %(status)d, so we didn't get the article.") % {"status": answer.status}
        )
    if answer.is_cut:
        raise Unreadable(_("The page is longer than 5 MB."))
    return answer


def _is_page(answer: http.Answer) -> bool:
    return "html" in answer.headers.get("content-type", "html")


def from_extracted(text: str, before: list[Any]) -> Extracted:
    """The text as an editor left it, of content that was read before: its hash, size, media type and findings."""
    digest, size, media_type, found = before
    canonical = from_pasted(text).text
    return Extracted(canonical, digest, size, media_type, found)


def from_bytes(data: bytes, media_type: str) -> Extracted:
    """The text of this content. Raises Unreadable."""
    answer = parsed(data, media_type)
    if code := answer.get("refused"):
        raise Unreadable(_reason(code))
    text = canonical_text(answer["paragraphs"])
    if not text:
        raise Unreadable(_("We found no text in it. Copy the text of the article and paste it here."))
    return Extracted(text, sha256(data).hexdigest(), len(data), media_type, _valid(answer["found"]))


def canonical_text(paragraphs: list[str]) -> str:
    """The one text that places refer to: NFC, a paragraph a line, single spaces, no characters that nobody sees."""
    lines = (one_line(_encodable(paragraph).translate(_INVISIBLE)) for paragraph in paragraphs)
    return "\n".join(line for line in lines if line)


def _encodable(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _media_type(data: bytes, name: str) -> str:
    """The media type of these bytes. Raises Unreadable if it isn't one that we read."""
    if b"%PDF-" in data[:1024]:
        return parse.PDF
    if data.startswith(b"PK\x03\x04"):
        return parse.DOCX
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(_reason("type"))
    start = data[:1024].decode("utf-8", errors="ignore").lstrip("\ufeff")
    return parse.HTML if name.lower().endswith((".html", ".htm")) or _MARKUP.match(start) else parse.TEXT


def parsed(data: bytes, media_type: str, *options: str) -> dict[str, Any]:
    """The answer of the parser's process."""
    command = [sys.executable, "-I", str(Path(parse.__file__)), media_type, *options]
    try:
        # The command is constant: the media type and the options are ours. Nothing of our environment goes to it.
        done = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, timeout=_PARSE_SECONDS, env={"LANG": "C.UTF-8"}, check=False
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"refused": "costly"}
    return answer


def _reason(code: str) -> str:
    """Why a file wasn't read, and what to do."""
    reasons = {
        "bomb": _("The file unpacks to far more than its size, so we didn't open it. Copy its text and paste it here."),
        "broken": _("We couldn't read this file. Copy its text and paste it here."),
        "costly": _("Reading this file takes too long. Copy the text that you need and paste it here."),
        "encoding": _("We can't tell the encoding of this text. Save it as UTF-8, or paste the text here."),
        "encrypted": _("This PDF needs a password. Save a copy without one, or paste its text here."),
        "long": _("The text has more than 500,000 characters. Paste the part that you need."),
        "pages": _("This PDF has more than 500 pages. Upload the pages that you need, or paste their text."),
        "scanned": _("This PDF has pictures of pages and no text. Run text recognition on it, or type the text here."),
        "type": _("We read text, HTML, PDF and DOCX files. Save it as one of these, or paste its text here."),
    }
    return reasons[code]


def _valid(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those findings that a source can have, in the form in which it stores them."""
    valid = []
    for one in found:
        if one["field"] == "publisher":
            continue  # a source has a row of a publisher, not a name
        try:
            valid.append(one | {"value": _cleaned(one["field"], one["value"])})
        except ValidationError:
            continue
    return [one for one in valid if one["value"]]


def _cleaned(name: str, value: Any) -> Any:
    """The value as the field of a source stores it. Raises ValidationError if it can't."""
    if name == "authors":
        value = [one_line(_encodable(author))[:200] for author in value][:20]
    elif name == "address":
        canonical(value)
    else:
        value = one_line(_encodable(value))
    if name == "title":
        value = value[:500]
    return Source._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
