"""What matters is written down once, with who, from where and in which request, and nobody can forge or remove it."""

import datetime
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.management.commands.changepassword import Command as ChangePassword
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.desk import workflow
from claims.desk.rules import NotAllowed
from factcheck.accounts import security
from factcheck.accounts.models import SecurityEvent, SecurityKind, User
from tests.desk import filled_in, signed_in
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/securityevent/"
PASSWORD = "four small boats at dawn"


def person(username: str = "ana", role: str = "Editor") -> User:
    found: User = UserFactory.create(username=username, role=role)
    found.set_password(PASSWORD)
    found.save()
    return found


def events(*kinds: SecurityKind) -> list[SecurityEvent]:
    return list(SecurityEvent.objects.filter(kind__in=kinds).order_by("pk"))


def newest() -> SecurityEvent:
    return SecurityEvent.objects.order_by("pk").last() or SecurityEvent()


@contextmanager
def lines() -> Iterator[list[Any]]:
    """The lines of the log of security events, as objects."""
    handler = next(iter(logging.getLogger("factcheck.security").handlers))
    assert isinstance(handler, logging.StreamHandler)
    found: list[Any] = []
    before = handler.setStream(text := StringIO())
    try:
        yield found
    finally:
        handler.setStream(before)
        found += [json.loads(line[line.index("{") :]) for line in text.getvalue().splitlines()]


# Signing in and out


def test_signing_in_and_out_is_written_with_person_network_and_request() -> None:
    ana, client = person(), Client(REMOTE_ADDR="203.0.113.5")
    response = client.post("/admin/login/", {"username": "ana", "password": PASSWORD})
    event = newest()
    assert (event.kind, event.actor, event.actor_name, event.network) == ("sign-in", ana, "ana", "203.0.113.5")
    assert event.request_id == response.headers["X-Request-ID"]
    client.post("/admin/logout/")
    assert (newest().kind, newest().actor) == ("sign-out", ana)


def test_a_failed_sign_in_is_written_without_what_was_typed() -> None:
    person()
    client = Client()
    client.post("/admin/login/", {"username": "ana", "password": "my-other-password"})
    client.post("/admin/login/", {"username": "my-other-password", "password": ""})
    client.post("/admin/login/", {"username": "my-other-password", "password": "x"})
    assert [event.about for event in events(SecurityKind.SIGN_IN_FAILED)] == ["ana", ""]
    assert not SecurityEvent.objects.filter(facts__icontains="my-other").exists()


# Acts


def test_public_acts_are_written_with_who_did_them() -> None:
    claim = ClaimFactory.create()
    redacted(corrected(published(claim)))
    withdrawn(published())
    kinds = [event.kind for event in SecurityEvent.objects.filter(about=claim.slug).order_by("pk")]
    assert kinds == ["approve", "publish", "approve", "correct", "redact"]
    assert newest().kind == "withdraw"
    assert newest().actor is not None


def test_a_change_of_a_name_is_written_when_it_is_accepted() -> None:
    claimant = ClaimantFactory.create(slug="ana-kovac", name="Ana")
    published(claimant=claimant)
    second = UserFactory.create(role="Editor")
    renamed(claimant, name="Ana Kovač", second=second)
    assert (newest().kind, newest().about, newest().actor) == ("rename", "claimant ana-kovac", second)


def test_an_act_that_is_rolled_back_leaves_no_event() -> None:
    claim = approved(ClaimFactory.create())
    before = SecurityEvent.objects.count()
    with lines() as log, transaction.atomic():
        workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)
        assert SecurityEvent.objects.count() > before
        transaction.set_rollback(True)
    assert (SecurityEvent.objects.count(), log) == (before, [])


def test_an_event_that_cannot_be_stored_does_not_stop_the_act(django_capture_on_commit_callbacks: Any) -> None:
    claim = approved(ClaimFactory.create())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_securityevent ADD CONSTRAINT nothing CHECK (false) NOT VALID")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    with django_capture_on_commit_callbacks(execute=True):
        claim = workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    assert claim.state == "published"


def test_each_event_is_one_line_of_the_log(django_capture_on_commit_callbacks: Any) -> None:
    ana = person()
    with lines() as log, django_capture_on_commit_callbacks(execute=True):
        Client(REMOTE_ADDR="203.0.113.5").post("/admin/login/", {"username": "ana", "password": PASSWORD})
    [line] = log
    assert (line["event"], line["actor"], line["network"]) == ("sign-in", ana.username, "203.0.113.5")
    assert line["request"] == newest().request_id


