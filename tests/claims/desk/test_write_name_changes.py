"""`manage.py write_name_changes` brings a name to however many claims show it, and goes on after it was stopped."""

import signal
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from claims.choices import NameChangeState
from claims.desk import names
from claims.models import Claimant, NameChange, PublishedClaim
from tests.claims import invariants
from tests.factories import ClaimantFactory, published, renamed

pytestmark = pytest.mark.django_db


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> Claimant:
    """A claimant with another name at the desk, whom five published claims show by the old one."""
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
def test_it_writes_what_is_left_and_says_so_and_can_run_again() -> None:
    assert "0 of about 5 claims are revised" in said(dry_run=True)
    assert shown() == {"Old"}
    assert "done, 5 claims revised" in said()
    assert shown() == {"New"}
    assert said() == ""
    assert "0 changes are to be written" in said(dry_run=True)
    assert invariants.broken() == []


def test_it_goes_on_where_it_stopped(accepted: Claimant) -> None:
    change = NameChange.objects.get()
    names.write_some(change, most=3)
    assert shown() == {"Old", "New"}
    assert "3 of about 5 claims are revised" in said(dry_run=True)
    said()
    assert shown() == {"New"}
    assert [claim.revision.number for claim in PublishedClaim.objects.select_related("revision")] == [2] * 5
    assert NameChange.objects.get().state == NameChangeState.DONE


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db(transaction=True)
def test_it_can_be_killed_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed run leaves whole claims, each with the old name or the new one, and the next run finishes."""
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant = ClaimantFactory.create(name="Old")
    for _ in range(40):
        published(claimant=claimant)
    renamed(claimant, name="New")
    kills = 0
    while names.unfinished().exists():
        run = subprocess.Popen(
            [sys.executable, "-c", KILLED_SOON.format(url=database_url())],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
        )
        assert run.stdout
        run.stdout.readline()  # it has begun a batch
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
        kills += 1
        assert shown() <= {"Old", "New"}
        assert invariants.broken() == []
    assert shown() == {"New"}
    assert kills > 1


def database_url() -> str:
    given = connection.get_connection_params()
    return f"postgresql://{given['user']}@/{given['dbname']}?host={given['host']}&port={given.get('port') or 5432}"


# A run that says when it begins each batch.
KILLED_SOON = """
import os
os.environ |= {{"DATABASE_URL": "{url}", "DEBUG": "on", "DJANGO_SETTINGS_MODULE": "factcheck.settings"}}
import django
django.setup()
from claims.desk import names
for change in names.unfinished():
    while not names.write_some(change, most=5):
        print("a batch", flush=True)
    print("done", flush=True)
"""
