"""What an import must be told is remembered for a feed and proposed for the rest; the command takes it from a file."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.choices import ImportTarget
from claims.desk.imports.mapping import proposed, proposed_ratings
from claims.desk.imports.sheets import Table, tables
from claims.models import Claim, ImportRun
from factcheck.accounts.models import User
from tests.claims.desk.imports.sheets import read
from tests.factories import ImportRunFactory, UserFactory

pytestmark = pytest.mark.django_db

SHEET = "ID,Claim,Verdict\n1,The bridge is long.,Mostly False\n2,The river is wide.,Pants on fire\n"


def test_headings_below_a_title_are_found_with_the_rows_below_them() -> None:
    [table] = tables(read(b"Our checks 2021,,\n,,\nID,Claim,Verdict\n1,The bridge is long.,False\n"))

    assert table.headings == ["ID", "Claim", "Verdict"]
    assert table.rows == [["1", "The bridge is long.", "False"]]


def test_a_heading_that_is_there_twice_gets_a_number() -> None:
    assert tables(read(b"id,link,link\n1,a,b\n"))[0].headings == ["id", "link", "link (2)"]


def test_the_sheet_with_most_columns_that_we_know_is_proposed() -> None:
    found = proposed([Table("Notes", headings=["a", "b"]), Table("Checks", headings=["id", "claim"])], "archive")
    assert (found["sheet"], found["columns"]) == ("Checks", {"reference": "id", "statement": "claim"})


def test_the_feeds_last_import_is_proposed_again() -> None:
    mapping = {"columns": {"reference": "Notes"}, "ratings": {"Lie": "false"}, "dates": "dmy"}
    ImportRunFactory(feed="archive", kind="sheet", target=ImportTarget.CLAIMS, mapping=mapping)

    found = proposed([Table(headings=["id", "Notes", "claim"])], "archive")
    assert found["columns"] == {"reference": "Notes", "statement": "claim"}
    assert (found["ratings"], found["dates"]) == ({"Lie": "false"}, "dmy")
    assert proposed([Table(headings=["id", "Notes"])], "other")["columns"] == {"reference": "id"}


def test_a_rating_is_proposed_for_its_own_words_alone() -> None:
    assert proposed_ratings(["MOSTLY FALSE", "false", "Pants on fire"]) == {
        "MOSTLY FALSE": "mostly-false",
        "false": "false",
        "Pants on fire": "",
    }


class TestCommand:
    @pytest.fixture
    def editor(self) -> User:
        return UserFactory(role="Editor")

    @pytest.fixture
    def sheet(self, tmp_path: Path) -> Path:
        path = tmp_path / "checks.csv"
        path.write_text(SHEET, encoding="utf-8")
        return path

    def test_stops_at_ratings_without_a_decision_and_prints_what_to_decide(
        self, editor: User, sheet: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandError):
            call_command("import_claims", sheet, feed="archive", by=editor.username, verbosity=0)

        printed = capsys.readouterr().out
        mapping = json.loads(printed[printed.index("{") :])
        assert mapping["ratings"] == {"Mostly False": "mostly-false", "Pants on fire": ""}
        assert not Claim.objects.exists()

    def test_imports_with_a_mapping_and_says_that_the_same_file_again_changes_nothing(
        self, editor: User, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mapping = tmp_path / "mapping.json"
        mapping.write_text(json.dumps({"ratings": {"Mostly False": "mostly-false", "Pants on fire": ""}}))
        for _time in range(2):
            call_command("import_claims", sheet, feed="archive", by=editor.username, mapping=mapping, verbosity=0)

        assert {(claim.statement, claim.rating and claim.rating.slug) for claim in Claim.objects.all()} == {
            ("The bridge is long.", "mostly-false"),
            ("The river is wide.", None),
        }
        assert "it would change nothing" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("no", "isn't valid JSON"),
            ("[]", "must have only columns"),
            ('{"state": "published"}', "must have only columns"),
            ('{"columns": {"state": "State"}}', "we don't have the column state"),
            ('{"columns": {"reference": 5}}', "must be a text"),
            ('{"ratings": {"Lie": "liar"}}', "we don't have the rating liar"),
            ('{"dates": "ymd"}', "dmy or mdy"),
        ],
    )
    def test_refuses_a_mapping_that_it_cant_use(
        self, editor: User, sheet: Path, tmp_path: Path, text: str, sentence: str
    ) -> None:
        mapping = tmp_path / "mapping.json"
        mapping.write_text(text)
        with pytest.raises(CommandError, match=sentence):
            call_command("import_claims", sheet, feed="archive", by=editor.username, mapping=mapping, verbosity=0)
        assert not ImportRun.objects.exists()

    def test_refuses_people_who_cant_import_and_files_without_a_reference(self, editor: User, tmp_path: Path) -> None:
        path = tmp_path / "checks.csv"
        path.write_text("Claim,Verdict\nThe bridge is long.,False\n")
        reporter = UserFactory(role="Reporter")

        with pytest.raises(CommandError, match="can't import claims"):
            call_command("import_claims", path, feed="archive", by=reporter.username)
        with pytest.raises(CommandError, match="no column that we know for: Reference"):
            call_command("import_claims", path, feed="archive", by=editor.username)
