"""The commands that import fact-checks by others, and undo it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.choices import ImportState
from claims.models import ForeignCheck, ForeignLabel, ImportRun
from tests.claims.desk.imports.test_runs import decided, review
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "checks.json"
    path.write_text(json.dumps([review(1), review(2), None]))
    return path


def imports(*files: Path, **options: Any) -> None:
    call_command("import_checks", *map(str, files), feed="checks", verbosity=0, **options)


def test_a_file_is_imported_and_undone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    UserFactory.create(username="ana")
    imports(file, accept_proposed=True, by="ana")
    run = ImportRun.objects.get()
    assert (run.state, run.by and run.by.username) == (ImportState.APPLIED, "ana")
    out = capsys.readouterr().out
    assert "3 rows: 2 created, 0 updated, 0 unchanged, 0 suggested, 1 refused" in out
    assert "1 × type: This isn't a ClaimReview." in out
    imports(file)
    assert "would change nothing" in capsys.readouterr().out
    call_command("undo_import", str(run.pk), dry_run=True)
    assert ForeignCheck.objects.count() == 2
    editor = UserFactory.create(role="Editor")
    call_command("undo_import", str(run.pk), by=editor.username)
    call_command("undo_import", str(run.pk))
    assert ImportRun.objects.get().undone_by == editor
    assert "undone already" in capsys.readouterr().out
    assert ForeignCheck.objects.count() == 0


def test_an_import_stops_at_a_label_and_goes_on_with_a_file_of_decisions(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=r"checks\.json"):
        imports(file)
    table = capsys.readouterr().out.partition("publisher,")[2]
    labels = tmp_path / "labels.csv"
    labels.write_text(f"publisher,{table}")
    imports(file, labels=labels)
    assert ForeignLabel.objects.get().meaning == "false"
    assert ForeignCheck.objects.count() == 2


def test_a_dry_run_writes_nothing_and_reports_each_row(file: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    imports(file, dry_run=True, report=report)
    assert not ForeignCheck.objects.exists()
    assert not ForeignLabel.objects.exists()
    with report.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["where"], row["outcome"], row["field"]) for row in rows] == [
        ("item 1", "created", ""),
        ("item 2", "created", ""),
        ("item 3", "refused", "type"),
    ]


def test_a_table_is_imported_by_its_columns(tmp_path: Path) -> None:
    decided("pants-fire")
    path = tmp_path / "checks.csv"
    path.write_text("id;x,claim,rating\n1,It rained.,pants-fire\n".replace("id;x", "id"))
    imports(
        path,
        column=["reference=id", "claim=claim", "label=rating"],
        value=["address=https://checks.example/{id}", "publisher=Checks"],
    )
    check = ForeignCheck.objects.get()
    assert (check.reference, check.address, check.publisher) == ("1", "https://checks.example/1", "Checks")
    assert (check.label and check.label.meaning) == "false"


def test_a_table_without_such_a_column_has_each_row_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "checks.tsv"
    path.write_text("id\tclaim\n1\tIt rained.\n")
    imports(path, column=["reference=id", "claim=text"], value=["address=https://checks.example/{id}"])
    assert "1 × text: There is no such column here." in capsys.readouterr().out


def test_the_order_of_dates_can_be_given(tmp_path: Path) -> None:
    decided()
    path = tmp_path / "checks.json"
    path.write_text(json.dumps(review(1, datePublished="03/04/2020")))
    imports(path, dates="dmy")
    assert ForeignCheck.objects.get().reviewed_on == "2020-04-03"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"feed": "a b"}, "Name the feed"),
        ({"by": "nobody"}, "Nobody has the user name"),
        ({"column": ["name"]}, "write it as FIELD=COLUMN"),
        ({"kind": "table"}, "Name the columns"),
        ({"labels": "missing.csv"}, "can't be read"),
        ({"report": "missing/x.csv"}, "can't be written"),
    ],
)
def test_a_wrong_option_is_refused_with_what_to_do(file: Path, options: dict[str, Any], words: str) -> None:
    paths = {name: Path(value) for name, value in options.items() if name in {"labels", "report"}}
    with pytest.raises(CommandError, match=words):
        call_command("import_checks", str(file), **{"feed": "checks", "verbosity": 0, **options, **paths})


@pytest.mark.parametrize(
    ("table", "words"),
    [("a,b\n1,2\n", "needs publisher"), ("publisher,label,meaning\nx,y,maybe\n", "one of true"), ("\xff", "CSV file")],
)
def test_a_wrong_file_of_decisions_is_refused(file: Path, tmp_path: Path, table: str, words: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_bytes(table.encode("latin-1"))
    with pytest.raises(CommandError, match=words):
        imports(file, labels=labels)
    assert not ForeignLabel.objects.exists()


def test_a_file_that_is_not_there_and_a_number_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        imports(tmp_path / "missing.json")
    with pytest.raises(CommandError, match="no import 9"):
        call_command("undo_import", "9")
