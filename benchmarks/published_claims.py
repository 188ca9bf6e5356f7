"""Fill the database with claims of one form, each with one appearance and five pieces of evidence: give their number.

All have one claimant, `mayor`, and differ in nothing but a number. A record of real texts is made by `build.py`.
"""
# ruff: noqa: E402 — settings come first

import sys
from typing import Any

import django

django.setup()

import bulk

EVIDENCE = 5
SOURCES = 500
MAYOR = {"slug": "mayor", "name": "The mayor", "kind": "person", "role": "", "affiliations": [], "wikidata": ""}


def source(number: int) -> bulk.Content:
    """The card of one of the sources."""
    place = number % SOURCES
    return {
        "slug": f"source-{place}",
        "title": f"Source {place}",
        "publisher": {"slug": "paper", "name": "The paper", "address": ""},
        "kind": "news-report",
        "authors": [],
        "language": "en",
        "summary": "",
        "address_is_private": False,
    } | dict.fromkeys(("published", "address", "archived_address", "interest"), "")


def claim(number: int, rating: bulk.Content) -> bulk.Content:
    """The body of a claim."""
    blank: dict[str, Any] = dict.fromkeys(("prefix", "suffix", "locator", "date"), "")
    appearance = blank | {"exact": "words", "position": 0, "source": source(number), "attributed_to": None}
    plain: dict[str, Any] = dict.fromkeys(("quote", "locator", "secondary_reason", "note"), "")
    finding = {"stance": "refutes", "finding": "The document gives another figure. " * EVIDENCE, "primary": True}
    return bulk.content(
        f"claim-{number}",
        f"The council spent {number} million on bridges.",
        rating=rating,
        claimant=MAYOR,
        summary="The sum is right, the payer is not.",
        explanation="The report adds **three** payers. " * 20,
        appearances=[appearance],
        evidence=[
            plain | finding | {"origin": f"Origin {place}", "source": source(number + place)}
            for place in range(EVIDENCE)
        ],
    )


class Claims:
    """So many claims, each with one version."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rating = bulk.false()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int, /) -> list[bulk.Content]:
        return [claim(number, self.rating)]


if __name__ == "__main__":
    bulk.publish(Claims(int(sys.argv[1])))
