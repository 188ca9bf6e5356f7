"""`manage.py write_name_changes` brings a name to any number of claims, and continues after it was stopped."""

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from claims.choices import NameChangeState
from claims.desk import names
from claims.models import Claimant, NameChange, PublishedClaim
from tests.claims import invariants
from tests.factories import ClaimantFactory, published, renamed
from tests.test_settings import database_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> Claimant:
    """A claimant with a new name at the desk, while five published claims still show the old one."""
    monkeypatch.setattr(names, "AT_ONCE", 2)
    claimant = ClaimantFactory.create(name="Old")
    for _ in range(5):
        published(claimant=claimant)
    renamed(claimant, name="New")
    return claimant


def said(**options: bool) -> str:
    output = StringIO()
    call_command("write_name_changes", once=True, stdout=output, **options)
    return output.getvalue()


def shown() -> set[str]:
    return set(PublishedClaim.objects.values_list("claimant_name", flat=True))


@pytest.mark.usefixtures("accepted")
def test_it_writes_what_is_left_reports_it_and_can_run_again() -> None:
    assert "0 of about 5 claims are revised" in said(dry_run=True)
    assert shown() == {"Old"}
    assert "done, 5 claims revised" in said()
    assert shown() == {"New"}
    assert said() == ""
    assert "0 changes wait to be written" in said(dry_run=True)
    assert invariants.broken() == []


def test_it_continues_where_it_stopped(accepted: Claimant) -> None:
    change = NameChange.objects.get()
    names.write_some(change, most=3)
    assert shown() == {"Old", "New"}
    assert "3 of about 5 claims are revised" in said(dry_run=True)
    said()
    assert shown() == {"New"}
    assert [claim.revision.number for claim in PublishedClaim.objects.select_related("revision")] == [2] * 5
    assert NameChange.objects.get().state == NameChangeState.DONE


@pytest.mark.usefixtures("accepted")
def test_a_change_that_cannot_be_written_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = ClaimantFactory.create(name="Old, too")
    for _ in range(3):
        published(claimant=other)
    renamed(other, name="New, too")
    revise = names._revise

    def failing(claims: list[int], subject: Any, change: NameChange) -> int:
        if subject.name == "New":
            raise RuntimeError("this row is broken")
        return revise(claims, subject, change)

    monkeypatch.setattr(names, "_revise", failing)
    with pytest.raises(CommandError, match="1 of the changes couldn't be written"):
        said()
    assert shown() == {"Old", "New, too"}
    assert "this row is broken" in caplog.text
    monkeypatch.setattr(names, "_revise", revise)
    said()
    assert shown() == {"New", "New, too"}


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db(transaction=True)
def test_as_a_service_it_writes_what_is_accepted_later_and_ends_on_a_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "AT_ONCE", 1)
    claimant = ClaimantFactory.create(name="Old")
    for _ in range(3):
        published(claimant=claimant)
    command = [sys.executable, "manage.py", "write_name_changes"]
    environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "on"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as service:
        renamed(claimant, name="New")
        assert service.stdout
        assert "done, 3 claims revised" in service.stdout.readline()
        service.terminate()
        assert service.wait() == 0
    assert shown() == {"New"}


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db(transaction=True)
def test_it_can_be_killed_in_the_middle_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed run leaves whole claims, each with the old name or the new one, and the next run finishes."""
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant = ClaimantFactory.create(name="Old")
    for _ in range(8):
        published(claimant=claimant)
    renamed(claimant, name="New")
    for already_new in (2, 4):
        run = subprocess.Popen(
            [sys.executable, "-c", STOPS_IN_ITS_SECOND_BATCH],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "DEBUG": "on"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout
        assert run.stdout.readline() == "the second batch is revised\n"
        run.kill()
        run.communicate()
        assert shown() == {"Old", "New"}
        assert PublishedClaim.objects.filter(claimant_name="New").count() == already_new
        assert invariants.broken() == []
    said()
    assert shown() == {"New"}
    assert invariants.broken() == []


STOPS_IN_ITS_SECOND_BATCH = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "factcheck.settings"
import django
django.setup()
from claims.desk import names
from claims.models import NameChange
revise, revised = names._revise, []

def stopping(*arguments):
    revised.append(revise(*arguments))
    if len(revised) == 2:
        print("the second batch is revised", flush=True)
        sys.stdin.read()
    return revised[-1]

names._revise = stopping
change = NameChange.objects.unfinished().get()
while not names.write_some(change, most=2):
    pass
"""
