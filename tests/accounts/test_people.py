"""Nobody is two people: who gets an account, who sets its password, and who lets it sign."""

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from claims.desk import workflow
from claims.desk.rules import NotAllowed
from factcheck.accounts import people
from factcheck.accounts.models import SecurityEvent, User
from tests.claims.desk.admin.browser import fields_of
from tests.desk import errors_of, filled_in, signed_in
from tests.factories import ClaimFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"
PASSWORD = "four small boats at dawn"
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}


def chief() -> tuple[User, Client]:
    """A chief editor, and their browser."""
    person, client = UserFactory.create(role="Chief editor"), Client()
    client.force_login(person)
    return person, client


def new(role: str = "Editor", **typed: Any) -> dict[str, Any]:
    """What the form for a new person sends."""
    return {"username": "ana", "groups": [Group.objects.get(name=role).pk], **typed}


def confirm(client: Client, person: User) -> Any:
    """Open the page that confirms a person, and send it."""
    page = f"{LIST}{person.pk}/confirm/"
    return client.post(page, fields_of(client.get(page)))


def link_in(response: Any) -> str:
    found = re.search(r'<code class="secret-link">(.+?)</code>', response.content.decode())
    assert found, response.content.decode()[:3000]
    return found[1]


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def use(link: str, **changed: str) -> Any:
    """Open the link in a browser of its own and set a password."""
    client = Client()
    page = client.get(path_of(link), follow=True)
    return client.post(page.request["PATH_INFO"], CHOSEN | changed)


def ana() -> User:
    return User.objects.get(username="ana")


def kinds() -> list[str]:
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


# Inviting


def test_a_person_is_invited_sets_their_password_and_signs_once_another_confirms_them() -> None:
    first, theirs = chief()
    link = link_in(theirs.post(f"{LIST}add/", new(first_name="Ana", last_name="Kovač", initials="ak")))
    person = ana()
    assert (person.signature, person.initials, person.invited_by) == ("Ana Kovač", "ak", first)
    assert (person.is_confirmed, person.has_usable_password(), person.is_staff) == (False, False, True)
    assert [group.name for group in person.groups.all()] == ["Editor"]

    assert use(link).url == "/admin/login/"
    assert Client().login(username="ana", password=PASSWORD)
    claim = ClaimFactory.create()
    with pytest.raises(NotAllowed, match="isn't confirmed"):
        workflow.submit(claim, by=ana(), version=1)

    _second, others = chief()
    confirm(others, person)
    assert ana().is_confirmed
    assert workflow.submit(claim, by=ana(), version=1).state == "in-review"
    assert [kind for kind in kinds() if kind in {"invitation", "password", "confirmation"}] == [
        *("invitation", "password", "confirmation")
    ]


def test_initials_are_made_from_the_name_when_none_are_typed() -> None:
    chief()[1].post(f"{LIST}add/", new(first_name="Ana", last_name="Kovač"))
    assert ana().initials == "ak"


def test_no_page_takes_a_password_for_somebody_else() -> None:
    _person, client = chief()
    other = UserFactory.create(role="Editor")
    for page in (f"{LIST}add/", f"{LIST}{other.pk}/change/"):
        assert 'type="password"' not in client.get(page).content.decode()
    before = other.password
    for page in (f"{LIST}{other.pk}/password/", f"{LIST}{other.pk}/change/"):
        client.post(page, {"password1": PASSWORD, "password2": PASSWORD, "password": "x", "usable_password": "true"})
    other.refresh_from_db()
    assert other.password == before


@pytest.mark.parametrize(
    "more",
    [
        {"is_superuser": "on"},
        {"is_staff": "", "user_permissions": ["1"]},
        {"confirmed_at_0": "2020-01-01", "confirmed_at_1": "00:00", "confirmed_at": "2020-01-01 00:00"},
        {"confirmed_by": "1", "invited_by": ""},
        {"password": "pbkdf2$x", "password1": PASSWORD, "password2": PASSWORD},
    ],
    ids="-".join,
)
def test_the_forms_set_nothing_that_they_do_not_show(more: dict[str, Any]) -> None:
    first, client = chief()
    client.post(f"{LIST}add/", new() | more)
    client.post(f"{LIST}{ana().pk}/change/", filled_in(client, f"{LIST}{ana().pk}/change/") | more)
    person = ana()
    assert (person.is_superuser, person.is_staff, person.is_confirmed) == (False, True, False)
    assert (person.invited_by, person.confirmed_by, person.has_usable_password()) == (first, None, False)
    assert kinds().count("unexpected-fields") == 2


