"""The preview image of a verdict for social networks and messengers: a PNG of 1200 × 630 pixels.

It is drawn from the body of a revision, so it can't say anything that isn't in the record. The size of the image and
the time to draw it are limited for every text. A verdict is never shown in part: if the font lacks a character of the
claim, the finding, the rating or the notice, the card names only the site.
"""

import datetime
import io
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from PIL import Image, ImageDraw, ImageFont

from claims.formats import marks
from claims.formats.headline import rated
from claims.formats.scale import scale_of
from claims.record.wording import name_of
from claims.schema import Content
from factcheck.core.fields import dates
from factcheck.core.text import in_brief, one_line, shortened

WIDTH, HEIGHT = 1200, 630
RATING_SIZE = 480, 360
# Part of the cache key of cards. Raise it with every change to the drawing.
DESIGN = 2

# The light colours of factcheck/tokens.css; a test compares them.
PAPER, PANEL, INK, QUIET = "#ffffff", "#f5f4f0", "#17232f", "#54606b"
RULE, NOTICE, NOTICE_RULE = "#d6d3ca", "#fdf6e0", "#a87400"
RATINGS = {
    "5": "#14663a",
    "4": "#3f6a12",
    "3": "#855600",
    "2": "#a5440b",
    "1": "#a3152b",
    marks.OFF: "#4a5763",
}

_FONTS = Path(__file__).parent / "fonts"
_NO_CHARACTER = "\uffff"
# Joiners change the shape of letters. All other format characters are removed: they could reverse or hide text.
_JOINERS = {"\u200c", "\u200d"}
_LONGEST = 320
_LONGEST_ANSWER = 180
_SIDE = 72
_COLUMN = WIDTH - 2 * _SIDE
_OVERSAMPLING = 4
# Takes less than half the time of the highest level, for a few more bytes.
_COMPRESSION = 6


class _Face(StrEnum):
    """The font files."""

    BOOK = "DejaVuSans.ttf"
    BOLD = "DejaVuSans-Bold.ttf"


@dataclass(frozen=True)
class _Text:
    """A text without line breaks, and a face that has all its characters."""

    text: str
    face: _Face

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The direction of the first letter (Unicode bidirectional algorithm, rules P2 and P3)."""
        kinds = (unicodedata.bidirectional(character) for character in self.text)
        return "rtl" if next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L" else "ltr"


def draw(content: Content, *, site: str, host: str) -> bytes:
    """The card of one version as a PNG. `site` is the publisher's name, `host` the host name of the site."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 13), fill=INK)
    name = _text(site, _Face.BOLD) or _text(host, _Face.BOLD)
    _line(image, name, (34, 28), (_SIDE, 30, 800, 50), ink=INK)
    _line(image, _text(_("Fact-check"), _Face.BOOK), (26,), (WIDTH - _SIDE - 300, 35, 300, 44), ink=QUIET, at_end=True)
    label = _text(name_of(content["rating"]).text, _Face.BOLD)
    statement = _text(
        _("“%(statement)s”") % {"statement": content["statement"]}, _Face.BOLD, needs=content["statement"]
    )
    headline = _text(content["headline"], _Face.BOLD)
    notice = _text(content["notice"], _Face.BOOK) if content["notice"] else None
    is_drawable = (headline or not content["headline"]) and (notice or not content["notice"])
    if label and statement and is_drawable:
        _verdict(image, content["rating"], label)
        below = 460 if notice else 536
        if headline:
            claim = _text(_("Claim: “%(statement)s”") % {"statement": content["statement"]}, _Face.BOOK)
            _stack(image, headline, claim, 212, below)
        else:
            _stack(image, statement, _text(_answer(content), _Face.BOOK), 212, below)
        if notice:
            pen.rectangle((_SIDE, 468, WIDTH - _SIDE, 538), fill=NOTICE)
            pen.rectangle((_SIDE, 468, _SIDE + 7, 538), fill=NOTICE_RULE)
            _paragraph(image, notice, (24, 21), (_SIDE + 28, 470, _COLUMN - 48, 66), ink=INK, ground=NOTICE)
        # If the outlet's name can't be drawn, the date is still shown.
        where = _text(_circumstances(content), _Face.BOOK)
        where = where or _text(_circumstances({**content, "appearances": []}), _Face.BOOK)
    else:
        neutral = _text(_("A claim, checked"), _Face.BOLD)
        _line(image, neutral, (64, 52), (_SIDE, 210, _COLUMN, 90), ink=INK)
        invitation = _text(_("Read the claim, the verdict and the evidence on its page."), _Face.BOOK)
        if invitation:
            _paragraph(image, invitation, (36, 32), (_SIDE, 320, _COLUMN, 150), ink=QUIET)
        where = None
    pen.line((_SIDE, 550, WIDTH - _SIDE, 550), fill=RULE, width=2)
    _line(image, where, (24, 20), (_SIDE, 566, 690, 44), ink=QUIET)
    _line(image, _text(host, _Face.BOLD), (24, 20, 17), (WIDTH - _SIDE - 350, 566, 350, 44), ink=INK, at_end=True)
    return _png(image)


