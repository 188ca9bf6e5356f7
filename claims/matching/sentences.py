"""The sentences of a text, in order."""

import re

# A text is compared sentence by sentence up to this many; the rest is left out.
MOST_SENTENCES = 300

# A sentence ends at a line break, or at such a sign before a space and something that can begin a sentence.
_END = re.compile(r"(?:(?<=[.!?…。！？])|(?<=[.!?…][\"'”’»)\]]))\s+(?=[^\sa-z])|\s*\n+\s*|(?<=[。！？])")
# A full stop after these is part of an abbreviation, and so is one after a single capital letter.
_ABBREVIATION = re.compile(
    r"(?:\b[A-ZÀ-Þ]|\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Col|Lt|Sgt|St|Jr|Sr|vs|No|Sra?|Dña?|Ud|Uds|etc|p|pp))\.$"
)


def sentences(text: str) -> list[str]:
    """The sentences of a text with at least one letter or digit, at most `MOST_SENTENCES`."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if "\n" not in end[0] and _ABBREVIATION.search(text[start : end.start()]):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    found.append(text[start:].strip())
    return [one for one in found if any(map(str.isalnum, one))][:MOST_SENTENCES]
