"""Claims of a site that uses Factcheck, from its own files, as fact-checks by others: claims.json, .ndjson and .csv."""

import re
from collections.abc import Mapping
from typing import Any

from claims.desk.imports.reviews import Values
from factcheck.core.spreadsheet import MARK

_MARK = re.compile(MARK)
_RATING = ("value", "worst", "best")


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
    """The values of a row of claims.csv, without the apostrophes that keep spreadsheets from running a cell."""
    cells = {name: _MARK.sub(r"\1", cell) if isinstance(cell, str) else cell for name, cell in node.items()}
    return _values(
        cells,
        claimant=cells.get("claimant_name"),
        label=cells["rating_label"],
        numbers={name: cells.get(f"rating_{name}") for name in _RATING},
    )


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
