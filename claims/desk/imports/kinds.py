"""The formats that can be imported, in one table: who reads the file, and how its parts become rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ImportTarget
from claims.desk.imports import dates, own, process, read, read_sheet, reviews, sheets
from claims.desk.imports.limits import MOST_PARTS
from claims.desk.imports.rows import Problem, Row
from claims.desk.imports.sheets import Table

Line = dict[str, Any]


class Unreadable(Exception):
    """The file, or the rest of it, can't be read. The message says why and what to do."""


@dataclass(frozen=True)
class Kind:
    """A format: its name, what can be made of it, the reader of its files by their endings, and what makes the rows.

    A file that `is_fetched` is a list of addresses: what the pages say is read by `pages`, and differs another day.
    """

    name: str | Promise
    targets: frozenset[ImportTarget]
    readers: Mapping[str, str]
    rows: Callable[[Iterable[Line], Mapping[str, Any]], Iterator[Row]]
    script: Path = Path(read.__file__)
    is_fetched: bool = False

    def reader(self, file_name: str) -> str:
        """The reader for a file with this name. The first one is for all other names."""
        name = file_name.lower().removesuffix(".gz")
        return next(
            (reader for ending, reader in self.readers.items() if name.endswith(ending)),
            next(iter(self.readers.values())),
        )


