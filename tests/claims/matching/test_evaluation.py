"""`evaluate_matching` measures a set of texts with judgements and leaves the site alone."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.matching import ask
from claims.matching.evaluation import corpus, read_claims
from tests.factories import published

pytestmark = pytest.mark.django_db

CLAIMS = [
    {"id": "zoo", "claim": "The mayor of Springfield sold the zoo to a cement company.", "date": "2025-06-20"},
    {"id": "flood", "title": "The water district lost 53 records in a flood.", "date": "2025-06-23"},
    {"id": "raid", "claim": "Federal agents arrested 53 people in a Denver warehouse.", "published_on": "2024-01-01"},
]
TEXTS = [
    {"id": "1", "text": "They sold the zoo to a CEMENT company? — Jo (@jo) June 19, 2025"},
    {"id": "2", "text": "53 water records lost in that flood — Jo (@jo) June 22, 2025"},
]


def lines(file: Path, rows: list[dict[str, Any]]) -> str:
    written = "\n".join(map(json.dumps, rows)).encode()
    file.write_bytes(gzip.compress(written) if file.suffix == ".gz" else written)
    return str(file)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    qrels = tmp_path / "qrels"
    qrels.write_text("1\t0\tzoo\t1\n2\t0\tflood\t1\n")
    return [lines(tmp_path / "claims.jsonl.gz", CLAIMS), lines(tmp_path / "queries.jsonl", TEXTS), str(qrels)]


def test_it_prints_each_figure_with_its_interval(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate_matching", *files)
    printed = capsys.readouterr().out
    assert "2 texts over 3 claims." in printed
    for figure in ("MAP@1", "MAP@5", "success@5"):
        assert f"{figure:<12} 1.000 (1.000 to 1.000)" in printed
    assert "Probably the same: 0 times in 4 questions" in printed


def test_with_the_date_it_counts_what_is_probably_the_same(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("evaluate_matching", *files, "--date")
    assert "Probably the same: 2 times in 4 questions" in capsys.readouterr().out


def test_sentences_of_a_piece_are_asked_together(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [{"id": f"20250622_Speech_{line}", "text": text["text"]} for line, text in enumerate(TEXTS)]
    queries = lines(tmp_path / "speech.jsonl", texts)
    (tmp_path / "speech.qrels").write_text("20250622_Speech_0 0 zoo 1\n20250622_Speech_1 0 flood 1\n")
    call_command("evaluate_matching", files[0], queries, str(tmp_path / "speech.qrels"), "--date")
    assert "MAP@5        1.000" in capsys.readouterr().out


def test_the_record_is_hidden_meanwhile_and_unchanged_afterwards(files: list[str]) -> None:
    published(slug="heron", statement="A heron nested on the roof of the courthouse.")
    with corpus(read_claims(Path(files[0]))) as names:
        assert ask("A heron on the courthouse roof").matches == []
        match = ask("They sold the zoo to a cement company").matches[0]
        assert match.claim
        assert names[match.claim.pk] == "zoo"
    found = ask("A heron on the courthouse roof").matches
    assert [match.claim.slug for match in found if match.claim] == ["heron"]
    assert ask("They sold the zoo to a cement company").matches == []


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [(None, "Can't read"), ("{", "isn't in the expected form"), ('{"text": "x"}', "isn't in the expected form")],
)
def test_files_that_it_cannot_read_are_named(
    files: list[str], tmp_path: Path, broken: str | None, sentence: str
) -> None:
    other = tmp_path / "other.jsonl"
    if broken is not None:
        other.write_text(broken)
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_matching", files[0], str(other), files[2])