def draw_rating(rating: Content) -> bytes:
    """The mark and label of a rating as a PNG of 480 × 360 pixels. Without the label if the font lacks a character."""
    image = Image.new("RGB", RATING_SIZE, PANEL)
    mark = marks.mark_of(rating)
    colour = RATINGS[marks.tone_of(mark)]
    width, height = RATING_SIZE
    _mark(image, mark, ((width - 168) // 2, 48, 168), colour)
    label = _text(rating["label"], _Face.BOLD)
    if label:
        sizes = (54, 46, 38, 32, 27)
        room = width - 48
        size = next((size for size in sizes if _font(label.face, size).getlength(label.text) <= room), sizes[-1])
        wide = min(room, ceil(_font(label.face, size).getlength(label.text)))
        box = ((width - wide) // 2, height - 116, wide, 80)
        _paragraph(image, label, (size,), box, ink=colour, ground=PANEL, most=1)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=_COMPRESSION)
    return stream.getvalue()


def alt_text(content: Content) -> str:
    """The card's text alternative, for people who can't see it."""
    verdict = rated(name_of(content["rating"]).text, shortened(content["statement"], _LONGEST))
    finding = one_line(content["headline"]) or _answer(content)
    parts = [verdict, shortened(finding, _LONGEST).removesuffix("."), _circumstances(content), content["notice"]]
    return ". ".join(filter(None, parts))


def _answer(content: Content) -> str:
    """The short answer: the summary, or only its first sentence if the summary is long."""
    return in_brief(one_line(content["summary"]), _LONGEST_ANSWER)


def _circumstances(content: Content) -> str:
    """The date and number of the version, and the outlets in which the claim was made."""
    at = datetime.datetime.fromisoformat(content["revision"]["at"])
    parts = [_("Checked %(day)s") % {"day": dates.day_in_words(at)}]
    if content["revision"]["number"] > 1:
        parts.append(_("version %(number)d") % {"number": content["revision"]["number"]})
    parts.append(claimed_in(content))
    return " · ".join(filter(None, parts))


def claimed_in(content: Content) -> str:
    """A short text with the outlets in which the claim was made. Empty if there are none."""
    outlets = list(
        dict.fromkeys(
            publisher["name"] for item in content["appearances"] if (publisher := item["source"]["publisher"])
        )
    )
    if not outlets:
        return ""
    if len(outlets) == 1:
        return _("claimed in %(outlet)s") % {"outlet": outlets[0]}
    more = len(outlets) - 1
    text = ngettext("claimed in %(outlet)s and %(more)d other", "claimed in %(outlet)s and %(more)d others", more)
    return text % {"outlet": shortened(outlets[0], 40), "more": more}


def _verdict(image: Image.Image, rating: Content, label: _Text) -> None:
    """Draw the rating's background, mark and label, and its place on the scale."""
    mark = marks.mark_of(rating)
    colour = RATINGS[marks.tone_of(mark)]
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 92, WIDTH, 192), fill=PANEL)
    pen.rectangle((0, 92, 13, 192), fill=colour)
    _mark(image, mark, (_SIDE, 104, 76), colour)
    _paragraph(image, label, (58, 48, 40, 34, 28), (_SIDE + 100, 98, 530, 88), ink=colour, ground=PANEL, most=1)
    _scale(image, rating, colour)