def rows(kind: str, file: IO[bytes], file_name: str, mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a file, refused ones included. Raises Unreadable where the file can't be read on."""
    one = KINDS[kind]
    yield from one.rows(lines(one, file, file_name), mapping)


def lines(kind: Kind, file: IO[bytes], file_name: str) -> Iterator[Line]:
    """What the reader finds in the file. Raises Unreadable where it can't be read on."""
    reader = kind.reader(file_name)
    script = Path(read_sheet.__file__) if reader in WORKBOOKS else kind.script
    for line in process.lines(file, reader, script=script):
        if code := line.get("refused"):
            raise Unreadable(refusal(code, line))
        if "done" not in line:
            yield line


def problem_of(line: Line) -> Problem:
    """Why the reader didn't read a part of the file."""
    reason, remedy = _problems()[line["problem"]]
    return Problem(line.get("field", ""), reason, remedy)


def _problems() -> dict[str, tuple[str, str]]:
    remove = _("Correct it in the file, or remove it.")
    return {
        "characters": (_("The text has characters that can't be stored: half of a character, or a null."), remove),
        "columns": (_("The row has more than 1,000 cells."), remove),
        "deep": (_("It has too many objects within objects."), remove),
        "encoding": (_("The text isn't in UTF-8."), _("Save the file as UTF-8.")),
        "formula": (
            _("A formula in this row has no value."),
            _("Correct the formula, or open the file in a spreadsheet program and save it again."),
        ),
        "headings": (_("We didn't find a row with the headings that were chosen."), _("Choose the columns again.")),
        "json": (_("This isn't valid JSON."), remove),
        "unpublished": (
            _("This post isn’t public: it’s a draft, private, in the trash, or needs a password."),
            _("Ignore this, or publish the post and export it again."),
        ),
        "long": (_("The text is too long. A value can have 100,000 characters."), _("Shorten it, or remove it.")),
        "number": (_("NaN and Infinity aren't numbers in JSON."), remove),
        "ragged": (_("The number of cells differs from the first line."), _("Check the commas and quotation marks.")),
        "no-review": (
            _("This post has no ClaimReview."),
            _("Ignore this, or import the post’s claim from a spreadsheet."),
        ),
        "php": (
            _("The fact-checks in this post’s fields are damaged."),
            _("Save the post again, and export it again."),
        ),
        "twice": (_("This name is in one object twice."), _("Remove one of them.")),
    }


def refusal(code: str, line: Line) -> str:
    """Why the rest of a file can't be read, and what to do. `line` is the last line of the reader's answer."""
    reasons = {
        "big": _("The file is larger than 20 GB when it's unpacked. Split it."),
        "bomb": _("The file unpacks to more than a hundred times its size, so we stopped. Unpack it first."),
        "broken": _("We couldn't read this file. Check its format."),
        "broken-workbook": _("We couldn't read this workbook. Open it in a spreadsheet program and save it as XLSX."),
        "broken-parquet": _("This isn’t a Parquet file, or it’s damaged. Download it again, or use CSV."),
        "broken-gzip": _("The file is damaged or incomplete. Copy or download it again."),
        "columns": _("The first line must name each column once. Correct it in the file."),
        "costly": _(
            "Reading this file takes too much memory or time. Split it, or remove what is too long or too deep."
        ),
        "csv": _("A quotation mark isn't closed or is in the wrong place. Correct it in the file."),
        "empty": _("The file is empty. Choose another file."),
        "encoding": _("We can't tell the encoding of this file. Save it as UTF-8."),
        "encrypted": _("The workbook has a password or an old format. Save it as XLSX without a password."),
        "json": _("This isn't valid JSON. Correct it in the file, or get the file again."),
        "long": _("A value or line is too long, or a quotation mark isn't closed. Correct it in the file."),
        "macros": _("The workbook has macros. Save it as XLSX, which has none."),
        "no-parquet": _(
            "Parquet can't be read here: packages in requirements-extra.txt aren't installed. Use CSV or NDJSON."
        ),
        "number": _("NaN and Infinity aren't numbers in JSON. Correct it in the file."),
        "parquet-columns": _(
            "Each column of the Parquet file needs a name of its own, and texts, numbers, dates or lists of texts. "
            "Correct its columns, or save it as CSV."
        ),
        "page": _("The page is longer than 5 MB."),
        "rows": _("The file has more than 20,000,000 rows. Split it."),
        "doctype": _("The file has a document type, which an export of WordPress doesn’t have. Export it again."),
        "wordpress": _("This isn’t an export of WordPress. In WordPress choose Tools, then Export, then All content."),
        "xml": _("This isn’t valid XML. The export was cut short: make it again, in parts if it’s large."),
        "type": _("The file must have a list or an object. Check its format."),
        "utf-8": _("The text isn't in UTF-8. Save the file as UTF-8."),
    }
    place = _("after row %(number)d") % {"number": line.get("after", 0)}
    if "line" in line:
        place = _("in line %(number)d") % {"number": line["line"]}
    return f"{reasons[code]} ({place})" if line.get("after") or "line" in line else reasons[code]


# ClaimReview and Google's API


def _of_reviews(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    number = 0
    for line in lines:
        if "problem" in line:
            number += 1
            yield Row(number, line["where"], {}, (problem_of(line),))
            continue
        for place, values, problems in reviews.found_in(line["node"], mapping.get("dates", "")):
            number += 1
            where = f"{line['where']}, {place}" if place else line["where"]
            yield Row(number, where, values, problems, reviews.other_reference(values))


def _of_own(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The claims in the files of another site that uses Factcheck."""
    for number, line in enumerate(lines, 1):
        if "problem" in line:
            yield Row(number, line["where"], {}, (problem_of(line),))
        elif given := own.values_of(line["node"]):
            yield Row(number, line["where"], *reviews.cleaned(given, mapping.get("dates", "")))
        else:
            reason, remedy = _("This isn’t a claim as Factcheck exports it."), _("Download the site’s claims again.")
            yield Row(number, line["where"], {}, (Problem("", reason, remedy),))


def _of_parts(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    """A row for each claim in a site's evidence.csv or appearances.csv, with all that the file has of it."""
    number = 0
    read_lines = ((line, own.part_of(line.get("node"))) for line in lines)
    for claim, found in groupby(read_lines, lambda pair: pair[1].claim if pair[1] else ""):
        if claim:
            number += 1
            yield _with_parts(number, claim, found)
            continue
        for line, _part in found:
            number += 1
            reason = _("This isn’t evidence or an appearance as Factcheck exports it.")
            problem = Problem("", reason, _("Download the site’s evidence.csv or appearances.csv again."))
            yield Row(number, line["where"], {}, (problem_of(line) if "problem" in line else problem,))


def _with_parts(number: int, claim: str, lines: Iterator[tuple[Line, own.Part | None]]) -> Row:
    """The row of one claim, with its evidence or its appearances."""
    texts, where, count = {"reference": claim}, "", 0
    for count, (line, part) in enumerate(islice(lines, MOST_PARTS), 1):
        assert part  # noqa: S101 — otherwise it has no claim
        where = where or line["where"]
        start = part.what if part.what == "article" and count == 1 else f"{part.what}_{count}"
        texts |= {f"{start}_{name}": text for name, text in part.values.items()}
        # In a spreadsheet, the exact words of its only article have no start.
        if "article_exact" in texts:
            texts["exact"] = texts.pop("article_exact")
    values, problems = sheets.cleaned(texts, "", is_whole=False)
    if next(lines, None):
        reason = _("The claim has more than %(count)d of them.") % {"count": count}
        problems = (Problem("", reason, _("Add them at the desk.")),)
    return Row(number, where, values, problems)


def _of_pages(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of pages that `pages.fetched` has read: those of each page, at its address."""
    number = 0
    for line in lines:
        node = line.get("node")
        page: Line = node if isinstance(node, dict) else {}
        where = str(page.get("address", line["where"]))
        if "found" not in page:
            number += 1
            about = page.get("problem")
            parts = (
                [str(about.get(part, "")) for part in ("field", "reason", "remedy")] if isinstance(about, dict) else []
            )
            yield Row(number, where, {}, (Problem(*parts) if parts else problem_of({"problem": "json", **line}),))
            continue
        for _place, values, problems in reviews.found_in(page["found"], mapping.get("dates", "")):
            number += 1
            yield Row(number, where, values, problems, reviews.other_reference(values))


# Tables with named columns


_NAMED = re.compile(r"\{([^{}]+)\}")
# The rows that are shown before the columns are chosen.
_SHOWN = 5


def _of_table(lines: Iterable[Line], mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a table whose columns `mapping` names: `columns` by field, `values` for all rows, `dates`.

    In a value, `{column}` stands for the text of that column.
    """
    columns: Mapping[str, str] = mapping.get("columns", {})
    values: Mapping[str, str] = mapping.get("values", {})
    order: str = mapping.get("dates", "")
    needs_label = "label" in {*columns, *values}
    named = [*columns.values(), *(name for value in values.values() for name in _NAMED.findall(value))]
    for number, line in enumerate(_with_names(lines, named, mapping.get("sheet", "")), 1):
        if "problem" in line:
            yield Row(number, line["where"], {}, (problem_of(line),))
            continue
        node = line["node"]
        if not isinstance(node, dict):
            problem = Problem("", _("This line isn't an object with names and values."), _("Remove it from the file."))
            yield Row(number, line["where"], {}, (problem,))
            continue
        if missing := [column for column in named if column not in node]:
            problem = Problem(
                missing[0],
                _("There is no such column here."),
                _("Name one of these: %(names)s.") % {"names": ", ".join(list(node)[:20])},
            )
            yield Row(number, line["where"], {}, (problem,))
            continue
        cells = {name: _cell(node[name]) for name in named}
        given = {field: _NAMED.sub(lambda found: cells[found[1]], value) for field, value in values.items()}  # noqa: B023 — used at once
        given |= {field: cells[column] for field, column in columns.items()}
        cleaned, problems = reviews.cleaned(given, order, needs_label=needs_label)
        yield Row(number, line["where"], cleaned, problems)


def _with_names(lines: Iterable[Line], named: Sequence[str], sheet: str) -> Iterator[Line]:
    """The lines of a table, those of a workbook too: its cells get the headings of the row that has all these names.

    Without the name of a sheet, the first one that has them counts.
    """
    headings: list[str] = []
    now, is_workbook, is_found = "", False, False
    for line in lines:
        if about := line.get("about"):
            now, is_workbook, headings = about["sheet"], True, []
        elif not is_workbook:
            yield line
        elif sheet in {"", now}:
            if headings:
                yield _as_object(line, headings, named) if "cells" in line else line
            elif "cells" in line and set(named) <= set(found := sheets.headings_of(line["cells"])):
                headings, sheet, is_found = found, now, True
    if is_workbook and not is_found:
        yield {"where": _("whole file"), "problem": "headings"}


def _as_object(line: Line, headings: Sequence[str], named: Sequence[str]) -> Line:
    cells = [*line["cells"], *[""] * (len(headings) - len(line["cells"]))]
    if any(headings[int(place)] in named for place in line.get("errors", {}) if int(place) < len(headings)):
        return {"where": line["where"], "problem": "formula"}
    node = {name: cell for name, cell in zip(headings, cells, strict=False) if name}
    return {"where": line["where"], "node": node}


def first_rows(lines: Iterable[Line]) -> list[Table]:
    """The columns of a table as its first row names them, and its first rows. Empty if there are none."""
    nodes = [line["node"] for line in islice(lines, _SHOWN) if isinstance(line.get("node"), dict)]
    headings = list(nodes[0]) if nodes else []
    rows = [[_cell(node.get(heading)) for heading in headings] for node in nodes]
    return [Table(headings=headings, rows=rows)] if headings else []


def _cell(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


# The readers of workbooks, which are in `read_sheet` for every kind.
WORKBOOKS = frozenset({"xlsx", "ods"})
FOREIGN = frozenset({ImportTarget.FOREIGN})
CLAIMS = frozenset({ImportTarget.CLAIMS})
KINDS: dict[str, Kind] = {
    "claimreview": Kind(
        gettext_lazy("ClaimReview, a feed of Data Commons, or an answer of Google's API (JSON)"),
        FOREIGN,
        {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"},
        _of_reviews,
    ),
    "html": Kind(gettext_lazy("A web page with ClaimReview (HTML)"), FOREIGN, {".html": "html"}, _of_reviews),
    "factcheck": Kind(
        gettext_lazy("Claims of another site that uses Factcheck (JSON, NDJSON, CSV or Parquet)"),
        FOREIGN,
        {".ndjson": "jsonl", ".jsonl": "jsonl", ".json": "json", ".csv": "csv", ".parquet": "parquet"},
        _of_own,
    ),
    "wordpress": Kind(
        gettext_lazy("An export of WordPress with ClaimReview (WXR)"), FOREIGN, {".xml": "wordpress"}, _of_reviews
    ),
    "pages": Kind(
        gettext_lazy("A list of web addresses with ClaimReview"), FOREIGN, {".txt": ""}, _of_pages, is_fetched=True
    ),
    "table": Kind(
        gettext_lazy("A table of fact-checks by others (CSV, TSV, XLSX, ODS or JSON Lines)"),
        FOREIGN,
        {
            ".csv": "csv",
            ".tsv": "tsv",
            ".xlsx": "xlsx",
            ".ods": "ods",
            **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
        },
        _of_table,
    ),
    "sheet": Kind(
        gettext_lazy("A spreadsheet of claims (CSV, XLSX or ODS)"),
        CLAIMS,
        {".csv": "csv", ".xlsx": "xlsx", ".ods": "ods"},
        sheets.rows,
        Path(read_sheet.__file__),
    ),
    "parts": Kind(
        gettext_lazy("Evidence or appearances of imported claims, from a site that uses Factcheck (CSV or Parquet)"),
        CLAIMS,
        {".csv": "csv", ".parquet": "parquet"},
        _of_parts,
    ),
}


def guessed(file_name: str, mapping: Mapping[str, Any]) -> str:
    """The kind of a file by its name, and a table if columns are named."""
    name = file_name.lower().removesuffix(".gz")
    if mapping.get("columns") or name.endswith((".csv", ".tsv", ".xlsx", ".ods")):
        return "table"
    if name.endswith((".xml", ".wxr")):
        return "wordpress"
    if name.endswith(".parquet"):
        return "factcheck"
    if name.endswith(".txt"):
        return "pages"
    return "html" if name.endswith((".html", ".htm")) else "claimreview"


ORDERS_OF_DATES = dates.ORDERS
