"""Editors ask what was checked of a text, and of the statement that they write: drafts are found too."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.matching import ask_all
from claims.models import Claim
from tests import factories

pytestmark = pytest.mark.django_db

CHECK = "/admin/claims/claim/check/"
STATEMENT = "The water district lost 53 records in a flood."


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factories.UserFactory(role="Editor"))
    return client


@pytest.fixture
def draft() -> Claim:
    """A draft beside a published claim."""
    factories.published(statement="The mayor sold the zoo to a cement company.", slug="zoo")
    return factories.ClaimFactory.create(statement=STATEMENT, slug="flood")


def answered(desk: Client, *, status: int = 200, **given: str) -> str:
    response = desk.post(CHECK, given)
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_text_finds_drafts_with_their_state_and_published_claims(desk: Client, draft: Claim) -> None:
    page = answered(desk, text="They lost 53 water records in a flood, and the zoo was sold for cement by the mayor")
    assert f'href="/admin/claims/claim/{draft.pk}/change/"' in page
    assert "Readers don&#x27;t see it. To do" in page or "Readers don't see it. To do" in page
    assert "The mayor sold the zoo to a cement company." in page
    assert "Readers see it: Mostly false" in page
    assert "The same numbers: 53" in page


def test_an_article_is_answered_sentence_by_sentence(desk: Client, draft: Claim) -> None:
    page = answered(desk, text=f"{STATEMENT} " + "Nothing in particular happened on that long afternoon. " * 12)
    assert "1 of 13 sentences has a check that may be about it." in page


def test_the_form_of_a_claim_asks_for_its_statement_without_finding_itself(desk: Client, draft: Claim) -> None:
    form = desk.get(f"/admin/claims/claim/{draft.pk}/change/").content.decode()
    assert re.search(rf'formaction="{CHECK}" formtarget="_blank" formnovalidate name="but" value="{draft.pk}"', form)
    assert form.index('name="_save"') < form.index(f'formaction="{CHECK}"'), "Enter in a field must save"
    assert "Nothing found" in answered(desk, statement=STATEMENT, but=str(draft.pk))
    assert "The same words" in answered(desk, statement=STATEMENT, but="")


def test_a_part_has_the_claims_alone(desk: Client, draft: Claim) -> None:
    part = answered(desk, text=STATEMENT, part="1")
    assert "The same words" in part
    assert "<form" not in part
    assert "<html" not in part


def test_a_text_that_cannot_be_compared_gets_400_and_stays(desk: Client) -> None:
    page = answered(desk, text=STATEMENT, date="soon", status=400)
    assert "Write the date as 2025-06-21, or leave it empty." in page
    assert STATEMENT in page
    assert 'value="soon"' in page


def test_only_people_of_the_desk_may_ask(client: Client, draft: Claim) -> None:
    asked_to_sign_in = client.post(CHECK, {"text": STATEMENT})
    assert asked_to_sign_in.status_code == 403
    assert "The same words" not in asked_to_sign_in.content.decode()
    client.force_login(factories.UserFactory(role=None, is_staff=True))
    refused = client.post(CHECK, {"text": STATEMENT})
    assert refused.status_code == 403
    assert STATEMENT not in refused.content.decode()


def test_it_changes_nothing_and_is_not_kept_by_caches(desk: Client, draft: Claim) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = desk.post(CHECK, {"text": STATEMENT})
    assert "no-store" in response.headers["Cache-Control"]
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_the_list_of_claims_leads_to_it(desk: Client) -> None:
    assert f'href="{CHECK}"' in desk.get("/admin/claims/claim/").content.decode()


def test_other_pages_get_answers_for_sentences_with_drafts(draft: Claim) -> None:
    answers = ask_all(["It was a quiet week.", STATEMENT], drafts=True)
    assert [[match.desk_pk for match in answer.matches] for answer in answers] == [[], [draft.pk]]