@pytest.mark.parametrize("role", ["Reporter", "Editor", "Assessor"])
def test_other_roles_reach_no_page_about_people(role: str) -> None:
    client, person = signed_in(role), UserFactory.create(confirmed_at=None)
    for page in ("add/", f"{person.pk}/change/", f"{person.pk}/link/", f"{person.pk}/confirm/"):
        assert client.get(f"{LIST}{page}").status_code == client.post(f"{LIST}{page}", new()).status_code == 403
    assert not User.objects.filter(username="ana").exists()
    person.refresh_from_db()
    assert not person.is_confirmed


@pytest.mark.parametrize("page", ["link", "confirm"])
def test_nothing_happens_by_opening_a_page_or_without_its_token(page: str) -> None:
    first, client = chief()
    person = UserFactory.create(confirmed_at=None, role="Editor")
    before = User.objects.filter(pk=person.pk).values().get()
    assert client.get(f"{LIST}{person.pk}/{page}/").status_code == 200
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(first)
    assert strict.post(f"{LIST}{person.pk}/{page}/").status_code == 403
    assert User.objects.filter(pk=person.pk).values().get() == before


# Confirming


def test_who_invited_a_person_does_not_confirm_them() -> None:
    _first, client = chief()
    client.post(f"{LIST}add/", new())
    response = confirm(client, ana())
    assert response.status_code == 403
    assert "Ask another chief editor" in response.content.decode()
    assert not ana().is_confirmed


def test_nobody_is_confirmed_before_they_have_set_a_password() -> None:
    """Whoever made the link could use it then, and sign in their name."""
    _first, client = chief()
    link = link_in(client.post(f"{LIST}add/", new()))
    _second, others = chief()
    response = confirm(others, ana())
    assert response.status_code == 403
    assert "hasn't set a password yet" in unescape(response.content.decode())
    with pytest.raises(CommandError, match="hasn't set a password yet"):
        call_command("confirm_person", "ana")
    assert not ana().is_confirmed
    use(link)
    assert confirm(others, ana()).status_code == 302
    assert ana().is_confirmed


@pytest.mark.parametrize("field", ["first_name", "username", "password"])
def test_a_confirmation_is_of_the_account_that_was_seen(field: str) -> None:
    """A third chief editor may give the account another name or a new link after the page was opened."""
    person = UserFactory.create(role="Editor", first_name="Bo", confirmed_at=None)
    _first, client = chief()
    page = f"{LIST}{person.pk}/confirm/"
    seen = fields_of(client.get(page))
    User.objects.filter(pk=person.pk).update(**{field: "another"})

    for sent in (seen, {}):
        response = client.post(page, sent)
        assert response.status_code == 409
        assert "changed since you opened this page" in response.content.decode()
        person.refresh_from_db()
        assert not person.is_confirmed
    assert client.post(page, fields_of(response)).status_code == 302


def test_nobody_confirms_or_links_themselves() -> None:
    person, client = chief()
    for page in ("confirm", "link"):
        assert client.post(f"{LIST}{person.pk}/{page}/").status_code == 403
    before = person.password
    person.refresh_from_db()
    assert person.password == before


def test_a_second_account_of_a_chief_editor_can_do_nothing_for_a_third() -> None:
    """Otherwise one person invites a chief editor, who invites an editor, whom the first one confirms."""
    _first, client = chief()
    use(link_in(client.post(f"{LIST}add/", new("Chief editor"))))
    second = Client()
    assert second.login(username="ana", password=PASSWORD)
    third = UserFactory.create(role="Editor", confirmed_at=None)
    for page in ("add/", f"{third.pk}/change/", f"{third.pk}/link/", f"{third.pk}/confirm/"):
        assert second.post(f"{LIST}{page}", new(username="third")).status_code == 403
    third.refresh_from_db()
    assert (third.is_confirmed, User.objects.filter(username="third").exists()) == (False, False)