def _scale(image: Image.Image, rating: Content, colour: str) -> None:
    """Draw the steps of the scale at the end of the rating's background. The rating's own step is filled and higher."""
    scale, top = scale_of(rating), 142
    right = WIDTH - _SIDE
    if scale is None:
        words = _text(_("Not rated on the scale"), _Face.BOOK)
        _line(image, words, (24, 20), (right - 360, top - 22, 360, 44), ink=QUIET, ground=PANEL, at_end=True)
        return
    pen, wide = ImageDraw.Draw(image), 230 // scale.steps
    left = right - 90 - 230
    for number, is_own in enumerate(scale.filled):
        x, half = left + number * wide, 20 if is_own else 9
        box = (x + 3, top - half, x + wide - 3, top + half)
        pen.rectangle(box, fill=colour if is_own else PANEL, outline=colour, width=3)
    ends = [
        (pgettext("end of the scale", "False"), left - 100, True),
        (pgettext("end of the scale", "True"), right - 80, False),
    ]
    for end, x, at_end in ends:
        _line(
            image, _text(end, _Face.BOOK), (22, 18, 15), (x, top - 22, 90, 44), ink=QUIET, ground=PANEL, at_end=at_end
        )


def _stack(image: Image.Image, first: _Text, second: _Text | None, top: int, bottom: int) -> None:
    """Draw a text in large type and another right below it, in the room between `top` and `bottom`."""
    share = 0.56 if second else 1
    box = (_SIDE, top, _COLUMN, int((bottom - top) * share))
    end = _paragraph(image, first, (54, 48, 42, 37, 33, 29, 26), box, ink=INK, from_top=bool(second))
    if second:
        box = (_SIDE, end + 12, _COLUMN, bottom - end - 12)
        _paragraph(image, second, (38, 35, 32, 29, 26, 24), box, ink=INK, from_top=True)


# Text


@lru_cache(maxsize=64)
def _font(face: _Face, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / face, size)


@lru_cache(maxsize=4096)
def _has(face: _Face, character: str) -> bool:
    """True if the face has a glyph for the character, and not only the box for missing characters."""
    font = _font(face, 24)
    missing, found = font.getmask(_NO_CHARACTER), font.getmask(character)
    return found.size != missing.size or bytes(found) != bytes(missing)


def _text(text: str, preferred: _Face, *, needs: str | None = None) -> _Text | None:
    """The text with a face to draw it. None if the text, or its part `needs`, is empty, or no face has all letters."""
    if needs is not None and not one_line(needs):
        return None
    shown = "".join(
        character
        for character in shortened(text, _LONGEST)
        if character in _JOINERS or unicodedata.category(character) != "Cf"
    )
    shown = one_line(shown)
    fit = (
        face
        for face in (preferred, _Face.BOOK)
        if all(_has(face, character) for character in set(shown) - _JOINERS - {" "})
    )
    face = next(fit, None)
    return _Text(shown, face) if face and shown else None


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """The text in lines of at most `width` pixels, broken between words if possible."""
    line = ""
    for whole in text.split(" "):
        word = whole
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        while font.getlength(word) > width:
            fits = max(1, bisect_right(range(1, len(word)), width, key=lambda n: ceil(font.getlength(word[:n]))))
            yield word[:fits]
            word = word[fits:]
        line = word
    if line:
        yield line


