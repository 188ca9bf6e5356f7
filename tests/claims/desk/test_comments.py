"""Comments on claims, due dates and kept lists: what waits for whom, and that only the desk sees it."""

import datetime
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from claims.choices import Priority
from claims.desk import comments, workflow
from claims.desk.rules import NotAllowed, Refused
from claims.models import Claim, Comment, Notice, SavedFilter
from factcheck.accounts.models import User
from tests.desk import signed_in
from tests.factories import ClaimFactory, UserFactory, published

pytestmark = pytest.mark.django_db

LIST = "/admin/claims/claim/"


def editor(**columns: str) -> User:
    return UserFactory.create(role="Editor", **columns)


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(claim: Claim) -> str:
    return reverse("admin:claims_claim_comments", args=[claim.pk])


def test_a_comment_waits_for_the_person_it_mentions_until_it_is_resolved(settings: LazySettings) -> None:
    settings.EMAIL_HOST = "mail.example"
    bo = editor(username="editor-b", email="bo@news.example")
    claim, other = ClaimFactory.create(), ClaimFactory.create()
    desk = at_desk(editor())
    assert desk.post(page_of(claim), {"text": "@editor-b: page 3?"}).status_code == 302
    [comment] = Comment.objects.all()
    mine = at_desk(bo).get(f"{LIST}?view=mentioned").context["cl"].result_list
    assert (list(mine), other in mine) == ([claim], False)
    assert Notice.objects.get().to == bo
    assert "@editor-b: page 3?" in desk.get(f"{LIST}{claim.pk}/change/").content.decode()
    assert desk.post(page_of(claim), {"resolve": str(comment.pk)}).status_code == 302
    assert not at_desk(bo).get(f"{LIST}?view=mentioned").context["cl"].result_list
    claim.refresh_from_db()
    assert claim.version == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ana, @bo.c. and @ANA again", ["ana", "bo.c"]),
        ("write to x@ana.example", []),
        ("(@ana)", ["ana"]),
        ("no one", []),
    ],
)
def test_mentions_are_user_names_after_an_at_sign(text: str, names: list[str]) -> None:
    for name in ("ana", "bo.c"):
        editor(username=name)
    assert sorted(person.username for person in comments.mentioned_in(text)) == names


@pytest.mark.parametrize("text", ["", "  ", "@nobody: look", "x" * (comments.LONGEST + 1), "@gone"])
def test_a_refused_comment_comes_back_as_it_was_typed(text: str) -> None:
    editor(username="gone", is_active=False)  # type: ignore[arg-type]
    claim = ClaimFactory.create()
    response = at_desk(editor()).post(page_of(claim), {"text": text})
    assert response.status_code == 400
    assert f">{text}</textarea>" in response.content.decode()
    assert not Comment.objects.exists()


def test_people_who_only_read_cannot_comment_or_resolve() -> None:
    claim = ClaimFactory.create()
    comment = comments.add(claim, "Page 3?", by=editor())
    assessor = UserFactory.create(role="Assessor")
    with pytest.raises(NotAllowed):
        comments.add(claim, "Page 4?", by=assessor)
    desk = at_desk(assessor)
    assert "<textarea" not in desk.get(page_of(claim)).content.decode()
    assert desk.post(page_of(claim), {"resolve": str(comment.pk)}).status_code == 403
    comment.refresh_from_db()
    assert comment.resolved_at is None


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "\0"])
def test_a_comment_of_another_claim_cannot_be_resolved_here(key: str) -> None:
    claim = ClaimFactory.create()
    comment = comments.add(ClaimFactory.create(), "Page 3?", by=editor())
    assert at_desk(editor()).post(page_of(claim), {"resolve": key}).status_code == 404
    assert at_desk(editor()).post(page_of(claim), {"resolve": str(comment.pk)}).status_code == 404


def test_a_comment_stays_at_its_desk_and_a_due_date_with_its_claim_but_never_with_readers() -> None:
    claim = published()
    comments.add(claim, "Quxmarker is the source.", by=editor())
    workflow.plan(claim, due_on=timezone.localdate(), priority=Priority.HIGH, by=editor(), version=claim.version)
    whole, public = StringIO(), StringIO()
    call_command("export_fixture", stdout=whole)
    call_command("export_fixture", published=True, stdout=public)
    assert "Quxmarker" not in whole.getvalue() + public.getvalue()
    assert f'"due_on": "{timezone.localdate()}"' in whole.getvalue()
    for name in ("due_on", "priority", "is_offered"):
        assert f'"{name}"' in whole.getvalue()
        assert f'"{name}"' not in public.getvalue()


def test_a_claim_is_overdue_until_it_is_finished_and_planning_does_not_change_its_text() -> None:
    today = timezone.localdate()
    late, finished, soon = ClaimFactory.create(), published(), published()
    for claim in (late, finished):
        Claim.objects.filter(pk=claim.pk).update(due_on=today - datetime.timedelta(1))
    soon = workflow.plan(soon, due_on=today, priority=Priority.HIGH, by=editor(), version=soon.version)
    assert list(Claim.objects.overdue(today)) == [late]
    assert (soon.state, soon.revisions.count()) == ("published", 1)
    with pytest.raises(Refused, match="This due date is over"):
        workflow.plan(
            soon, due_on=today - datetime.timedelta(1), priority=Priority.LOW, by=editor(), version=soon.version
        )


def test_my_work_begins_with_what_was_sent_back_and_what_is_urgent() -> None:
    by = editor()
    usual, urgent, back = (ClaimFactory.create(by=by) for _n in range(3))
    workflow.plan(urgent, due_on=None, priority=Priority.HIGH, by=by, version=1)
    workflow.submit(back, by=by, version=1)
    workflow.send_back(back, reason="Name the payer.", by=editor(), version=2)
    response = at_desk(by).get(f"{LIST}?view=mine")
    assert list(response.context["cl"].result_list) == [back, urgent, usual]


def test_a_kept_list_has_only_known_filters_and_only_its_owner_sees_it() -> None:
    by = editor()
    desk, page = at_desk(by), reverse("admin:claims_claim_filters")
    sent = {"name": " My\nstatistics ", "query": "kind=statistic&evil=1&q=bridge&assignee__password=x&p=3"}
    response = desk.post(page, sent)
    assert response.headers["Location"] == f"{LIST}?kind=statistic&q=bridge"
    [kept] = SavedFilter.objects.all()
    assert (kept.owner, kept.name, kept.query) == (by, "My statistics", "kind=statistic&q=bridge")
    assert "My statistics" in desk.get(LIST).content.decode()
    other = signed_in("Editor")
    assert "My statistics" not in other.get(LIST).content.decode()
    other.post(page, {"remove": str(kept.pk)})
    assert SavedFilter.objects.exists()
    desk.post(page, {"remove": str(kept.pk)})
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("name", "query"), [("", "kind=law"), ("x" * 61, "kind=law"), ("All", ""), ("All", "evil=1"), ("\0", "q=x")]
)
def test_a_list_that_cannot_be_kept_comes_back_with_the_reason(name: str, query: str) -> None:
    response = signed_in("Reporter").post(reverse("admin:claims_claim_filters"), {"name": name, "query": query})
    assert response.status_code == 400
    assert not SavedFilter.objects.exists()
