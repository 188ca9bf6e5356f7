"""The desk's first page."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.desk import comments, names, workflow
from claims.models import Claim, Claimant
from tests.desk import ROLES, signed_in
from tests.factories import ClaimFactory, UserFactory, approved, published

pytestmark = pytest.mark.django_db


def waiting(client: Client) -> list[str]:
    """The numbers on the first page with their labels."""
    html = client.get("/admin/").content.decode()
    return [" ".join(pair) for pair in re.findall(r"<strong>(\d+)</strong> <span>(.+?)</span>", html)]


def test_it_opens_on_what_waits() -> None:
    editor = UserFactory.create(role="Editor")
    client = Client()
    client.force_login(editor)
    claim = ClaimFactory.create()
    workflow.assign(claim, to=editor, by=editor, version=1)
    own = ClaimFactory.create(by=editor)
    workflow.submit(own, by=editor, version=1)
    workflow.send_back(own, reason="Name the payer.", by=UserFactory.create(role="Editor"), version=2)
    assert (
        "Name the payer."
        in client.get(f"/admin/claims/claim/{own.pk}/change/").content.decode().partition("panel-state")[2]
    )
    for _ in range(2):
        workflow.submit(ClaimFactory.create(), by=editor, version=1)
    workflow.submit(ClaimFactory.create(), by=UserFactory.create(role="Editor"), version=1)
    approved(ClaimFactory.create())
    comments.add(own, f"@{editor.username}: page 3?", by=UserFactory.create(role="Editor"))
    Claim.objects.filter(pk=claim.pk).update(due_on="2026-01-02")
    changed = published()
    workflow.edit(changed, by=editor, version=changed.version)
    claimant = Claimant.objects.get(claims=changed)
    claimant.name = "Another name"
    names.save(claimant, claimant.save, by=editor, reason="It has another name now.")

    assert waiting(client) == [
        "1 sent back to me",
        "2 mine to submit",
        "1 where I&#x27;m mentioned",
        "1 waiting for my approval",
        "1 overdue",
        "3 waiting for review",
        "1 approved, not published yet",
        "1 published, with draft changes",
        "1 changes of names to decide",
    ]
    addresses = re.findall(r'<a href="([^"]+)"><strong>', client.get("/admin/").content.decode())
    rows = [client.get(address).context["cl"].result_count for address in addresses]
    assert [str(count) for count in rows] == [line.partition(" ")[0] for line in waiting(client)]


def test_each_number_leads_to_its_list() -> None:
    client = signed_in("Editor")
    addresses = re.findall(r'<a href="([^"]+)"><strong>', client.get("/admin/").content.decode())
    assert [address.removeprefix("/admin/claims/") for address in addresses] == [
        *("claim/?view=sent-back", "claim/?view=to-submit", "claim/?view=mentioned", "claim/?view=to-approve"),
        *("claim/?view=overdue", "claim/?view=review", "claim/?view=approved", "claim/?view=changed"),
        "namechange/?state__exact=proposed",
    ]
    assert {client.get(address).status_code for address in addresses} == {200}


def test_people_without_a_role_see_no_numbers_and_whom_to_ask() -> None:
    client = Client()
    client.force_login(UserFactory.create())
    ClaimFactory.create()
    UserFactory.create(role="Chief editor", first_name="Ana", last_name="Kovač")
    response = client.get("/admin/")
    assert response.status_code == 200
    assert waiting(client) == []
    assert "Ask one of these people to give you one: Ana Kovač." in response.content.decode()
    assert "Ask one of these people" not in signed_in("Reporter").get("/admin/").content.decode()


@pytest.mark.parametrize("wish", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_signing_in_leads_to_it_with_any_other_target_in_the_address(wish: str) -> None:
    person = UserFactory.create()
    person.set_password("four small boats at dawn")
    person.save()
    sent = {"username": person.username, "password": "four small boats at dawn", "next": wish}
    assert Client().post("/admin/login/", sent, follow=True).redirect_chain == [("/admin/", 302)]


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_has_the_tables_used_every_day(role: str) -> None:
    html = signed_in(role).get("/admin/sources/source/").content.decode()
    menu = html[html.index('id="desk-nav"') : html.index("</nav>")]
    assert re.findall(r">(\w+)</a>", menu) == ["Claims", "Sources", "Claimants", "Topics"]


def test_it_needs_the_same_number_of_queries_however_much_waits() -> None:
    client = signed_in("Editor")

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/")
        return len(queries)

    few = count_queries()
    for _ in range(5):
        published()
    assert count_queries() == few
