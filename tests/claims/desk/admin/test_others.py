"""The page of a claim on which an editor finds and links fact-checks by other publishers."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.matching import foreign
from claims.models import Claim, ForeignCheck, ForeignLink
from tests.desk import signed_in
from tests.factories import ClaimFactory, ForeignCheckFactory, ForeignLabelFactory, approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    return ClaimFactory.create(statement="The council spent nine million on swimming pools.")


def check_of(text: str, **fields: str) -> ForeignCheck:
    label = ForeignLabelFactory.create(meaning="false", decided_at=timezone.now())
    return ForeignCheckFactory.create(claim=text, label=label, **fields)


def address_of(claim: Claim) -> str:
    return f"/admin/claims/claim/{claim.pk}/others/"


def send(client: Client, claim: Claim, act: str, row: int, **fields: str) -> Any:
    return client.post(address_of(claim), {"act": act, "row": row, "version": claim.version, **fields})


def test_the_fact_checks_that_share_most_with_the_claim_come_first(claim: Claim) -> None:
    check_of("Nobody ever swam across the ocean.")
    far, near = (
        check_of("A council spent too much on roads."),
        check_of("The council spends millions on swimming pools"),
    )
    found = signed_in("Editor").get(address_of(claim)).context["found"]
    assert [check for check, _link in found] == [near, far]


@pytest.mark.parametrize("asked", ["https://checks.example/a/", "HTTPS://checks.example/a", "pinocchio"])
def test_an_editor_finds_a_fact_check_by_its_address_or_its_words(claim: Claim, asked: str) -> None:
    check = check_of("Pinocchio is a real boy.", address="https://checks.example/a")
    client = signed_in("Editor")
    assert client.get(address_of(claim)).context["found"] == []
    page = client.get(address_of(claim), {"q": asked})
    assert [one for one, _link in page.context["found"]] == [check]


@pytest.mark.parametrize("text", ["", " ", "\0", "'; --", "a & ! ( : *", "https://", "\ud800x", "x" * 5_000, "水" * 9])
def test_any_text_can_be_looked_for(text: str) -> None:
    check_of("The council spent nine million.")
    assert foreign.find(text) == []


def test_an_editor_links_one_and_removes_it_again(claim: Claim) -> None:
    check, client = check_of("The council spent nine million."), signed_in("Editor")
    assert send(client, claim, "link", check.pk).status_code == 302
    claim.refresh_from_db()
    row = claim.others.get()
    page = client.get(address_of(claim))
    assert page.context["found"] == []
    assert f"“<bdi>{row.label}</bdi>”" in page.content.decode()
    assert send(client, claim, "unlink", row.pk).status_code == 302
    assert not claim.others.exists()


def test_new_words_are_offered_and_taken_over_on_request(claim: Claim) -> None:
    check, client = check_of("The council spent nine million."), signed_in("Editor")
    send(client, claim, "link", check.pk)
    assert "Use the newest words" not in client.get(address_of(claim)).content.decode()
    ForeignCheck.objects.update(title="Their correction")
    claim.refresh_from_db()
    assert "Use the newest words" in client.get(address_of(claim)).content.decode()
    send(client, claim, "update", claim.others.get().pk)
    assert claim.others.get().title == "Their correction"


@pytest.mark.parametrize("act", ["link", "unlink", "update", "burn"])
@pytest.mark.parametrize("row", ["0", "x", "9" * 30, "\0"])
def test_a_form_that_names_nothing_is_refused_and_keeps_the_search(claim: Claim, act: str, row: str) -> None:
    page = signed_in("Editor").post(address_of(claim), {"act": act, "row": row, "version": "1", "q": "my words"})
    assert page.status_code == 409
    assert 'value="my words"' in page.content.decode()


def test_an_old_page_links_nothing(claim: Claim) -> None:
    check, client = check_of("The council spent nine million."), signed_in("Editor")
    send(client, claim, "link", check.pk)
    other = check_of("The council spent nine million again.")
    page = send(client, claim, "link", other.pk)
    assert page.status_code == 409
    assert "This claim was changed since you opened it." in page.content.decode()
    assert claim.others.count() == 1


def test_who_may_not_edit_the_claim_sees_the_page_without_its_buttons(claim: Claim) -> None:
    check = check_of("The council spent nine million.")
    for client in (signed_in("Assessor"), signed_in("Reporter")):
        page = client.get(address_of(claim))
        assert page.status_code == 200
        assert 'name="act"' not in page.content.decode()
        assert send(client, claim, "link", check.pk).status_code == 403
    claim = approved(claim)
    page = signed_in("Editor").get(address_of(claim))
    assert "Send it back before you change it." in page.content.decode()
    assert 'name="act"' not in page.content.decode()
    assert not ForeignLink.objects.exists()


def test_the_page_asks_the_same_number_of_queries_whatever_is_found(claim: Claim) -> None:
    client = signed_in("Editor")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(address_of(claim))
        return len(found)

    for check in (check_of("The council spent nine million."), check_of("The council spent on pools.")):
        send(client, claim, "link", check.pk)
        claim.refresh_from_db()
    check_of("A council spent nine million.")
    queries()  # shows the messages of the links
    few = queries()
    for number in range(8):
        check_of(f"The council spent {number} million on pools.")
    assert queries() == few
