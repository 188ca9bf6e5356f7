"""The desk's forms for the newsroom's own pages."""

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import PageProposal, PageVersion
from factcheck.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ADD = reverse("admin:claims_pageproposal_add")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def chief() -> User:
    return UserFactory(role="Chief editor")


def funding(**sent: object) -> dict[str, object]:
    return {"page": "funding", "base": 0, "text": "Our money.", "reason": "Said for the first time."} | sent


def test_one_chief_editor_proposes_and_another_publishes(chief: User, client: Client) -> None:
    desk = signed_in(chief)
    answer = desk.post(ADD, funding(owner="A society.", funders="Trust; of; Trees; 2024; 12,5 %\nReaders\t2024\t80"))
    page = reverse("admin:claims_pageproposal_change", args=[PageProposal.objects.get().pk])
    assert answer.headers["Location"] == page
    text = desk.get(page).content.decode()
    assert "<ins>A society." in text
    assert "Another chief editor has to publish it" in text
    assert desk.post(page, {"decision": "publish"}).status_code == 409
    assert client.get("/about/funding/").status_code == 404
    signed_in(UserFactory(role="Chief editor")).post(page, {"decision": "publish"})
    assert PageVersion.objects.get().funders == [
        {"funder": "Trust; of; Trees", "year": "2024", "share": "12.5"},
        {"funder": "Readers", "year": "2024", "share": "80"},
    ]
    public = client.get("/about/funding/").content.decode()
    assert "<td>12.5 %</td>" in public
    # The form begins with what readers see now.
    assert "Readers; 2024; 80" in desk.get(f"{ADD}?page=funding").content.decode()


@pytest.mark.parametrize(
    "funders",
    [
        *("Trust", "Trust; 2024", "Trust; 1492; 5", "Trust; 3024; 5", "Trust; 2024; 101", "A; 2024; -1"),
        *("; 2024; 5", "A; 2024; 60\nB; 2024; 60", "A; ²; 5"),
    ],
)
def test_funders_that_cant_be_read_are_refused_and_kept(chief: User, funders: str) -> None:
    answer = signed_in(chief).post(ADD, funding(funders=funders))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "errorlist" in text
    assert all(line in text for line in funders.splitlines())
    assert not PageProposal.objects.exists()


def test_a_refused_page_comes_back_with_its_text(chief: User) -> None:
    desk = signed_in(chief)
    desk.post(ADD, funding())
    answer = desk.post(ADD, funding(text="Other words."))
    assert answer.status_code == 409
    assert "Another change of this page is waiting" in answer.content.decode()
    assert "Other words." in answer.content.decode()
    assert "Only the page" in desk.post(ADD, funding(page="staff", owner="X")).content.decode()


@pytest.mark.parametrize("role", ["Reporter", "Editor", "Assessor"])
def test_others_have_no_page_for_it(role: str) -> None:
    assert signed_in(UserFactory(role=role)).get(ADD).status_code == 403
