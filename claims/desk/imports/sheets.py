"""The rows of a spreadsheet of claims: its headings, and each row's values by the column that they belong to."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from claims.choices import ClaimantKind, Stance
from claims.desk.imports import dates
from claims.desk.imports.columns import COLUMNS, EXAMPLE, START, label_of, recognised, starts_in
from claims.desk.imports.rows import Problem, Row
from claims.models import Appearance, Claim, Claimant, Topic
from factcheck.core.fields.addresses import check_address
from factcheck.core.spreadsheet import MARK
from factcheck.core.text import PROSE_MAX_LENGTH, clean, folded, one_line
from sources.choices import UNPUBLISHED_KINDS, SourceKind
from sources.models import Publisher, Source

Line = dict[str, Any]

# Rows in which the headings are looked for, and rows that are shown before the columns are chosen.
_FIRST, _SHOWN = 10, 5
_DATES = {"claimed_on", "originally_published", "date", "published"}
_ADDRESSES = {"address", "original_address", "archived_address"}
# Authors are a line each.
_PROSE = {"statement", "summary", "explanation", "exact", "finding", "quote", "note", "interest", "authors"}
# Words in tables for our positions, beside their names.
_STANCES = {
    **dict.fromkeys(("support", "supporting", "for", "confirms", "a favor", "respalda"), Stance.SUPPORTS),
    **dict.fromkeys(("refute", "contradict", "contradicting", "against", "denies", "contradice"), Stance.REFUTES),
    **dict.fromkeys(("neutral", "contexto"), Stance.CONTEXT),
}
_CHOICES: dict[str, dict[str, str]] = {
    "claimant_kind": {**{folded(value): value for value in ClaimantKind.values}},
    "kind": {folded(value): value for value in SourceKind.values},
    "stance": {**_STANCES, **{folded(value): value for value in Stance.values}},
}
_LABELS = {"claimant_kind": ClaimantKind, "kind": SourceKind, "stance": Stance}
# The fields of models that have the values, for their own rules.
_FIELDS: dict[str, Any] = {
    **{name: Claim._meta.get_field(name) for name in ("statement", "headline", "summary", "explanation", "language")},
    "claimant_name": Claimant._meta.get_field("name"),
    "attributed_to": Claimant._meta.get_field("name"),
    "position": Appearance._meta.get_field("position"),
    "title": Source._meta.get_field("title"),
    "publisher": Publisher._meta.get_field("name"),
}
_MARK = re.compile(MARK)
# Columns of `claims.formats.tables` that no other file has together.
_OURS = {"slug", "statement", "rating_label", "version_address", "attribution"}
_LONGEST = {
    "reference": 500,
    "rating": 200,
    "origin": 300,
    "secondary_reason": 500,
    **dict.fromkeys(("locator", "prefix", "suffix"), 200),
}


# Before the columns are chosen


@dataclass
class Table:
    """One table of a file: its name if it's a sheet, how it is written, its headings, and its first rows."""

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def tables(lines: Iterable[Line]) -> list[Table]:
    """The tables of a file that have headings. Reads no more of a CSV file than it needs."""
    found: list[Table] = []
    waiting: list[list[str]] = []
    for line in lines:
        if about := line.get("about"):
            _close(found, waiting)
            found.append(Table(**about))
        elif "cells" in line and len(waiting) < _FIRST + _SHOWN:
            waiting.append(line["cells"])
            if found[-1].encoding and len(waiting) == _FIRST + _SHOWN:
                break
    _close(found, waiting)
    return [table for table in found if table.headings]


def _close(found: list[Table], waiting: list[list[str]]) -> None:
    """Find the headings among the first rows of the last table: in the row with most that we know."""
    if found and waiting:
        known = [len(recognised(headings_of(cells))) for cells in waiting[:_FIRST]]
        best = max(known)
        wide = [sum(bool(cell.strip()) for cell in cells) > 1 for cells in waiting[:_FIRST]]
        at = known.index(best) if best else wide.index(True) if True in wide else 0
        found[-1].headings = headings_of(waiting[at])
        found[-1].rows = waiting[at + 1 : at + 1 + _SHOWN]
    waiting.clear()


