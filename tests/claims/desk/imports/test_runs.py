"""Imports of fact-checks by others: checked, applied, interrupted, repeated and undone."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.choices import ImportOutcome, ImportState
from claims.desk.imports import foreign, labels, runs
from claims.desk.imports.foreign import ForeignChecks
from claims.models import ForeignCheck, ForeignLabel, ImportedRow, ImportRun
from factcheck.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def review(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "@type": "ClaimReview",
        "url": f"https://checks.example/{number}",
        "claimReviewed": f"Claim {number}",
        "author": {"name": "Checks", "url": "https://checks.example/"},
        "reviewRating": {"alternateName": "False", "ratingValue": 1, "worstRating": 1, "bestRating": 5},
        **changes,
    }


@pytest.fixture
def editor() -> User:
    return UserFactory.create(role="Editor")


@pytest.fixture(autouse=True)
def _batches_of_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ForeignChecks, "batch", 2)
    with ExitStack() as FILES.stack:
        yield


class FILES:
    """The files of a test, closed with it."""

    stack = ExitStack()


def file_of(*nodes: Any) -> IO[bytes]:
    file: IO[bytes] = FILES.stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 — closed with the test
    file.write(json.dumps(list(nodes)).encode())
    file.flush()
    return file


def started(file: IO[bytes], *, feed: str = "checks", **more: Any) -> ImportRun:
    return runs.start(file, "checks.json", feed=feed, kind="claimreview", **more)


def decided(*names: str, meaning: str = "false", site: str = "checks.example") -> None:
    for name in names or ("False",):
        labels.decide((site, name), meaning, by=None)


def imported(*nodes: Any, **more: Any) -> ImportRun:
    """A run with these fact-checks, applied."""
    decided()
    file = file_of(*nodes)
    run = runs.check(started(file, **more), file)
    assert run.state == ImportState.CHECKED, run.reason
    return runs.apply(run)


def counted(run: ImportRun) -> dict[str, int]:
    """The outcomes that the run has, with their numbers."""
    return {outcome: run.counts[outcome] for outcome in ImportOutcome.values if run.counts[outcome]}


def stored() -> list[tuple[str, str]]:
    return list(ForeignCheck.objects.order_by("reference").values_list("reference", "claim"))


# Check


def test_a_check_counts_outcomes_and_writes_no_fact_check() -> None:
    decided()
    file = file_of(review(1), review(2), {"@type": "Article"}, None, review(4, url="ftp://x.example/"))
    run = runs.check(started(file), file)
    assert run.state == ImportState.CHECKED
    assert counted(run) == {"created": 2, "refused": 3}
    assert ForeignCheck.objects.count() == 0
    row = run.rows.get(number=5)
    assert (row.where, row.outcome) == ("item 5", "refused")
    assert [problem["field"] for problem in row.problems] == ["address"]
    assert all(problem["reason"] and problem["remedy"] for problem in row.problems)


def test_a_check_reports_each_row() -> None:
    decided()
    file, seen = file_of(review(1), None), []
    runs.check(started(file), file, report=lambda row, outcome, problems: seen.append((row.where, outcome)))
    assert seen == [("item 1", "created"), ("item 2", "refused")]


def test_a_file_that_breaks_off_is_stopped_with_the_place_and_nothing_is_imported() -> None:
    file = file_of(review(1))
    file.seek(-1, 2)
    file.truncate()
    run = runs.check(started(file), file)
    assert run.state == ImportState.STOPPED
    assert "after row 1" in run.reason
    with pytest.raises(runs.Refused):
        runs.apply(run)


def test_another_file_is_not_taken_for_the_one_of_the_run() -> None:
    run = started(file_of(review(1)))
    with pytest.raises(runs.Refused, match="differs"):
        runs.check(run, file_of(review(2)))


def test_an_import_writes_what_was_checked_and_leaves_no_rows_behind() -> None:
    decided()
    file = file_of(review(1), None, review(2))
    run = runs.check(started(file), file)
    assert run.batches.count() == 2
    file.truncate(0)
    assert counted(runs.apply(run)) == {"created": 2, "refused": 1}
    assert not run.batches.exists()


def test_a_dry_run_stores_no_rows_so_the_file_is_checked_again_before_it_is_imported() -> None:
    decided()
    file = file_of(review(1))
    run = runs.check(started(file), file, dry_run=True)
    with pytest.raises(runs.Refused, match="Check the file again"):
        runs.apply(run)
    assert counted(runs.apply(runs.check(run, file))) == {"created": 1}


def test_a_batch_of_long_rows_has_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_TEXT_OF_A_BATCH", 50)
    decided()
    file = file_of(review(1), review(2))
    assert runs.check(started(file), file).batches.count() == 2


# Labels


def test_an_import_waits_until_each_label_is_decided(editor: User) -> None:
    file = file_of(review(1), review(2, reviewRating={"alternateName": "Ojo"}))
    run = runs.check(started(file), file)
    assert run.state == ImportState.NEEDS_LABELS
    assert [(one["label"], one["proposed"], one["rows"]) for one in labels.undecided(run)] == [
        ("False", "false", 1),
        ("Ojo", "", 1),
    ]
    with pytest.raises(runs.Refused, match="label"):
        runs.apply(run)
    labels.settle(run, accept_proposed=True, decline_rest=False, by=editor)
    assert runs.ask_again(run).state == ImportState.NEEDS_LABELS
    labels.settle(run, accept_proposed=True, decline_rest=True, by=editor)
    assert runs.ask_again(run).state == ImportState.CHECKED
    runs.apply(run)
    false, other = ForeignLabel.objects.order_by("label")
    assert (false.meaning, false.table_version, false.decided_by) == ("false", 1, editor)
    assert (other.meaning, other.table_version) == ("declined", None)
    assert list(ForeignCheck.objects.order_by("pk").values_list("label__label", flat=True)) == ["False", "Ojo"]


def test_a_dry_run_asks_nothing() -> None:
    file = file_of(review(1))
    assert runs.check(started(file), file, dry_run=True).state == ImportState.NEEDS_LABELS
    assert not ForeignLabel.objects.exists()


def test_a_column_of_texts_is_not_taken_for_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MOST_NEW_LABELS", 2)
    file = file_of(*(review(number, reviewRating={"alternateName": f"Text {number}"}) for number in range(4)))
    run = runs.check(started(file), file)
    assert (run.state, ForeignLabel.objects.count()) == (ImportState.STOPPED, 0)


def rated(number: int, label: str, value: int, worst: int, best: int) -> dict[str, Any]:
    rating = {"alternateName": label, "ratingValue": value, "worstRating": worst, "bestRating": best}
    return review(number, reviewRating=rating)


@pytest.mark.parametrize(
    ("true", "false", "found"),
    [
        ((5, 1, 5), (1, 1, 5), []),
        ((1, 1, 5), (5, 1, 5), [{"publisher": "checks.example", "rows": 0, "by_labels": True}]),
        ((5, 5, 1), (1, 5, 1), [{"publisher": "checks.example", "rows": 2, "by_labels": False}]),
    ],
)
def test_a_reversed_scale_is_found(
    true: tuple[int, int, int], false: tuple[int, int, int], found: list[dict[str, Any]]
) -> None:
    file = file_of(rated(1, "True", *true), rated(2, "False", *false))
    assert runs.check(started(file), file).counts["reversed"] == found


# Apply


def test_the_same_file_again_is_not_needed() -> None:
    nodes = [review(number) for number in range(5)]
    imported(*nodes)
    with pytest.raises(runs.NotNeeded, match="would change nothing"):
        started(file_of(*nodes))


def test_the_same_rows_again_change_nothing() -> None:
    imported(*(review(number) for number in range(5)))
    before = list(ForeignCheck.objects.values())
    run = imported(*(review(number) for number in range(5)), None)
    assert counted(run) == {"unchanged": 5, "refused": 1}
    assert list(ForeignCheck.objects.values()) == before


def test_a_changed_row_is_found_by_its_reference_and_not_by_its_title() -> None:
    imported(review(1, headline="One"), review(2, headline="Two"))
    run = imported(review(1, headline="Two", claimReviewed="Other"), review(2, headline="Two"))
    assert counted(run) == {"updated": 1, "unchanged": 1}
    assert stored() == [("https://checks.example/1", "Other"), ("https://checks.example/2", "Claim 2")]
    before = run.rows.get().before
    assert before
    assert (before["claim"], before["title"]) == ("Claim 1", "One")


def test_two_feeds_have_their_own_references() -> None:
    imported(review(1))
    imported(review(1), feed="other")
    assert ForeignCheck.objects.count() == 2


def test_the_same_row_twice_counts_once_and_two_that_differ_are_named() -> None:
    other = review(1, inLanguage="es")
    run = imported(review(1), review(1), review(2), other)
    assert counted(run) == {"created": 3, "unchanged": 1}  # the last has a reference of its own
    assert ForeignCheck.objects.count() == 3


def test_several_claims_of_one_page_keep_their_references() -> None:
    nodes = [review(1), review(1, claimReviewed="Second"), review(1, claimReviewed="Third")]
    assert counted(imported(*nodes)) == {"created": 3}
    assert counted(imported(*nodes, None)) == {"unchanged": 3, "refused": 1}


def test_a_run_goes_on_after_the_last_batch_that_was_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    decided()
    file = file_of(*(review(number) for number in range(5)))
    run = runs.check(started(file), file)
    apply, calls = foreign.ForeignChecks.apply, iter([True, False])

    def killed(self: Any, rows: Any) -> Any:
        done = apply(self, rows)
        if not next(calls):
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(foreign.ForeignChecks, "apply", killed)
    with pytest.raises(KeyboardInterrupt):
        runs.apply(run)
    monkeypatch.undo()
    run = ImportRun.objects.get()
    assert (run.state, run.at_row, ForeignCheck.objects.count()) == (ImportState.APPLYING, 2, 2)
    run = runs.apply(started(file))
    assert (run.state, counted(run)) == (ImportState.APPLIED, {"created": 5})
    assert ForeignCheck.objects.count() == 5


def test_a_process_that_was_overtaken_stops() -> None:
    decided()
    file = file_of(*(review(number) for number in range(5)))
    run = runs.check(started(file), file)

    def overtake(_rows: int) -> None:
        ImportRun.objects.update(at_row=4)

    with pytest.raises(runs.Overtaken):
        runs.apply(run, advance=overtake)
    assert ForeignCheck.objects.count() == 2


def test_one_import_of_a_feed_is_applied_at_a_time() -> None:
    decided()
    file, other = file_of(review(1)), file_of(review(2))
    first, second = runs.check(started(file), file), runs.check(started(other), other)
    ImportRun.objects.filter(pk=first.pk).update(state=ImportState.APPLYING)
    with pytest.raises(runs.Refused, match=f"Import {first.pk} of this feed"):
        runs.apply(second)


def test_whole_or_nothing_imports_nothing_if_a_row_is_refused() -> None:
    decided()
    file = file_of(review(1), None)
    run = runs.check(started(file, whole=True), file)
    with pytest.raises(runs.Refused, match="1 row is refused"):
        runs.apply(run)
    assert ForeignCheck.objects.count() == 0


def test_whole_or_nothing_leaves_nothing_of_a_run_that_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    decided()
    file = file_of(*(review(number) for number in range(5)))
    run = runs.check(started(file, whole=True), file)

    def kill(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.apply(run, advance=kill)
    assert ForeignCheck.objects.count() == 0
    assert counted(runs.apply(run)) == {"created": 5}


# Undo


def test_undo_removes_what_was_created_and_restores_what_was_changed() -> None:
    imported(review(1), review(2))
    before = list(ForeignCheck.objects.order_by("pk").values())
    run = imported(review(1, claimReviewed="Other"), review(2), review(3))
    assert runs.undo(run).state == ImportState.UNDONE
    assert list(ForeignCheck.objects.order_by("pk").values()) == before


def test_an_undone_file_can_be_imported_again() -> None:
    runs.undo(imported(review(1)))
    assert counted(imported(review(1))) == {"created": 1}


def test_undo_is_refused_whole_and_names_the_rows_that_changed_since() -> None:
    run = imported(review(1), review(2))
    imported(review(1, claimReviewed="Other"))
    with pytest.raises(runs.NotUndone) as refused:
        runs.undo(run)
    assert [one.field for one in refused.value.obstacles] == ["https://checks.example/1"]
    run.refresh_from_db()
    assert (run.state, ForeignCheck.objects.count()) == (ImportState.APPLIED, 2)


def test_a_dry_run_of_undo_changes_nothing() -> None:
    run = imported(review(1))
    runs.undo(run, dry_run=True)
    run.refresh_from_db()
    assert (run.state, ForeignCheck.objects.count()) == (ImportState.APPLIED, 1)


def test_an_interrupted_run_can_be_undone() -> None:
    run = imported(review(1), review(2), review(3))
    ImportRun.objects.update(state=ImportState.APPLYING)
    runs.undo(run)
    assert ForeignCheck.objects.count() == 0


def test_a_batch_costs_the_same_however_many_rows_it_has(django_assert_num_queries: Any) -> None:
    decided()
    several, one = file_of(*map(review, range(2))), file_of(review(5))
    first, second = runs.check(started(several), several), runs.check(started(one), one)
    with CaptureQueriesContext(connection) as of_two:
        runs.apply(first)
    with django_assert_num_queries(len(of_two)):
        runs.apply(second)


def test_rows_of_a_run_that_say_nothing_new_are_not_stored() -> None:
    run = imported(review(1), review(2))
    assert not ImportedRow.objects.filter(run=run).exists()
