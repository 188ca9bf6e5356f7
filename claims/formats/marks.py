"""The mark of each rating: one drawing, used on pages and in charts and images.

A mark fits in a square of 24 units. Its parts are SVG path data with only absolute M, L, C and Z commands, so that
they can be drawn without a browser (see `claims.formats.card`). Marks differ by shape, never by colour alone, and a
mark is never shown without the rating's label.
"""

from dataclasses import dataclass
from typing import Literal

from claims.schema import Content

SIZE = 24
# The width of lines in the mark's colour, and of lines that cut into a solid part.
LINE_WIDTH = 2.2
CUT_WIDTH = 2.8
# A scale of any length is shown with this many different marks.
STEPS = 5
OFF = "off"
# The distance of the control points from the ends of a quarter circle, as a part of the radius.
_QUARTER = 0.5523


@dataclass(frozen=True)
class Part:
    """A part of a mark: `solid` is filled, `line` is stroked, `cut` is stroked in the background colour."""

    kind: Literal["solid", "line", "cut"]
    path: str


def _circle(radius: float) -> str:
    """The path of a circle around the centre, clockwise from the top."""
    far, near, bend = 12 + radius, 12 - radius, radius * _QUARTER
    return (
        f"M12 {near:g}C{12 + bend:g} {near:g} {far:g} {12 - bend:g} {far:g} 12"
        f"C{far:g} {12 + bend:g} {12 + bend:g} {far:g} 12 {far:g}"
        f"C{12 - bend:g} {far:g} {near:g} {12 + bend:g} {near:g} 12"
        f"C{near:g} {12 - bend:g} {12 - bend:g} {near:g} 12 {near:g}Z"
    )


_RING = Part("line", _circle(9.5))
_BOX = Part(
    "line",
    "M5.5 2.5L18.5 2.5C20.2 2.5 21.5 3.8 21.5 5.5L21.5 18.5C21.5 20.2 20.2 21.5 18.5 21.5"
    "L5.5 21.5C3.8 21.5 2.5 20.2 2.5 18.5L2.5 5.5C2.5 3.8 3.8 2.5 5.5 2.5Z",
)

# On the scale by step, off the scale by the slug of the rating, which never changes once used.
MARKS: dict[str, tuple[Part, ...]] = {
    # A full circle with a tick
    "5": (Part("solid", _circle(10.5)), Part("cut", "M6.8 12.6L10.4 16.2L17.4 8.6")),
    # A circle that is three quarters full
    "4": (
        _RING,
        Part(
            "solid",
            "M12 12L12 5.5C15.59 5.5 18.5 8.41 18.5 12C18.5 15.59 15.59 18.5 12 18.5C8.41 18.5 5.5 15.59 5.5 12Z",
        ),
    ),
    # A circle that is half full
    "3": (_RING, Part("solid", "M12 5.5C8.41 5.5 5.5 8.41 5.5 12C5.5 15.59 8.41 18.5 12 18.5Z")),
    # A diamond that is almost empty
    "2": (Part("line", "M12 2L22 12L12 22L2 12Z"), Part("solid", "M6.8 13.4L17.2 13.4L12 18.6Z")),
    # A full octagon with a cross
    "1": (
        Part("solid", "M7.7 1.5L16.3 1.5L22.5 7.7L22.5 16.3L16.3 22.5L7.7 22.5L1.5 16.3L1.5 7.7Z"),
        Part("cut", "M8 8L16 16M16 8L8 16"),
    ),
    # A question mark in a box
    "unverified": (
        _BOX,
        Part("line", "M9 9.4C9 5.4 15 5.4 15 9.3C15 11.8 12 11.7 12 14.2"),
        Part("line", "M12 17.6L12 17.7"),
    ),
    # A speech bubble, for an opinion or a prediction
    "not-checkable": (
        Part("line", "M2.5 3.5L21.5 3.5L21.5 16.5L12.5 16.5L7 21.5L7 16.5L2.5 16.5Z"),
        Part("line", "M7.5 8.2L16.5 8.2M7.5 12L13 12"),
    ),
    # An hourglass that has run out
    "outdated": (
        Part("line", "M4.5 2.5L19.5 2.5M4.5 21.5L19.5 21.5"),
        Part("line", "M6.5 2.5C6.5 8.5 12 9 12 12C12 9 17.5 8.5 17.5 2.5"),
        Part("solid", "M5.5 21.5C5.5 14.5 12 15.5 12 11C12 15.5 18.5 14.5 18.5 21.5Z"),
    ),
    # A mask
    "satire": (
        Part("line", "M2.5 4C8.5 6 15.5 6 21.5 4L21.5 11C21.5 17 17 22 12 22C7 22 2.5 17 2.5 11Z"),
        Part("line", "M6.8 14C8.5 18.3 15.5 18.3 17.2 14"),
        Part("line", "M7.5 9.7L9 9.7M15 9.7L16.5 9.7"),
    ),
    # A circle with a stroke through it
    "void": (Part("line", _circle(7.5)), Part("line", "M3 21L21 3")),
    # A rating off the scale without a mark of its own
    OFF: (_BOX, Part("line", "M8 12L16 12")),
}


def mark_of(rating: Content) -> str:
    """The key in `MARKS` for the card of a rating.

    A card without a slug gets the mark `OFF`, for example if the rating isn't in the record any more.
    """
    if "value" in rating:
        part = (rating["value"] - rating["worst"]) / (rating["best"] - rating["worst"])
        return str(1 + round(part * (STEPS - 1)))
    slug = rating.get("slug", "")
    return slug if slug in MARKS and not slug.isdigit() else OFF


def tone_of(mark: str) -> str:
    """The name of a mark's colour: its step, or `OFF` for all marks off the scale."""
    return mark if mark.isdigit() else OFF
