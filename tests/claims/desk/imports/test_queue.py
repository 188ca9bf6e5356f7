"""The imports that wait for the worker."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from claims.choices import ImportState
from claims.desk.imports import queue, runs
from claims.models import ForeignCheck, ImportRun
from tests.claims.desk.imports.test_runs import _batches_of_two, decided, file_of, review, started  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def uploaded(*nodes: Any, feed: str = "checks") -> ImportRun:
    file = file_of(*nodes)
    run = started(file, feed=feed)
    run.file.save("checks.json", ContentFile(file.read()))
    return run


def work() -> list[str]:
    """Do all that waits. Returns what was reported."""
    lines: list[str] = []
    while queue.work(lines.append):
        pass
    return lines


def test_a_file_is_checked_then_imported_when_somebody_asks_for_it() -> None:
    decided()
    run = uploaded(review(1))
    assert work() == []
    queue.add(run)
    assert work() == [f"Import {run.pk}, checks.json: Checked."]
    run.refresh_from_db()
    queue.add(run)
    assert work() == [f"Import {run.pk}, checks.json: Imported."]
    assert ForeignCheck.objects.count() == 1
    run.refresh_from_db()
    with pytest.raises(runs.Refused):
        queue.add(run)


def test_a_run_that_was_left_is_taken_after_a_minute() -> None:
    decided()
    run = uploaded(review(1), review(2), review(3))
    queue.add(run)
    work()
    ImportRun.objects.update(state=ImportState.APPLYING, active_at=timezone.now())
    assert work() == []
    ImportRun.objects.update(active_at=timezone.now() - timedelta(minutes=2))
    assert work() == [f"Import {run.pk}, checks.json: Imported."]
    assert ForeignCheck.objects.count() == 3


def test_a_run_that_cannot_go_on_is_stopped_with_its_reason_and_the_next_is_done() -> None:
    decided()
    lost, good = uploaded(review(1)), uploaded(review(2), feed="other")
    for run in (lost, good):
        queue.add(run)
    Path(lost.file.path).write_text("[]")
    assert len(work()) == 2
    lost.refresh_from_db()
    good.refresh_from_db()
    assert (lost.state, good.state) == (ImportState.STOPPED, ImportState.CHECKED)
    assert "differs" in lost.reason


def test_a_bug_in_one_import_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    run = uploaded(review(1))
    queue.add(run)

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(runs, "check", fail)
    work()
    run.refresh_from_db()
    assert run.state == ImportState.STOPPED
    assert "bug" in run.reason


def test_an_import_waits_for_another_one_of_its_feed() -> None:
    decided()
    first, second = uploaded(review(1)), uploaded(review(2))
    for run in (first, second):
        queue.add(run)
    work()
    second.refresh_from_db()
    queue.add(second)
    ImportRun.objects.filter(pk=first.pk).update(state=ImportState.APPLYING, active_at=timezone.now())
    assert work() == [f"Import {second.pk} waits for another one of its feed."]
    second.refresh_from_db()
    assert second.state == ImportState.WAITING


def test_the_worker_ends_when_nothing_waits(capsys: pytest.CaptureFixture[str]) -> None:
    decided()
    queue.add(uploaded(review(1)))
    call_command("run_imports", dry_run=True)
    assert "Being checked" in capsys.readouterr().out
    call_command("run_imports", once=True)
    assert "Checked" in capsys.readouterr().out
