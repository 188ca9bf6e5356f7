"""Files of sources, checked before they are kept: scans, photos and PDFs. Only the desk has them. Pictures for readers
are checked here too.
"""

import base64
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from factcheck.core.text import one_line
from sources import parse
from sources.extraction import MAX_BYTES, parsed
from sources.models import Source, SourceFile

_ENDINGS = {parse.PDF: "pdf", parse.JPEG: "jpg", parse.PNG: "png"}
_LONGEST_NAME = 100
# Codes of the parser for a PDF that we keep although it has no text to read.
_STILL_A_PDF = {"scanned", "encrypted", "pages", "long"}
# What a PDF may end with.
_END_OF_PDF = re.compile(rb"%%EOF\s*\Z")


class Unusable(Exception):
    """A file that we don't keep. The message says why and what to do."""


@dataclass(frozen=True)
class Checked:
    """A file that can be kept: a PDF as it came, or a picture that was drawn anew."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True)
class CheckedPicture:
    """A picture that was drawn anew: its bytes, their media type, and its size in pixels."""

    content: bytes
    media_type: str
    width: int
    height: int


def checked(data: bytes, name: str) -> Checked:
    """The file, if it's a PDF or a picture and nothing else. What it contains says what it is, not its name.

    A picture is decoded and written again, so it loses what cameras write into it (place, time, device) and whatever
    else is in the file. Raises Unusable.
    """
    _check_size(data, _("The file is bigger than 10 MB. Make it smaller, or upload its pages one by one."))
    media_type = parse.picture_type(data)
    if data.startswith(b"%PDF-"):
        return Checked(_checked_pdf(data), parse.PDF, _named(name, parse.PDF))
    if not media_type:
        raise Unusable(_("We keep PDF, JPEG, PNG and WebP files. Save it as one of these, then upload it again."))
    picture = _drawn_anew(data, media_type)
    return Checked(picture.content, picture.media_type, _named(name, picture.media_type))


def checked_picture(data: bytes, *, longest: int, most: int) -> CheckedPicture:
    """The picture, drawn anew with no side longer than `longest` pixels. What the file contains says what it is.

    Raises Unusable, also if the new file has more than `most` bytes.
    """
    _check_size(data, _("The file is bigger than 10 MB. Make it smaller."))
    media_type = parse.picture_type(data)
    if not media_type:
        raise Unusable(_("We keep JPEG, PNG and WebP pictures. Save it as one of these, then upload it again."))
    picture = _drawn_anew(data, media_type, longest)
    if len(picture.content) > most:
        raise Unusable(_("This picture is too big for a page. Save it as JPEG, then upload it again."))
    return picture


def is_picture(data: bytes, media_type: str, width: int, height: int) -> bool:
    """True if these bytes are a picture of this type and size that can be read to its end."""
    if parse.picture_type(data) != media_type or len(data) > MAX_BYTES:
        return False
    answer = parsed(data, media_type)
    return (answer.get("width"), answer.get("height")) == (width, height)


@transaction.atomic
def keep(source: Source, file: Checked) -> tuple[SourceFile, bool]:
    """Keep the file for the desk. Returns its row, and False if the source had the same file already."""
    digest = sha256(file.content).hexdigest()
    Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    known = SourceFile.objects.filter(source=source, sha256=digest).first()
    if known:
        return known, False
    row = SourceFile(source=source, name=file.name, media_type=file.media_type, size=len(file.content), sha256=digest)
    row.file.save(f"file.{_ENDINGS[file.media_type]}", ContentFile(file.content), save=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except BaseException:
        row.file.storage.delete(str(row.file.name))
        raise
    return row, True


def _check_size(data: bytes, too_big: str) -> None:
    """Raises Unusable if there are no bytes, or, with this sentence, too many."""
    if not data:
        raise Unusable(_("The file is empty. Choose another one."))
    if len(data) > MAX_BYTES:
        raise Unusable(too_big)


def _drawn_anew(data: bytes, media_type: str, longest: int = 0) -> CheckedPicture:
    """The picture with its pixels and nothing else. Raises Unusable."""
    answer = parsed(data, media_type, str(longest))
    if code := answer.get("refused"):
        raise Unusable(_reason(code))
    content = base64.b64decode(answer["picture"])
    return CheckedPicture(content, answer["media_type"], answer["width"], answer["height"])


def _checked_pdf(data: bytes) -> bytes:
    """The PDF. Raises Unusable if it can't be read, or is a file of another kind too."""
    if not _END_OF_PDF.search(data[-1024:]) or zipfile.is_zipfile(BytesIO(data)):
        raise Unusable(_("This PDF has other data after its end. Print it to a new PDF, then upload that."))
    code = parsed(data, parse.PDF).get("refused")
    if code and code not in _STILL_A_PDF:
        raise Unusable(_reason(code))
    return data


def _named(name: str, media_type: str) -> str:
    """The file's own name without a path, with the ending of what it is."""
    try:
        shown = "".join(letter for letter in one_line(name) if unicodedata.category(letter) != "Cf")
        stem = PurePosixPath(shown.replace("\\", "/")).stem.strip(". ")
    except ValueError:
        stem = ""
    return f"{stem[:_LONGEST_NAME] or 'file'}.{_ENDINGS[media_type]}"


def _reason(code: str) -> str:
    """Why a file isn't kept, and what to do."""
    reasons = {
        "bomb": _("The picture has more than 40 million pixels. Make it smaller, then upload it again."),
        "animated": _("The picture is animated. Save one of its frames as JPEG or PNG, then upload that."),
        "costly": _("Reading this file takes too long. Save it again in another program, then upload that."),
    }
    return reasons.get(code, _("We couldn't read this file. Save it again in another program, then upload that."))