def _paragraph(
    image: Image.Image,
    text: _Text,
    sizes: tuple[int, ...],
    box: tuple[int, int, int, int],
    *,
    ink: str,
    ground: str = PAPER,
    most: int = 99,
    at_end: bool = False,
    from_top: bool = False,
) -> int:
    """Draw the text into a box (left, top, width, height) in the largest size that fits, or else cut in the smallest.

    The text is centred vertically, or with `from_top` begins at the top. It's clipped to the box, so that stacked
    accents can't cover anything outside. Returns the vertical position below the last line.
    """
    left, top, width, height = box
    for size in sizes:
        font, step = _font(text.face, size), round(size * 1.28)
        room = max(1, min(most, height // step))
        lines = list(_wrapped(text.text, font, width))
        if len(lines) <= room:
            break
    else:
        lines = lines[:room]
        while font.getlength(lines[-1] + "…") > width:
            lines[-1] = lines[-1][:-1]
        lines[-1] = lines[-1].rstrip(" ,;:.") + "…"
    field = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(field)
    to_end = at_end != (text.direction == "rtl")
    y = (0 if from_top else (height - step * len(lines)) // 2) + step // 2
    for line in lines:
        pen.text(
            (width if to_end else 0, y), line, ink, font, anchor="rm" if to_end else "lm", direction=text.direction
        )
        y += step
    image.paste(field, (left, top))
    return top + y - step // 2


def _line(
    image: Image.Image,
    text: _Text | None,
    sizes: tuple[int, ...],
    box: tuple[int, int, int, int],
    *,
    ink: str,
    ground: str = PAPER,
    at_end: bool = False,
) -> None:
    """Draw one line of text, cut to its box. Does nothing if the text is None."""
    if text:
        _paragraph(image, text, sizes, box, ink=ink, ground=ground, most=1, at_end=at_end)


# Marks


def _mark(image: Image.Image, name: str, place: tuple[int, int, int], ink: str) -> None:
    """Draw a mark at (left, top, size). It's drawn larger and scaled down, so that its edges are smooth."""
    left, top, size = place
    scale = size * _OVERSAMPLING / marks.SIZE
    drawn = Image.new("RGB", (size * _OVERSAMPLING, size * _OVERSAMPLING), PANEL)
    pen = ImageDraw.Draw(drawn)
    for part in marks.MARKS[name]:
        colour = PANEL if part.kind == "cut" else ink
        width = scale * (marks.CUT_WIDTH if part.kind == "cut" else marks.LINE_WIDTH)
        for points in _outlines(part.path):
            corners = [(x * scale, y * scale) for x, y in points]
            if part.kind == "solid":
                pen.polygon(corners, fill=colour)
                continue
            pen.line(corners, fill=colour, width=round(width), joint="curve")
            for x, y in corners:
                pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)
    image.paste(drawn.resize((size, size), Image.Resampling.LANCZOS), (left, top))


def _outlines(path: str) -> Iterator[list[tuple[float, float]]]:
    """The outlines of SVG path data (absolute M, L, C and Z commands) as lists of points."""
    points: list[tuple[float, float]] = []
    for step in _steps(path):
        command, numbers = step[0], [float(number) for number in step[1:].split()]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        match command:
            case "M":
                if points:
                    yield points
                points = pairs
            case "L":
                points += pairs
            case "C":
                points += _curve(points[-1], *pairs)
            case "Z":
                points.append(points[0])
    yield points


def _steps(path: str) -> Iterator[str]:
    start = 0
    for end in range(1, len(path) + 1):
        if end == len(path) or path[end].isalpha():
            yield path[start:end]
            start = end


def _curve(*controls: tuple[float, float], pieces: int = 16) -> Iterator[tuple[float, float]]:
    """Points on a cubic Bézier curve, without its first point."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = controls
    for n in range(1, pieces + 1):
        t = n / pieces
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
