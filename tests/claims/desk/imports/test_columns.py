"""The columns of a sheet of claims: headings are recognised, and the template is one that we read."""

from claims.desk.imports.columns import COLUMNS, recognised, template_csv, template_xlsx
from claims.formats.tables import CLAIMS
from tests.claims.desk.imports.sheets import cells


def test_our_own_names_are_recognised_before_other_headings() -> None:
    assert recognised(["claimant", "claimant_name"]) == {"claimant_name": "claimant_name"}


def test_headings_of_other_tools_are_recognised_whatever_their_case_and_marks() -> None:
    headings = ["Record ID", "Claim", "Speaker", "Date said", "Verdict", "Source 1 URL", "Source 1: Position", "Notes"]
    assert recognised(headings) == {
        "reference": "Record ID",
        "statement": "Claim",
        "claimant_name": "Speaker",
        "claimed_on": "Date said",
        "rating": "Verdict",
        "evidence_1_address": "Source 1 URL",
        "evidence_1_stance": "Source 1: Position",
    }


def test_what_the_last_import_of_the_feed_used_comes_first() -> None:
    assert recognised(["Notes", "Summary"], {"summary": "Notes", "headline": "Gone"}) == {"summary": "Notes"}


def test_a_heading_is_one_column_and_a_column_has_one_heading() -> None:
    found = recognised(["id", "ID", "Id ", "claim", "url", "link"])
    assert len(set(found.values())) == len(found)


def test_no_two_columns_have_the_same_name_for_a_heading() -> None:
    every = [heading for column in COLUMNS.values() for heading in column.headings]
    assert sorted(every) == sorted(set(every))


def test_the_template_names_all_its_columns_in_both_formats() -> None:
    as_csv, as_xlsx = cells(template_csv()), cells(template_xlsx(), "xlsx")

    assert as_csv == as_xlsx[: len(as_csv)]
    assert list(recognised(as_csv[0]).values()) == as_csv[0]
    assert as_csv[1][0] == "EXAMPLE"


def test_our_own_export_is_recognised() -> None:
    found = recognised(CLAIMS.header)

    expected = {"reference": "slug", "statement": "statement", "claimant_name": "claimant_name", "rating": "rating"}
    assert expected.items() <= found.items()
    # A claim keeps where it was first published, through any number of sites.
    assert found["originally_published"] == "originally_published"
    assert found["original_address"] == "original_address"