@pytest.mark.parametrize(
    "text", ["a\nb", "\x1b[31mred", "a\0b", "\ud800", "\u202egnp", "x" * 100_000, '{"event": "x"}\r\n']
)
def test_no_text_forges_a_line_or_stops_the_event(text: str, django_capture_on_commit_callbacks: Any) -> None:
    with lines() as log, django_capture_on_commit_callbacks(execute=True):
        security.note(SecurityKind.REFUSED, about=text, reason=text, names=[text] * 1000)
    assert len(log) == 1
    assert newest().about.isprintable()
    assert len(json.dumps(newest().facts)) < 10_000


def test_a_whole_export_is_written(tmp_path: Any) -> None:
    ClaimFactory.create()
    call_command("export_fixture", output=tmp_path / "all.json")
    assert (newest().kind, newest().about, newest().actor) == ("export", "everything", None)
    call_command("export_fixture", published=True, output=tmp_path / "published.json")
    assert len(events(SecurityKind.EXPORT)) == 1


# Refusals


def test_a_page_that_a_role_may_not_have_is_written_down() -> None:
    signed_in("Reporter").get("/admin/accounts/user/")
    event = newest()
    assert (event.kind, event.about, event.facts) == ("refused", "/admin/accounts/user/", {"method": "GET"})
    assert event.actor is not None


def test_an_act_that_a_role_may_not_do_is_written_down_though_nothing_else_is() -> None:
    claim = published()
    client = signed_in("Editor")
    address = f"/admin/claims/claim/{claim.pk}/act/withdraw/"
    assert client.post(address, {"version": claim.version, "reason": "x"}).status_code == 403
    assert (newest().kind, newest().about) == ("refused", address)
    assert len(events(SecurityKind.REFUSED)) == 1
    with pytest.raises(NotAllowed):
        workflow.withdraw(claim, reason="x", by=UserFactory.create(role="Editor"), version=claim.version)


def test_a_refused_name_and_a_refused_claim_of_many_are_written_down() -> None:
    claimant = ClaimantFactory.create()
    published(claimant=claimant)
    client = signed_in("Reporter")
    page = f"/admin/claims/claimant/{claimant.pk}/change/"
    client.post(page, filled_in(client, page) | {"name": "Another", "reason": "x"})
    assert (newest().kind, newest().about) == ("refused", page)
    client, other = signed_in("Editor", confirmed_at=None), ClaimFactory.create()
    sent = {"action": "submit_selected", "_selected_action": [other.pk], "confirmed": "yes", f"version-{other.pk}": 1}
    client.post("/admin/claims/claim/", sent)
    assert (newest().kind, newest().about) == ("refused", "/admin/claims/claim/")


def test_an_address_that_we_refuse_is_written_with_who_typed_it() -> None:
    chief = signed_in("Chief editor")
    sent = {"name": "Inside", "address": "http://127.0.0.1:5432/?secret", "events": ["claim.published"]}
    chief.post("/admin/claims/subscriber/add/", sent)
    assert (newest().kind, newest().about, newest().facts) == ("refused-address", "127.0.0.1", {"port": 5432})
    assert newest().actor is not None


def test_a_password_from_the_command_line_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("demo_people", stdout=StringIO())
    assert [event.about for event in events(SecurityKind.PASSWORD)] == ["editor-a", "editor-b", "chief"]
    call_command("demo_people", stdout=StringIO())
    call_command("demo_people", "--new-passwords", stdout=StringIO())
    monkeypatch.setattr(ChangePassword, "_get_pass", lambda *_: "four small boats at dawn")
    call_command("changepassword", "chief", stdout=StringIO())
    assert len(events(SecurityKind.PASSWORD)) == 3 + 3 + 1
    assert (newest().kind, newest().about, newest().facts) == ("password", "chief", {"by": "command line"})


def test_fields_that_the_page_of_many_claims_does_not_have_are_written_too() -> None:
    client, claim = signed_in("Editor"), ClaimFactory.create()
    sent = {"action": "assign_selected", "_selected_action": [claim.pk], "confirmed": "yes", f"version-{claim.pk}": 1}
    client.post("/admin/claims/claim/", sent)
    assert events(SecurityKind.UNEXPECTED_FIELDS) == []
    client.post("/admin/claims/claim/", sent | {"state": "published", "version-0": "1"})
    [event] = events(SecurityKind.UNEXPECTED_FIELDS)
    assert event.facts == {"names": ["state", "version-0"]}


