"""The files of the places where newsrooms keep their archives come in as docs/how-to says, each in its real shape."""

import io
import json
import tempfile
from collections.abc import Iterable
from typing import Any

import pytest

from claims.desk.imports import kinds
from claims.desk.imports.mapping import missing, proposed, tables_of
from claims.desk.imports.rows import Row
from claims.formats.files import FILES
from tests.claims.desk.imports.sheets import ods, ods_row, xlsx
from tests.claims.formats.made import publication

pytestmark = pytest.mark.django_db


def claims_in(data: bytes, name: str, **mapping: Any) -> list[Row]:
    """The rows of a spreadsheet, with the columns that are proposed for its headings."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        found = proposed(tables_of("sheet", file, name), "archive")
        found["columns"] |= mapping.pop("columns", {})
        assert missing(found["columns"]) == []
        return list(kinds.rows("sheet", file, name, found | mapping))


def values(rows: Iterable[Row], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values.get(name, "") for name in names) for row in rows]


# As Airtable writes a view: a mark of the encoding, all records of a linked field and of a choice in one cell separated
# by commas, a text with lines, a box as “checked”, a file with its address in brackets, and American dates.
AIRTABLE = (
    "\ufeffClaim,Speaker,Date said,Topics,Verdict,What we found,Screenshot,Checked twice,Record ID\r\n"
    '"The bridge cost ten, or twelve million.",Ana Example,5/13/2021,"Traffic,Building",Pants on fire,'
    '"Two lines:\nthe register says four.","a.png (https://v5.airtableusercontent.com/v3/u/1/a.png)",checked,rec0a1B2\r\n'
    '"It rains on Mondays.",,,,,,,,rec0a1B3\r\n'
    ',,,,"False",,,,rec0a1B4\r\n'
)


def test_a_view_of_airtable_comes_in() -> None:
    rows = claims_in(AIRTABLE.encode(), "Grid view.csv", dates="mdy", columns={"explanation": "What we found"})
    assert [bool(row.problems) for row in rows] == [False, False, True]
    assert values(rows[:2], "reference", "statement", "claimant_name", "claimed_on") == [
        ("rec0a1B2", "The bridge cost ten, or twelve million.", "Ana Example", "2021-05-13"),
        ("rec0a1B3", "It rains on Mondays.", "", ""),
    ]
    assert rows[0].values["explanation"] == "Two lines:\nthe register says four."
    assert (rows[0].values["topics"], rows[0].values["rating"]) == ("Traffic,Building", "Pants on fire")


def test_a_google_sheet_with_a_title_merged_cells_and_formulas_comes_in() -> None:
    def fill(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range("A1:E1", "Fact-checks of 2021")
        sheet.write_row("A3", ["No.", "Claim", "Speaker", "Date of claim", "Verdict"])
        sheet.merge_range("C4:C5", "Ana Example")
        for number, (claim, verdict) in enumerate([("One.", "False"), ("Two.", "True"), ("Three.", "False")], 1):
            sheet.write_formula(2 + number, 0, "=ROW()-3", None, number)
            sheet.write(2 + number, 1, claim)
            sheet.write(2 + number, 3, 44328 + number, day)
            sheet.write(2 + number, 4, verdict)
        sheet.write_formula("B6", "=1/0", None, "#DIV/0!")

    rows = claims_in(xlsx(fill), "Checks.xlsx", columns={"reference": "No."})
    assert values(rows[:2], "reference", "statement", "claimant_name", "claimed_on", "rating") == [
        ("1", "One.", "Ana Example", "2021-05-13", "False"),
        ("2", "Two.", "Ana Example", "2021-05-14", "True"),
    ]
    assert len(rows) == 3
    assert rows[2].problems


def test_a_table_of_checks_by_others_comes_in_from_a_workbook_with_several_sheets() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["Our notes", "and more"])
        checks = book.add_worksheet("Checks")
        checks.write_row("A2", ["Claim text", "URL", "Verdict", "Note"])
        checks.write_row("A3", ["It rained.", "https://checks.example/1", "False"])
        checks.write_row("A4", ["It snowed.", "https://checks.example/2", "True"])
        checks.write_formula("D4", "=1/0", None, "#DIV/0!")
        checks.write_formula("A5", "=1/0", None, "#DIV/0!")
        book.add_worksheet("Later").write_row("A1", ["x", "y"])

    as_ods = ods(ods_row("Claim text", "URL", "Verdict"), ods_row("It rained.", "https://checks.example/1", "False"))
    for data, name, wanted in (
        (xlsx(fill), "a.xlsx", ["It rained.", "It snowed.", ""]),
        (as_ods, "a.ods", ["It rained."]),
    ):
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            found = proposed(tables_of("table", file, name), "archive", "table")
            assert missing(found["columns"], "table") == []
            found["columns"]["reference"] = found["columns"]["address"]
            rows = list(kinds.rows("table", file, name, found))
            assert [row.values.get("claim", "") for row in rows] == wanted
            assert [bool(row.problems) for row in rows] == [not text for text in wanted]
            found["columns"]["title"] = "Nowhere"
            (row,) = kinds.rows("table", file, name, found)
            assert "Choose the columns again." in str(row.problems[0])


def test_a_feed_of_data_commons_comes_in_with_its_gaps_named() -> None:
    review = {
        "@type": "ClaimReview",
        "url": "https://checks.example/1",
        "claimReviewed": "The bridge cost ten million.",
        "datePublished": "2021-05-13",
        "author": {"@type": "Organization", "name": "Checks", "url": "https://checks.example/"},
        "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "Ana Example"}},
        "reviewRating": {"@type": "Rating", "alternateName": "False", "ratingValue": "1", "bestRating": "5"},
    }
    elements: list[Any] = [
        {"@type": "DataFeedItem", "dateCreated": "2021-05-13T10:00:00Z", "item": [review, {**review, "url": ""}]},
        {"@type": "DataFeedItem", "item": None},
        {"@type": "DataFeedItem", "item": [{**review, "url": "https://checks.example/2", "reviewRating": None}]},
    ]
    feed = {"@context": "http://schema.org", "@type": "DataFeed", "dataFeedElement": elements}
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(feed).encode())
        file.flush()
        rows = list(kinds.rows("claimreview", file, "data.json", {}))
    assert values(rows[:1], "address", "label", "value", "best") == [("https://checks.example/1", "False", "1", "5")]
    assert [[problem.field for problem in row.problems] for row in rows[1:]] == [
        ["reference", "address"],
        ["type"],
        ["label"],
    ]


@pytest.mark.parametrize("name", ["claims.csv", "claims.xlsx"])
def test_our_own_spreadsheets_come_in_as_claims(name: str) -> None:
    claimant = {
        "slug": "mayor", "name": "Ana Example", "kind": "person", "role": "Mayor", "affiliations": [], "wikidata": ""
    }  # fmt: skip
    one = publication(
        statement="=1+1 is two; or -3.",
        claimant=claimant,
        claimed_on="2021-05",
        headline="It’s two.",
        summary="+ We counted.",
        explanation="Line one.\n\nLine two.",
    )
    data = io.BytesIO(b"".join(FILES[name].write([one]))).getvalue()
    (row,) = claims_in(data, name)
    assert row.problems == ()
    assert values([row], "reference", "statement", "claimant_name", "claimed_on", "language") == [
        ("bridge", "=1+1 is two; or -3.", "Ana Example", "2021-05", "en")
    ]
    assert (row.values["headline"], row.values["summary"]) == ("It’s two.", "+ We counted.")
    assert row.values["explanation"] == "Line one.\n\nLine two."
