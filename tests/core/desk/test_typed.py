"""What is posted to the desk outlives a sign-in that ended and a page that was too old."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from factcheck.accounts.models import User
from factcheck.core.desk import typed
from tests.claims.desk.admin.browser import fields_of
from tests.desk import filled_in
from tests.factories import ClaimFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "four small boats at dawn"
TEXT = "A text that took all morning <b>"


@pytest.fixture
def editor() -> User:
    person = UserFactory.create(role="Editor")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def claim(editor: User) -> Claim:
    return ClaimFactory.create(by=editor)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def change_page(claim: Claim) -> str:
    return reverse("admin:claims_claim_change", args=[claim.pk])


def posted_after_the_end(client: Client, claim: Claim, text: str = TEXT) -> Any:
    """The answer to the claim's form, sent after the session ended."""
    sent = {**filled_in(client, change_page(claim)), "version": claim.version, "explanation": text}
    del client.cookies["sessionid"]
    return client.post(change_page(claim), sent)


def signed_in_again(client: Client, asked: Any, person: User) -> Any:
    sent = {**fields_of(asked, "login-form"), "username": person.username, "password": PASSWORD}
    sent[typed.CARRIED] = carried_in(asked)
    return client.post("/admin/login/", sent)


def carried_in(response: Any) -> str:
    found = re.search(r'name="carried" value="([^"]*)"', response.content.decode())
    return unescape(found[1]) if found else ""


def test_a_text_sent_after_the_sign_in_ended_comes_back_after_signing_in(editor: User, claim: Claim) -> None:
    client = signed_in(editor)
    asked = posted_after_the_end(client, claim)
    assert asked.status_code == 403
    assert "you get your text back" in asked.content.decode()
    page = signed_in_again(client, asked, editor)
    assert page.status_code == 200
    kept = fields_of(page)
    assert kept["explanation"] == [TEXT]
    claim.refresh_from_db()
    assert claim.explanation != TEXT

    form = client.post(change_page(claim), {**kept, typed.LOOK: "1"})
    assert form.status_code == 200
    assert fields_of(form, "claim_form")["explanation"] == [TEXT]
    claim.refresh_from_db()
    assert claim.explanation != TEXT

    assert client.post(change_page(claim), fields_of(form, "claim_form")).status_code == 302
    claim.refresh_from_db()
    assert claim.explanation == TEXT


def test_what_was_typed_is_named_as_the_form_names_it(editor: User, claim: Claim) -> None:
    client = signed_in(editor)
    sent = {"statement": TEXT, "evidence-1-note": "In a row.", "claimant": "7", "not_a_field": "1", "a-b-c": "2"}
    sent |= {"evidence-1-place": "2", "evidence-__prefix__-note": "A row that nobody added."}
    del client.cookies["sessionid"]
    page = signed_in_again(client, client.post(change_page(claim), sent), editor).content.decode()
    assert re.findall(r"<dt>(.*?)</dt>", page) == ["Claim", "Evidence 2: Note", "not_a_field", "a-b-c"]


def test_a_wrong_password_keeps_the_text(editor: User, claim: Claim) -> None:
    client = signed_in(editor)
    asked = posted_after_the_end(client, claim)
    wrong = client.post(
        "/admin/login/", {"username": editor.username, "password": "x", typed.CARRIED: carried_in(asked)}
    )
    assert carried_in(wrong) == carried_in(asked)


def test_another_person_does_not_get_the_text(editor: User, claim: Claim) -> None:
    other = UserFactory.create(role="Reporter")
    other.set_password(PASSWORD)
    other.save()
    client = signed_in(editor)
    page = signed_in_again(client, posted_after_the_end(client, claim), other).content.decode()
    assert "Somebody else typed" in page
    assert "all morning" not in page


def test_the_reason_of_an_act_comes_back_too(editor: User, claim: Claim) -> None:
    act = reverse("admin:claims_claim_act", args=[claim.pk, "decline"])
    client = signed_in(editor)
    client.get(act)
    del client.cookies["sessionid"]
    asked = client.post(act, {"version": claim.version, "reason": TEXT})
    page = signed_in_again(client, asked, editor)
    assert client.post(act, fields_of(page)).status_code == 302
    assert claim.events.filter(note=TEXT).count() == 1


def test_passwords_are_not_carried(editor: User) -> None:
    client = signed_in(editor)
    client.get("/admin/")
    del client.cookies["sessionid"]
    asked = client.post("/admin/claims/topic/add/", {"name": "Rain", "new_password1": "secret-word"})
    page = signed_in_again(client, asked, editor).content.decode()
    assert "Rain" in page
    assert "secret-word" not in page


def test_a_text_that_is_too_long_is_said_to_be_lost(editor: User, claim: Claim) -> None:
    asked = posted_after_the_end(signed_in(editor), claim, "a" * (typed.LONGEST + 1))
    assert not carried_in(asked)
    assert "too long to keep" in asked.content.decode()


@pytest.mark.parametrize("path", ["https://example.org/admin/", "//example.org/", "/claims/"])
def test_only_pages_of_the_desk_get_the_text(editor: User, path: str) -> None:
    kept = signing.dumps({"path": path, "fields": [["a", "b"]], "person": ""}, salt=typed._SALT)
    sent = {"username": editor.username, "password": PASSWORD, typed.CARRIED: kept, "next": path}
    answer = Client().post("/admin/login/", sent)
    assert answer.status_code == 302
    assert not answer.headers["Location"].startswith(("http", "//"))


def test_a_text_that_nobody_signed_is_ignored(editor: User) -> None:
    sent = {"username": editor.username, "password": PASSWORD, typed.CARRIED: "forged", "next": "/admin/"}
    assert Client().post("/admin/login/", sent).status_code == 302


def test_a_page_from_before_the_last_sign_in_keeps_the_text(editor: User, claim: Claim) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    sent = {"explanation": TEXT, "csrfmiddlewaretoken": "old"}
    page = client.post(change_page(claim), sent, headers={"Origin": "http://testserver"})
    assert page.status_code == 403
    assert "Factcheck desk" in page.content.decode()
    assert fields_of(page)["explanation"] == [TEXT]


def test_text_from_another_site_is_not_shown_as_ours(editor: User, claim: Claim) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    page = client.post(change_page(claim), {"explanation": TEXT}, headers={"Origin": "https://example.org"})
    assert page.status_code == 403
    assert "all morning" not in page.content.decode()


def test_a_saved_form_names_its_path_so_that_its_draft_goes(editor: User, claim: Claim) -> None:
    client = signed_in(editor)
    sent = {**filled_in(client, change_page(claim)), "version": claim.version, "explanation": "Short."}
    assert client.post(change_page(claim), {**sent, "statement": ""}).cookies.get(typed.SAVED) is None
    assert change_page(claim) in client.post(change_page(claim), sent).cookies[typed.SAVED].value
