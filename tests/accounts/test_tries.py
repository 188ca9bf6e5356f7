"""Guessing is bounded at every door that takes a password, and says the same for names that nobody has."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.html import strip_tags

from factcheck.accounts import tries
from factcheck.accounts.models import SecurityEvent, User
from factcheck.core.web import limits
from factcheck.core.web.limits import Limit
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD, WRONG = "four small boats at dawn", "wrong"


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, tries.NETWORK, Limit(requests=6, seconds=900))
    monkeypatch.setitem(limits.LIMITS, tries.NAME_HERE, Limit(requests=3, seconds=900))
    monkeypatch.setitem(limits.LIMITS, tries.NAME, Limit(requests=5, seconds=300))


@pytest.fixture
def ana() -> User:
    person: User = UserFactory.create(username="ana", role="Editor")
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(username: str = "ana", password: str = WRONG, network: str = "203.0.113.1") -> Any:
    return Client(REMOTE_ADDR=network).post("/admin/login/", {"username": username, "password": password})


def statuses(*networks: str, username: str = "ana") -> list[int]:
    return [sign_in(username, network=network).status_code for network in networks]


def said(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode().split('id="login-form"')[0]).split())


def test_a_name_from_one_network_has_few_tries_and_then_not_even_the_right_password_is_looked_at(ana: User) -> None:
    assert statuses(*["203.0.113.1"] * 3) == [200] * 3
    refused = sign_in(password=PASSWORD)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    assert "Too many sign-in attempts. Wait 15 minutes, then try again." in said(refused)
    assert 'value="ana"' in refused.content.decode()


def test_a_stranger_does_not_lock_a_person_out(ana: User) -> None:
    assert statuses(*["198.51.100.7"] * 20)[-1] == 429
    assert sign_in(password=PASSWORD).status_code == 302


def test_many_networks_together_have_few_tries_of_a_name_too(ana: User) -> None:
    assert statuses(*(f"198.51.100.{n}" for n in range(6))) == [*[200] * 5, 429]
    assert int(sign_in(network="198.51.100.9").headers["Retry-After"]) <= 300


def test_a_network_has_few_tries_of_all_names() -> None:
    assert [sign_in(f"name{n}").status_code for n in range(7)] == [*[200] * 6, 429]


def test_a_name_that_nobody_has_is_answered_alike(ana: User) -> None:
    answers = [
        [sign_in(name, network=network) for _ in range(4)]
        for name, network in [("ana", "203.0.113.1"), ("bob", "203.0.113.2")]
    ]
    for known, unknown in zip(*answers, strict=True):
        assert (known.status_code, said(known)) == (unknown.status_code, said(unknown))
    UserFactory.create(username="off", is_active=False)
    UserFactory.create(username="reader", is_staff=False)
    assert {said(sign_in(name, network="203.0.113.3")) for name in ("off", "reader", "nobody")} == {said(answers[0][0])}


@pytest.mark.parametrize("typed", ["ANA", "Ána", "ａｎａ", " ana ", "aNa\u0301"])
def test_another_spelling_of_a_name_gives_no_new_tries(typed: str, ana: User) -> None:
    statuses(*["203.0.113.1"] * 3)
    assert sign_in(typed).status_code == 429


def test_the_right_password_begins_a_new_count(ana: User) -> None:
    for _ in range(2):
        statuses(*["203.0.113.1"] * 1)
        assert sign_in(password=PASSWORD).status_code == 302
    assert sign_in().status_code == 200


def test_a_window_is_one_event(ana: User) -> None:
    statuses(*["203.0.113.1"] * 6)
    event = SecurityEvent.objects.get(kind="sign-in-limited")
    assert (event.network, event.facts) == ("203.0.113.1", {"limit": "passwords-name-here", "door": "/admin/login/"})


def test_tries_of_ones_own_password_count_alike(ana: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.1")
    client.force_login(ana)
    sent = {"old_password": "wrong", "new_password1": PASSWORD, "new_password2": PASSWORD}
    found = [client.post("/admin/password_change/", sent).status_code for _ in range(4)]
    assert found == [200, 200, 200, 429]
    assert sign_in(password=PASSWORD).status_code == 429


@pytest.mark.parametrize("typed", ["null\0byte", "x" * 100_000, "\x1b[2J", "a\nb", "\ud83d", "' OR 1=1"])
def test_no_name_breaks_the_sign_in(typed: str) -> None:
    sent = {"username": typed.encode("utf-8", "replace").decode(), "password": "x"}
    assert Client().post("/admin/login/", sent).status_code == 200


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_sign_in_leads_to_the_desk_only(address: str, ana: User) -> None:
    sent = {"username": "ana", "password": PASSWORD, "next": address}
    assert Client().post(f"/admin/login/?next={address}", sent).headers["Location"] == "/admin/"


def test_the_counts_hold_no_name() -> None:
    sign_in("ana")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_request_count")
        assert cursor.fetchone() == (3,)
