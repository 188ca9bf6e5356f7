"""What a site that uses Factcheck exports. Its claims are fact-checks by others: claims.json, .ndjson, .csv, .parquet.

Its evidence and appearances say nothing without their claims, and they are the work of editors. So they come in only
for claims of the desk that came in from the site's claims.csv or claims.xlsx as an own archive: see `part_of`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from claims.desk.imports.reviews import Values
from factcheck.core.spreadsheet import MARK

_MARK = re.compile(MARK)
_RATING = ("value", "worst", "best")
# The columns of evidence.csv and appearances.csv by what the values of a row call them, without its start.
_SOURCE = {
    "title": "source_title",
    "address": "source_address",
    "kind": "source_kind",
    "archived_address": "source_archived",
    "language": "source_language",
    "authors": "source_authors",
    "interest": "source_interest",
    "publisher": "publisher_name",
}
_EVIDENCE = {
    **_SOURCE,
    "date": "source_published",
    **{name: name for name in ("stance", "finding", "quote", "locator", "origin", "secondary_reason", "note")},
}
_APPEARANCE = {
    **_SOURCE,
    "published": "source_published",
    "attributed_to": "attributed_to_name",
    **{name: name for name in ("exact", "prefix", "suffix", "locator", "position", "date")},
}


def values_of(node: Any) -> Values | None:
    """The values of a fact-check as its site published it. None if this isn't a claim of such a file."""
    if not isinstance(node, dict) or not isinstance(node.get("statement"), str):
        return None
    if isinstance(node.get("rating"), dict):
        return _of_document(node)
    return _of_row(node) if "rating_label" in node else None


def _of_document(node: dict[str, Any]) -> Values:
    rating, claimant = node["rating"], node.get("claimant")
    return _values(
        node,
        claimant=claimant.get("name") if isinstance(claimant, dict) else "",
        label=rating.get("label"),
        numbers={name: rating.get(name) for name in _RATING},
    )


def _of_row(node: dict[str, Any]) -> Values:
    """The values of a row of claims.csv or claims.parquet."""
    cells = _unmarked(node)
    return _values(
        cells,
        claimant=cells.get("claimant_name"),
        label=cells["rating_label"],
        numbers={name: cells.get(f"rating_{name}") for name in _RATING},
    )


@dataclass(frozen=True)
class Part:
    """A row of evidence.csv or appearances.csv: the slug of its claim, `evidence` or `article`, and its values."""

    claim: str
    what: str
    values: Values


def part_of(node: Any) -> Part | None:
    """The evidence or the appearance in a row. None if this isn't such a row."""
    if not isinstance(node, dict) or not isinstance(node.get("claim"), str):
        return None
    if node.keys() >= set(_EVIDENCE.values()):
        what, names = "evidence", _EVIDENCE
    elif node.keys() >= set(_APPEARANCE.values()):
        what, names = "article", _APPEARANCE
    else:
        return None
    cells = _unmarked(node)
    values = {name: _text(cells[column]) for name, column in names.items()}
    authors = cells["source_authors"]
    try:
        authors = orjson.loads(authors) if isinstance(authors, str) else authors
    except ValueError:
        authors = None
    values["authors"] = "\n".join(map(_text, authors)) if isinstance(authors, list) else ""
    if values.get("position") == "0":
        values["position"] = ""
    if str(cells.get("primary", "")).lower() == "true":
        values["secondary_reason"] = ""
    return Part(_text(cells["claim"]), what, values)


def _unmarked(node: Mapping[str, Any]) -> dict[str, Any]:
    """The cells, for CSV without the apostrophes that keep spreadsheets from running them. Only CSV has no numbers."""
    if not all(isinstance(cell, str) for cell in node.values()):
        return dict(node)
    return {name: _MARK.sub(r"\1", cell) for name, cell in node.items()}


def _values(node: Mapping[str, Any], *, claimant: Any, label: Any, numbers: dict[str, Any]) -> Values:
    # “The Daily Check, https://check.example/”
    publisher, _comma, site = _text(node.get("attribution")).rpartition(", ")
    address = _text(node.get("address"))
    return {
        "reference": address,
        "claim": _text(node["statement"]),
        "claimant": _text(claimant),
        "title": _text(node.get("headline")),
        "publisher": publisher,
        "address": address,
        "publisher_address": site,
        "claimed_on": _text(node.get("claimed_on")),
        "reviewed_on": _text(node.get("first_published_at"))[:10],
        "language": _text(node.get("language")),
        "label": _text(label),
        **{name: _text(number) for name, number in numbers.items()},
    }


def _text(value: Any) -> str:
    """The text, or a whole number as text. Empty for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