def test_an_unconfirmed_person_reads_what_they_can_do() -> None:
    client = signed_in("Editor", confirmed_at=None)
    html = client.get("/admin/").content.decode()
    assert "Your account isn&#x27;t confirmed yet" in html or "Your account isn't confirmed yet" in html
    assert "confirmed yet" not in signed_in("Editor").get("/admin/").content.decode()


def test_two_confirmations_at_once_are_one(committed: None) -> None:
    person = UserFactory.create(confirmed_at=None)
    chiefs = [UserFactory.create(role="Chief editor") for _ in range(2)]
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def confirm(by: User) -> None:
        own = User.objects.get(pk=person.pk)  # as each request reads it
        barrier.wait()
        try:
            people.confirm(own, by=by)
            outcomes.append("confirmed")
        except people.Refused as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    _together([partial(confirm, by) for by in chiefs])
    assert sorted(outcomes) == ["This person is already confirmed.", "confirmed"]
    assert SecurityEvent.objects.filter(kind="confirmation").count() == 1


def _together(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Links


def test_a_link_works_once() -> None:
    link = link_in(chief()[1].post(f"{LIST}add/", new()))
    early = Client()
    page = early.get(path_of(link), follow=True).request["PATH_INFO"]
    assert use(link).status_code == 302
    password = ana().password
    assert use(link).status_code == 410
    assert early.post(page, CHOSEN).status_code == 410
    assert ana().password == password


def test_a_link_expires(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    link = link_in(chief()[1].post(f"{LIST}add/", new()))
    later = datetime.now() + timedelta(days=settings.INVITATION_DAYS, minutes=1)  # noqa: DTZ005 — as Django counts
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _self: later)
    assert use(link).status_code == 410
    assert not ana().has_usable_password()


def test_a_link_ends_with_a_newer_one_and_with_the_account() -> None:
    _first, client = chief()
    older = link_in(client.post(f"{LIST}add/", new()))
    newer = link_in(client.post(f"{LIST}{ana().pk}/link/"))
    assert use(older).status_code == 410
    User.objects.filter(username="ana").update(is_active=False)
    assert use(newer).status_code == 410
    assert not ana().has_usable_password()


@pytest.mark.parametrize("uid", ["MQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "%00", "x" * 2000, "8J-YgA"])
def test_a_link_is_for_one_person(uid: str) -> None:
    UserFactory.create()
    token = link_in(chief()[1].post(f"{LIST}add/", new())).rstrip("/").rpartition("/")[2]
    other = UserFactory.create()
    own = people.link_for(other).rstrip("/").split("/")[-2]
    for someone in (uid, own):
        assert Client().get(f"/admin/set-password/{someone}/{token}/").status_code == 410


def test_a_password_by_link_meets_the_rules_and_a_weak_one_can_be_typed_again() -> None:
    link = link_in(chief()[1].post(f"{LIST}add/", new()))
    weak = use(link, new_password1="12345", new_password2="12345")
    assert weak.status_code == 200
    assert "too short" in weak.content.decode()
    assert use(link).status_code == 302


def test_a_link_names_the_site_and_not_the_host_of_the_request(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    person, client = chief()
    client.force_login(person)
    response = client.post(f"{LIST}add/", new(), headers={"host": "evil.example"})
    assert link_in(response).startswith(f"{settings.SITE_URL}/admin/set-password/")
    assert "evil.example" not in response.content.decode()


def test_a_link_is_on_one_page_only_and_in_no_event_or_cache() -> None:
    _first, client = chief()
    response = client.post(f"{LIST}add/", new())
    token = link_in(response).rstrip("/").rpartition("/")[2]
    assert "no-store" in response.headers["Cache-Control"]
    assert token not in client.get(f"{LIST}{ana().pk}/change/").content.decode()
    assert not [event for event in SecurityEvent.objects.all() if token in f"{event.about}{event.facts}"]


def test_a_new_link_ends_password_sessions_and_confirmation() -> None:
    editor = UserFactory.create(role="Editor", username="ana")
    theirs = Client()
    theirs.force_login(editor)
    assert theirs.get("/admin/").status_code == 200
    first, client = chief()
    link = link_in(client.post(f"{LIST}{editor.pk}/link/"))
    assert theirs.get("/admin/").status_code == 302
    assert (ana().is_confirmed, ana().has_usable_password(), ana().invited_by) == (False, False, first)
    assert use(link).status_code == 302
    assert confirm(client, editor).status_code == 403
    assert not ana().is_confirmed


# Mail


def test_without_a_mail_server_the_link_is_only_shown(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        chief()[1].post(f"{LIST}add/", new(email="ana@example.org"))
    assert mail.outbox == []


def test_with_a_mail_server_the_link_is_mailed_too(
    settings: LazySettings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    with django_capture_on_commit_callbacks(execute=True):
        response = chief()[1].post(f"{LIST}add/", new(email="ana@example.org"))
    [sent] = mail.outbox
    assert sent.to == ["ana@example.org"]
    assert link_in(response) in sent.body


def test_the_page_says_whether_the_link_was_mailed(committed: None, settings: LazySettings) -> None:
    _first, client = chief()
    assert "We didn't email it." in client.post(f"{LIST}add/", new(email="ana@example.org")).content.decode()
    settings.EMAIL_HOST = "mail.example.org"
    page = client.post(f"{LIST}{ana().pk}/link/").content.decode()
    assert "We also emailed it to ana@example.org." in page
    other = client.post(f"{LIST}add/", new(username="bo", email="bo@example.org")).content.decode()
    assert "We also emailed it to bo@example.org." in other


def test_two_uses_of_a_link_at_once_are_one(committed: None) -> None:
    link = link_in(chief()[1].post(f"{LIST}add/", new()))
    clients = [Client(), Client()]
    pages = [client.get(path_of(link), follow=True).request["PATH_INFO"] for client in clients]
    found: list[int] = []
    barrier = threading.Barrier(2)

    def send(client: Client, page: str) -> None:
        barrier.wait()
        found.append(client.post(page, CHOSEN).status_code)
        connection.close()

    _together([partial(send, *pair) for pair in zip(clients, pages, strict=True)])
    assert sorted(found) == [302, 410]
    assert kinds().count("password") == 1


def test_a_mail_server_that_does_not_answer_loses_nothing(
    settings: LazySettings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = 9, 1
    with django_capture_on_commit_callbacks(execute=True):
        response = chief()[1].post(f"{LIST}add/", new(email="ana@example.org"))
    assert use(link_in(response)).status_code == 302


# Changes


@pytest.mark.parametrize("field", ["first_name", "last_name", "username"])
def test_another_name_needs_another_confirmation(field: str) -> None:
    editor = UserFactory.create(role="Editor")
    first, client = chief()
    page = f"{LIST}{editor.pk}/change/"
    client.post(page, filled_in(client, page) | {field: "another"})
    editor.refresh_from_db()
    assert getattr(editor, field) == "another"
    assert (editor.is_confirmed, editor.invited_by) == (False, first)
    assert confirm(client, editor).status_code == 403
    assert kinds().count("names") == 1


def test_who_invited_a_person_does_not_confirm_them_after_another_changed_their_name() -> None:
    """They may have used the link themself; the other chief editor corrects a name and knows nothing of it."""
    first, client = chief()
    link = link_in(client.post(f"{LIST}add/", new(first_name="Ana")))
    use(link)
    _second, others = chief()
    page = f"{LIST}{ana().pk}/change/"
    response = others.post(page, filled_in(others, page) | {"first_name": "Anna"})
    assert response.status_code == 409
    assert f"only {first.signature} can change their names" in errors_of(response)
    assert confirm(client, ana()).status_code == 403
    assert (ana().first_name, ana().invited_by, ana().is_confirmed) == ("Ana", first, False)

    assert client.post(page, filled_in(client, page) | {"first_name": "Anna"}).status_code == 302
    assert (ana().first_name, ana().invited_by) == ("Anna", first)
    others.post(f"{LIST}{ana().pk}/link/")
    assert others.post(page, filled_in(others, page) | {"first_name": "Anne"}).status_code == 302


def test_a_role_a_deactivation_and_an_activation_are_written_down() -> None:
    editor = UserFactory.create(role="Editor")
    _first, client = chief()
    page = f"{LIST}{editor.pk}/change/"
    client.post(page, filled_in(client, page) | {"groups": [Group.objects.get(name="Reporter").pk]})
    event = SecurityEvent.objects.get(kind="role")
    assert (event.about, event.facts) == (editor.username, {"before": ["Editor"], "after": ["Reporter"]})
    kept = filled_in(client, page)
    del kept["is_active"]
    client.post(page, kept)
    client.post(page, filled_in(client, page) | {"is_active": "on"})
    assert [kind for kind in kinds() if "activation" in kind] == ["deactivation", "activation"]
    editor.refresh_from_db()
    assert editor.is_confirmed


def test_initials_stay_as_they_are() -> None:
    editor, (_first, client) = UserFactory.create(role="Editor", initials="ab"), chief()
    page = f"{LIST}{editor.pk}/change/"
    client.post(page, filled_in(client, page) | {"initials": "xy", "email": "a@example.org"})
    editor.refresh_from_db()
    assert (editor.initials, editor.email, editor.is_confirmed) == ("ab", "a@example.org", True)
    assert SecurityEvent.objects.get(kind="names").facts == {"email": "changed"}


def test_a_name_that_looks_like_anothers_is_refused_with_what_was_typed_kept() -> None:
    UserFactory.create(first_name="Ana", last_name="Kovač")
    response = chief()[1].post(f"{LIST}add/", new(first_name="Аna", last_name="Kovac", email="a@example.org"))
    html = response.content.decode()
    assert "Somebody else uses this name" in html
    assert "a@example.org" in html
    assert not User.objects.filter(username="ana").exists()


def test_ones_own_password_needs_the_old_one_and_ends_other_sessions() -> None:
    editor = UserFactory.create(role="Editor", username="ana")
    editor.set_password("seven tall chimneys smoke")
    editor.save()
    here, there = Client(), Client()
    here.login(username="ana", password="seven tall chimneys smoke")
    there.login(username="ana", password="seven tall chimneys smoke")
    assert here.post("/admin/password_change/", CHOSEN | {"old_password": "wrong"}).status_code == 200
    assert there.get("/admin/").status_code == 200
    events = kinds().count("password")
    sent = CHOSEN | {"old_password": "seven tall chimneys smoke"}
    assert here.post("/admin/password_change/", sent).headers["Location"] == "/admin/password_change/done/"
    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 302
    assert kinds().count("password") == events + 1


# The command line


def test_the_first_chief_editor_comes_from_the_command_line() -> None:
    out = StringIO()
    call_command("invite_person", "ana", role="Chief editor", first_name="Ana", last_name="Kovač", stdout=out)
    assert (ana().is_confirmed, ana().initials, ana().is_superuser) == (True, "ak", False)
    assert use(out.getvalue().strip()).status_code == 302
    client = Client()
    client.login(username="ana", password=PASSWORD)
    assert client.get(f"{LIST}add/").status_code == 200


@pytest.mark.parametrize("typed", [{"username": "a b"}, {"email": "x"}, {"initials": "A-B"}, {"first_name": "Bo"}])
def test_the_command_line_refuses_what_the_form_refuses(typed: dict[str, str]) -> None:
    UserFactory.create(first_name="Bo")
    with pytest.raises(CommandError):
        call_command("invite_person", typed.pop("username", "ana"), role="Editor", **typed)


def test_the_command_line_confirms() -> None:
    UserFactory.create(username="ana", confirmed_at=None)
    call_command("confirm_person", "ana", verbosity=0)
    assert ana().is_confirmed
    with pytest.raises(CommandError, match="already confirmed"):
        call_command("confirm_person", "ana")
    with pytest.raises(CommandError, match="Nobody has"):
        call_command("confirm_person", "bo")


def test_the_sign_in_page_says_whom_to_ask_without_a_password(client: Client) -> None:
    assert "Ask a chief editor for a link" in client.get("/admin/login/").content.decode()