def headings_of(cells: list[str]) -> list[str]:
    """The headings in a row. One that is there again has its number, and one that is empty has none."""
    seen: dict[str, int] = {}
    found = []
    for cell in cells:
        heading = " ".join(cell.split())[:200]
        if heading:
            seen[heading] = seen.get(heading, 0) + 1
            heading += f" ({seen[heading]})" if seen[heading] > 1 else ""
        found.append(heading)
    return found


# After that


def rows(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The rows below the headings that `mapping` names: `columns` by name, `sheet` and `dates`, the order of a date.

    A row whose cells can't be read or don't fit their columns has problems. If no row has the headings, a row says so.
    """
    columns: dict[str, str] = {name: heading for name, heading in mapping.get("columns", {}).items() if name in COLUMNS}
    sheet, order = mapping.get("sheet", ""), mapping.get("dates", "")
    headings: list[str] = []
    is_csv, is_chosen, number = False, True, 0
    for line in lines:
        if about := line.get("about"):
            is_csv = "encoding" in about
            is_chosen = is_csv or not sheet or about["sheet"] == sheet
            headings = headings if is_csv or not is_chosen else []
            continue
        if not is_chosen:
            continue
        number = line["number"]
        if not headings:
            if "cells" in line and set(columns.values()) <= set(found := headings_of(line["cells"])):
                headings = found
            continue
        yield _row(line, headings, columns, order, is_csv=is_csv)
        # Without a name, the first sheet that has the headings counts.
        sheet = sheet or line.get("where", "").rpartition(", row ")[0]
    if not headings:
        names = ", ".join(columns.values())
        problem = Problem("", _("We didn't find the row with these headings: %(names)s.") % {"names": names[:500]})
        yield Row(number + 1, _("whole file"), {}, (problem,))


def _row(line: Line, headings: list[str], columns: Mapping[str, str], order: str, *, is_csv: bool) -> Row:
    number, where = line["number"], line["where"]
    if "problem" in line:
        return Row(number, where, {}, (_problems()[line["problem"]],))
    cells: list[str] = line["cells"]
    if is_csv and len(cells) != len(headings) and (len(cells) < len(headings) or any(cells[len(headings) :])):
        reason = _("The row has %(cells)d cells and the row of headings has %(headings)d.")
        problem = Problem(
            "",
            reason % {"cells": len(cells), "headings": len(headings)},
            _("Check the separators and quotation marks."),
        )
        return Row(number, where, {}, (problem,))
    place_of = {heading: place for place, heading in enumerate(headings) if heading}
    texts = {}
    problems = []
    errors = {int(place): text for place, text in line.get("errors", {}).items()}
    for name, heading in columns.items():
        place = place_of[heading]
        if place in errors:
            reason = (
                _("The formula in this cell has no value (%(error)s).")
                if errors[place]
                else _("The formula in this cell has no stored value.")
            )
            remedy = _("Correct the formula, or open the file in a spreadsheet program and save it again.")
            problems.append(Problem(label_of(name), reason % {"error": errors[place]}, remedy))
        elif place < len(cells):
            texts[name] = _MARK.sub(r"\1", cells[place]) if is_csv and is_ours(headings) else cells[place]
    values, found = cleaned(texts, order)
    return Row(number, where, values, (*problems, *found))


def is_ours(headings: Iterable[str]) -> bool:
    """True if these are the headings of our own export, in whose CSV an apostrophe keeps a cell from being run."""
    return set(headings) >= _OURS


def _problems() -> dict[str, Problem]:
    remedy = _("Correct it in the file, or remove the row.")
    return {
        "characters": Problem("", _("The row has null characters, which can't be stored."), remedy),
        "columns": Problem("", _("The row has more than 1,000 cells."), remedy),
        "long": Problem("", _("The row is too long. A cell can have 100,000 characters."), remedy),
    }


class _Wrong(ValueError):
    """The value can't be taken. The arguments are the reason and what to do."""


def cleaned(
    texts: Mapping[str, str], order: str, *, is_whole: bool = True
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The values by column, without empty ones, and the problems of those that can't be taken.

    A row that isn't whole has only evidence or articles of a claim.
    """
    values: dict[str, str] = {}
    problems = []
    for name, text in texts.items():
        try:
            value = _cleaned(name, text, order)
        except _Wrong as wrong:
            problems.append(Problem(label_of(name), *wrong.args))
        else:
            if value:
                values[name] = value
    if not problems:
        problems.extend([*(_incomplete(values) if is_whole else ()), *_incomplete_parts(values)])
    return values, tuple(problems)


def _cleaned(name: str, text: str, order: str) -> str:
    """The value as it is stored. Raises _Wrong."""
    part = START.sub("", name, count=1)
    is_prose = part in _PROSE
    try:
        value = clean(text) if is_prose else one_line(text)
    except ValueError as error:
        raise _Wrong(str(error), "") from None
    if not value:
        return ""
    most = PROSE_MAX_LENGTH if is_prose else _LONGEST.get(part, 2_000)
    if len(value) > most:
        raise _Wrong(
            _("The text has %(length)d characters, and %(most)d fit.") % {"length": len(value), "most": most},
            _("Shorten it."),
        )
    if part in _DATES:
        return _date(value, order)
    if part in _ADDRESSES:
        return _address(value)
    if part in _CHOICES:
        return _choice(part, value)
    if one := _FIELDS.get(part):
        try:
            one.clean(value, None)
        except ValidationError as error:
            raise _Wrong(" ".join(error.messages), "") from None
    return value


def _date(value: str, order: str) -> str:
    try:
        return dates.read(value, order)
    except dates.Ambiguous as error:
        raise _Wrong(str(error), _("Choose for the file if the day or the month comes first.")) from None
    except dates.Unreadable as error:
        raise _Wrong(str(error), _("Write the date as 2025-06-21, 2025-06 or 2025.")) from None


def _address(value: str) -> str:
    try:
        check_address(value)
    except ValidationError as error:
        raise _Wrong(" ".join(error.messages), "") from None
    return value


def _choice(part: str, value: str) -> str:
    known = {**_CHOICES[part], **{folded(str(label)): str(key) for key, label in _LABELS[part].choices}}
    if found := known.get(folded(value)):
        return str(found)
    names = ", ".join(str(label) for label in _LABELS[part].labels)
    raise _Wrong(
        _("We don't know “%(value)s”.") % {"value": value[:50]}, _("Write one of these: %(names)s.") % {"names": names}
    )


def _incomplete(values: Mapping[str, str]) -> Iterator[Problem]:
    """What else a row needs, given what it has."""
    for name, column in COLUMNS.items():
        if column.is_needed and name not in values:
            yield Problem(label_of(name), _("This cell is empty."), _("Fill it in, or remove the row."))
    if values.get("reference", "").upper().startswith(EXAMPLE):
        yield Problem(label_of("reference"), _("This is the example of the template."), _("Remove the row."))


def _incomplete_parts(values: Mapping[str, str]) -> Iterator[Problem]:
    """What else the evidence and the articles of a row need."""
    for start in starts_in(values, "article") or (["article"] if "exact" in values else []):
        if not values.keys() & {f"{start}_address", f"{start}_title"}:
            yield Problem(
                label_of(f"{start}_address"),
                _("The row says something of an article and not which one."),
                _("Write its web address or its title."),
            )
        yield from _without_publisher(start, values)
    for start in starts_in(values, "evidence"):
        if not values.keys() & {f"{start}_address", f"{start}_title"}:
            yield Problem(
                label_of(f"{start}_address"),
                _("This evidence has no source."),
                _("Write the web address or the title of the source."),
            )
        for needed in ("stance", "finding"):
            if f"{start}_{needed}" not in values:
                name = label_of(f"{start}_{needed}")
                yield Problem(name, _("This cell is empty."), _("Each piece of evidence needs it."))
        yield from _without_publisher(start, values)


def _without_publisher(start: str, values: Mapping[str, str]) -> Iterator[Problem]:
    if (
        f"{start}_title" in values
        and not values.keys() & {f"{start}_address", f"{start}_publisher"}
        and values.get(f"{start}_kind") not in UNPUBLISHED_KINDS
    ):
        yield Problem(
            label_of(f"{start}_publisher"),
            _("A source without a web address needs a publisher."),
            _("Write it. Only an interview, a letter or a leaked document can do without one."),
        )


def topics_of(text: str) -> list[str]:
    """The names of topics in a cell, each once: separated by semicolons, or else by commas, bars or lines."""
    separator = ";" if ";" in text else r"[,|\n]"
    names = {folded(name): one_line(name) for name in re.split(separator, text) if one_line(name)}
    return [name[: Topic._meta.get_field("name").max_length] for name in names.values()]