def test_fields_that_a_form_does_not_have_are_written_by_name_only() -> None:
    client, claim = signed_in("Editor"), ClaimFactory.create()
    page = f"/admin/claims/claim/{claim.pk}/change/"
    good = filled_in(client, page) | {"version": claim.version, "as_read": ""}
    client.post(page, good)
    assert events(SecurityKind.UNEXPECTED_FIELDS) == []
    client.post(page, good | {"state": "published", "evidence-0-claim_id": "7", "approver": "1"})
    [event] = events(SecurityKind.UNEXPECTED_FIELDS)
    assert event.facts == {"names": ["approver", "evidence-0-claim_id", "state"]}
    client.post(f"/admin/claims/claim/{claim.pk}/act/submit/", {"version": 1, "by": 7})
    assert events(SecurityKind.UNEXPECTED_FIELDS)[-1].facts == {"names": ["by"]}


@pytest.mark.parametrize(
    "table",
    [
        *("claims/claim", "claims/claimant", "claims/topic", "claims/rating", "claims/subscriber"),
        *("sources/source", "sources/publisher", "sources/snapshot", "accounts/user"),
    ],
)
def test_a_form_that_is_sent_as_it_was_shown_has_no_unexpected_field(table: str) -> None:
    client = signed_in("Chief editor")
    page = f"/admin/{table}/add/"
    client.post(page, filled_in(client, page) | {"_save": "Save"})
    assert events(SecurityKind.UNEXPECTED_FIELDS) == []


# The table


def test_no_event_is_changed_nor_deleted_in_its_first_90_days() -> None:
    security.note(SecurityKind.REFUSED)
    for statement in ["UPDATE accounts_securityevent SET about = 'x'", "DELETE FROM accounts_securityevent"]:
        with pytest.raises(DatabaseError, match="security event is never"), transaction.atomic():
            connection.cursor().execute(statement)


def test_old_events_are_pruned_by_a_command() -> None:
    now = timezone.now()
    for days in (10, 100, 400):
        SecurityEvent.objects.create(kind=SecurityKind.REFUSED, at=now - datetime.timedelta(days=days))
    call_command("prune_security_events", dry_run=True, stdout=StringIO())
    assert SecurityEvent.objects.count() == 3
    call_command("prune_security_events", verbosity=0)
    assert SecurityEvent.objects.count() == 2
    call_command("prune_security_events", "--keep-days", "90", verbosity=0)
    assert SecurityEvent.objects.count() == 1
    with pytest.raises(CommandError, match="Keep 90"):
        call_command("prune_security_events", "--keep-days", "30")


# At the desk


def test_a_chief_editor_reads_and_searches_them_and_changes_nothing() -> None:
    chief = signed_in("Chief editor")
    security.note(SecurityKind.REFUSED, about="/first/")
    security.note(SecurityKind.EXPORT, about="/second/")
    html = chief.get(LIST).content.decode()
    assert html.index("/second/") < html.index("/first/")
    assert "/first/" not in chief.get(f"{LIST}?kind__exact=export").content.decode().split('id="changelist-form"')[1]
    assert "/second/" not in chief.get(f"{LIST}?q=first").content.decode().split('id="changelist-form"')[1]
    page = f"{LIST}{newest().pk}/change/"
    assert chief.get(page).status_code == 200
    assert chief.post(page, {"about": "x"}).status_code == 403
    assert chief.get(f"{LIST}add/").status_code == 403


@pytest.mark.parametrize("role", ["Reporter", "Editor", "Assessor"])
def test_nobody_else_reads_them(role: str) -> None:
    assert signed_in(role).get(LIST).status_code == 403


@pytest.mark.parametrize(
    "query", ["q=%00", "kind=nothing", "at__day=x", "actor__id__exact=x", "actor__password__startswith=p"]
)
def test_no_query_string_breaks_the_list(query: str) -> None:
    assert signed_in("Chief editor").get(f"{LIST}?{query}", follow=True).status_code in {200, 400}


def test_the_list_needs_the_same_number_of_queries_at_any_length() -> None:
    chief = signed_in("Chief editor")
    security.note(SecurityKind.REFUSED, actor=UserFactory.create())

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert chief.get(LIST).status_code == 200
        return len(queries)

    few = count_queries()
    for other in UserFactory.create_batch(20):
        security.note(SecurityKind.REFUSED, actor=other)
    assert count_queries() == few
