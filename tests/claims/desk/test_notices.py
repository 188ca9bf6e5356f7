"""Emails to colleagues: who gets one, what it holds, and that no act ever waits for it or fails because of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from claims.choices import NoticeKind
from claims.desk import notices, workflow
from claims.models import Claim, Notice
from factcheck.accounts.models import User
from tests.factories import ClaimFactory, EvidenceFactory, SourceFactory, UserFactory, approved
from tests.mail_server import taking_mail
from tests.test_settings import database_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_server(settings: LazySettings) -> None:
    settings.EMAIL_HOST = "mail.example"
    settings.LANGUAGE_CODE = "en"


def person(name: str, **columns: object) -> User:
    return UserFactory.create(role="Editor", first_name=name, email=f"{name.lower()}@news.example", **columns)


def sent() -> list[tuple[str, str]]:
    """The address and subject of each email, after all that wait were sent."""
    while notices.send_next():
        pass
    return [(one.to[0], str(one.subject)) for one in mail.outbox]


def test_an_author_learns_that_a_claim_was_sent_back_and_approved_and_an_assignee_that_it_is_theirs() -> None:
    ana, bo, cy = person("Ana"), person("Bo"), person("Cy")
    claim = ClaimFactory.create(by=ana, statement="The bridge cost 12 million.")
    claim = workflow.assign(claim, to=cy, by=bo, version=claim.version)
    claim = workflow.submit(claim, by=ana, version=claim.version)
    claim = workflow.send_back(claim, reason="Secret reason.", by=bo, version=claim.version)
    claim = workflow.submit(claim, by=ana, version=claim.version)
    workflow.approve(claim, by=bo, version=claim.version)
    title = "The bridge cost 12 million."
    assert sent() == [
        ("cy@news.example", f"Bo assigned this to you: {title}"),
        ("ana@news.example", f"Bo sent this back to you: {title}"),
        ("cy@news.example", f"Bo sent this back to you: {title}"),
        ("ana@news.example", f"Bo approved this: {title}"),
        ("cy@news.example", f"Bo approved this: {title}"),
    ]
    assert not Notice.objects.exists()


def test_nobody_gets_an_email_about_what_they_did_or_if_they_cannot_or_will_not() -> None:
    by = person("Ana")
    claim = ClaimFactory.create(by=by)
    out, away = person("Bo", wants_mail=False), person("Cy", is_active=False)
    silent = UserFactory.create(role="Editor")
    notices.tell(claim, NoticeKind.MENTIONED, people=[by, out, away, silent, None], by=by)
    assert not Notice.objects.exists()


def test_without_a_mail_server_nothing_is_queued(settings: LazySettings) -> None:
    settings.EMAIL_HOST = ""
    claim = ClaimFactory.create()
    workflow.assign(claim, to=person("Ana"), by=person("Bo"), version=claim.version)
    assert not Notice.objects.exists()
    with pytest.raises(CommandError, match="EMAIL_HOST"):
        call_command("send_notices", once=True)


def test_somebody_who_switches_emails_off_gets_none_that_wait() -> None:
    claim, ana = ClaimFactory.create(), person("Ana")
    workflow.assign(claim, to=ana, by=person("Bo"), version=claim.version)
    client = Client()
    client.force_login(ana)
    assert client.post("/admin/accounts/user/my-mail/", {}).status_code == 302
    assert sent() == []
    page = client.get("/admin/accounts/user/my-mail/").content.decode()
    assert "ana@news.example" in page
    assert "checked" not in page.partition('name="wants_mail"')[2].partition(">")[0]


def test_an_email_holds_the_title_and_a_link_and_no_name_or_title_adds_a_header() -> None:
    ana, bo = person("Ana"), person("Bo")
    User.objects.filter(pk=bo.pk).update(first_name="Bo\r\nBcc: all@news.example\u2028")
    bo.refresh_from_db()
    claim = ClaimFactory.create(by=ana, summary="Draft summary.", explanation="Draft explanation.")
    Claim.objects.filter(pk=claim.pk).update(statement="The bridge\nBcc: all@news.example cost\u202e 12.")
    EvidenceFactory.create(claim=claim, source=SourceFactory.create(title="Secret letter"))
    claim.refresh_from_db()
    notices.tell(claim, NoticeKind.APPROVED, people=[ana], by=bo)
    [(_to, subject)] = sent()
    assert subject.isprintable()
    [message] = mail.outbox
    assert message.recipients() == ["ana@news.example"]
    assert f"/admin/claims/claim/{claim.pk}/change/" in message.body
    for hidden in ("Draft summary", "Draft explanation", "Secret letter"):
        assert hidden not in message.message().as_string()


def test_a_mail_server_that_is_away_fails_no_act_and_the_email_goes_later(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    claim, ana = ClaimFactory.create(), person("Ana")
    claim = workflow.assign(claim, to=ana, by=person("Bo"), version=claim.version)
    assert claim.assignee == ana
    for tries in range(len(notices.RETRIES)):
        assert notices.send_next()
        notice = Notice.objects.get()
        assert (notice.tries, notice.due_at > claim.changed_at) == (tries + 1, True)
        assert not notices.send_next()
        Notice.objects.update(due_at=claim.changed_at)
    assert notices.send_next()
    assert not Notice.objects.exists()


def test_a_refused_act_queues_nothing() -> None:
    claim = approved(ClaimFactory.create(by=person("Ana")))
    Notice.objects.all().delete()
    with pytest.raises(Exception, match="You can do this only when"):
        workflow.approve(claim, by=person("Bo"), version=claim.version)
    assert not Notice.objects.exists()


@contextmanager
def sender(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """`send_notices` in a process of its own, until nothing is due; killed at the end."""
    own = {"DATABASE_URL": database_url(), "DEBUG": "on", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}
    command = [sys.executable, "manage.py", "send_notices", "--once"]
    with subprocess.Popen(command, env={**os.environ, **own}) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("committed")
def test_a_killed_sender_repeats_only_the_mail_whose_answer_it_never_got_and_under_the_same_message_id() -> None:
    people, by = [person(name) for name in ("Ana", "Bo", "Cy")], person("Di")
    notices.tell(ClaimFactory.create(), NoticeKind.MENTIONED, people=people, by=by)
    with taking_mail() as server:
        server.free = 1
        with sender(server.port) as killed:
            server.came.acquire()
            server.came.acquire()
            killed.kill()
        server.free = 1000
        with sender(server.port) as second:
            second.wait()
    assert [str(one["To"]).partition("@")[0] for one in server.mails] == ["ana", "bo", "bo", "cy"]
    ana, bo, twin, cy = [str(one["Message-ID"]) for one in server.mails]
    assert bo == twin
    assert len({ana, bo, cy}) == 3
    assert not Notice.objects.exists()
