"""An old sign-in is asked for the password again before it changes people, links or webhook secrets."""

import re
import time
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from claims.models import Subscriber
from factcheck.accounts import tries
from factcheck.accounts.models import SecurityEvent, User
from factcheck.core.web import limits
from factcheck.core.web.limits import Limit
from tests.desk import filled_in
from tests.factories import SubscriberFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "four small boats at dawn"
LIST = "/admin/accounts/user/"


@pytest.fixture
def stale() -> Client:
    """A chief editor who signed in an hour ago."""
    person = UserFactory.create(role="Chief editor", username="chief")
    person.set_password(PASSWORD)
    person.save()
    client = Client()
    client.login(username="chief", password=PASSWORD)
    session = client.session
    session["password_typed_at"] = int(time.time()) - 3600
    session.save()
    return client


def carried(response: Any) -> dict[str, Any]:
    """What the page that asks sends on, as a browser would send it."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode()):
        found.setdefault(unescape(name), []).append(unescape(value))
    found.pop("csrfmiddlewaretoken", None)
    return found


def is_asked(response: Any) -> bool:
    return 'name="fresh-password"' in response.content.decode()


def test_what_was_typed_is_carried_through_the_page_that_asks(stale: Client) -> None:
    groups = list(Group.objects.filter(name__in=["Editor", "Reporter"]).values_list("pk", flat=True))
    typed = {"username": "ana", "first_name": 'A"na <b>', "groups": groups}
    asked = stale.post(f"{LIST}add/", typed)
    assert is_asked(asked)
    assert not User.objects.filter(username="ana").exists()

    wrong = stale.post(f"{LIST}add/", carried(asked) | {"fresh-password": "wrong"})
    assert "This isn&#x27;t your password" in wrong.content.decode()
    assert carried(wrong) == carried(asked)

    done = stale.post(f"{LIST}add/", carried(wrong) | {"fresh-password": PASSWORD})
    assert "secret-link" in done.content.decode()
    ana = User.objects.get(username="ana")
    assert (ana.first_name, ana.groups.count()) == ('A"na <b>', 2)
    assert not SecurityEvent.objects.filter(kind="unexpected-fields").exists()
    assert not is_asked(stale.post(f"{LIST}add/", typed | {"username": "bo", "first_name": "Bo"}))


@pytest.mark.parametrize("page", ["change", "link", "confirm"])
def test_every_change_of_a_person_asks(page: str, stale: Client) -> None:
    person = UserFactory.create(role="Editor", confirmed_at=None)
    address = f"{LIST}{person.pk}/{page}/"
    assert not is_asked(stale.get(address))
    before = User.objects.filter(pk=person.pk).values().get()
    assert is_asked(stale.post(address, {"username": "other"}))
    assert User.objects.filter(pk=person.pk).values().get() == before


def test_a_webhook_secret_is_neither_shown_nor_renewed_without_asking(stale: Client) -> None:
    subscriber = SubscriberFactory.create()
    page = f"/admin/claims/subscriber/{subscriber.pk}/change/"
    asked = stale.get(page)
    assert is_asked(asked)
    assert subscriber.secret not in asked.content.decode()
    assert is_asked(
        stale.post("/admin/claims/subscriber/", {"action": "renew_secret", "_selected_action": [subscriber.pk]})
    )
    assert Subscriber.objects.get().secret == subscriber.secret
    opened = stale.post(page, carried(asked) | {"fresh-password": PASSWORD})
    assert opened.headers["Location"] == page
    assert subscriber.secret in stale.get(page).content.decode()


def test_a_fresh_sign_in_is_not_asked_and_the_list_of_people_never(stale: Client) -> None:
    assert stale.get(LIST).status_code == 200
    fresh = Client()
    fresh.login(username="chief", password=PASSWORD)
    person = UserFactory.create(role="Editor")
    page = f"{LIST}{person.pk}/change/"
    assert fresh.post(page, filled_in(fresh, page) | {"email": "a@example.org"}).status_code == 302


def test_anothers_password_is_not_taken(stale: Client) -> None:
    other = UserFactory.create(username="other")
    other.set_password("seven tall chimneys smoke")
    other.save()
    sent = {"username": "other", "fresh-password": "seven tall chimneys smoke"}
    assert is_asked(stale.post(f"{LIST}add/", sent))


def test_the_page_that_asks_bounds_guessing(stale: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, tries.NAME_HERE, Limit(requests=2, seconds=900))
    answers = [stale.post(f"{LIST}add/", {"username": "ana", "fresh-password": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert carried(answers[-1])["username"] == ["ana"]
    assert SecurityEvent.objects.filter(kind="sign-in-failed", about="chief").count() == 2


def test_it_carries_nothing_without_the_token_of_the_form(stale: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = stale.cookies
    assert strict.post(f"{LIST}add/", {"username": "ana", "fresh-password": PASSWORD}).status_code == 403
    assert not User.objects.filter(username="ana").exists()


def test_a_role_without_the_right_is_refused_with_the_password_too() -> None:
    reporter = UserFactory.create(role="Reporter", username="rep")
    reporter.set_password(PASSWORD)
    reporter.save()
    client = Client()
    client.login(username="rep", password=PASSWORD)
    assert client.post(f"{LIST}add/", {"username": "ana", "fresh-password": PASSWORD}).status_code == 403
