"""The sentences of a text, in order."""

import re
from collections.abc import Iterator

# A text is compared sentence by sentence up to this many; the rest is left out.
MOST_SENTENCES = 300

# Each alternative begins where a run of its characters does and takes all of it, so a text is read once.
_STOP = re.compile(
    r"(?<![.!?…؟۔।])[.!?…؟۔।]++[’”»\"'\)\]]*+\s++|(?<![。！？])[。！？]++[」』”’）]*+\s*+|(?<!\s)[^\S\n]*+\n\s*+"
)
# A full stop after these is part of an abbreviation, and so is one after a single letter.
_ABBREVIATION = re.compile(
    r"(?:\b(?:[^\W\d_]|Mr|Mrs|Ms|Dr|Prof|St|Gov|Sen|Rep|Gen|Col|Lt|Sgt|Jr|Sr|No|Inc|Ltd|Co|Corp|vs|etc|approx|pp|núm"
    r"|Sra?|Dra?|Dña?|Uds?|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)|\b(?:[^\W\d_]\.)+[^\W\d_])\Z",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 20


def spans(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The start and end of each sentence between two offsets, without the space behind it. A line ends a sentence.

    Together the sentences have every character that isn't a space.
    """
    end = len(text) if end is None else end
    begun = start
    for stop in _STOP.finditer(text, start, end):
        is_line = "\n" in stop[0]
        before = text[max(begun, stop.start() - _LONGEST_ABBREVIATION) : stop.start()]
        is_abbreviation = stop[0].rstrip() == "." and _ABBREVIATION.search(before)
        is_followed = stop.end() < end and not text[stop.end()].islower()
        if not is_line and (is_abbreviation or not is_followed):
            continue
        found = stop.start() + len(stop[0].rstrip())
        if found > begun:
            yield begun, found
        begun = stop.end()
    if begun < end:
        yield begun, end


def sentences(text: str) -> list[str]:
    """The sentences of a text with at least one letter or digit, at most `MOST_SENTENCES`."""
    found = (text[start:end].strip() for start, end in spans(text))
    return [one for one in found if any(map(str.isalnum, one))][:MOST_SENTENCES]
