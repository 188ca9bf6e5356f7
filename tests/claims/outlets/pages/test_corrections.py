import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.desk import names
from claims.models import Claim, Claimant, Rating
from tests.claims.formats.files import exported
from tests.claims.outlets.pages.pages import text_of
from tests.factories import (
    ClaimantFactory,
    SourceFactory,
    UserFactory,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def corrected_claim() -> Claim:
    return corrected(published(statement="Mended."), reason="A figure was wrong.", summary="Now right.")


@pytest.fixture
def rerated() -> Claim:
    return corrected(published(statement="Rerated."), reason="New data.", rating=Rating.objects.get(slug="false"))


@pytest.fixture
def withdrawn_claim() -> Claim:
    return withdrawn(published(statement="Taken back."), reason="The letter was forged.")


@pytest.mark.usefixtures("corrected_claim", "rerated", "withdrawn_claim")
def test_all_are_listed_newest_first(client: Client) -> None:
    text = text_of(client, "/corrections/")
    order = [text.index(reason) for reason in ("The letter was forged.", "New data.", "A figure was wrong.")]
    assert order == sorted(order)
    assert "Taken back." not in text
    assert "<del>Mostly false</del> → <ins>False</ins>" in text


@pytest.mark.usefixtures("corrected_claim", "rerated", "withdrawn_claim")
@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("substantial", {"A figure was wrong.", "New data."}),
        ("rating", {"New data."}),
        ("void", {"The letter was forged."}),
        ("minor", set()),
    ],
)
def test_they_can_be_narrowed_to_a_kind(client: Client, kind: str, listed: set[str]) -> None:
    text = text_of(client, f"/corrections/?kind={kind}")
    reasons = {"A figure was wrong.", "New data.", "The letter was forged."}
    assert {reason for reason in reasons if reason in text} == listed


def test_an_empty_list_says_so(client: Client) -> None:
    assert "We haven’t corrected anything yet." in text_of(client, "/corrections/")
    text = text_of(client, "/corrections/?kind=minor")
    assert "We haven’t made a correction of this kind." in text
    assert 'role="alert"' not in text


@pytest.mark.usefixtures("corrected_claim")
def test_an_unknown_kind_is_left_out_and_reported(client: Client) -> None:
    text = text_of(client, "/corrections/?kind=rumour")
    assert 'role="alert"' in text
    assert "<bdi>rumour</bdi>" in text
    assert "A figure was wrong." in text


# Changes of what a name or a rating means


def test_a_change_of_meaning_is_listed_with_the_words_before_and_after(client: Client) -> None:
    first, second = UserFactory(role="Editor", first_name="Ada"), UserFactory(role="Editor", first_name="Ben")
    rating = published().rating
    assert rating
    renamed(rating, label="Mostly wrong", reason="Clearer.", by=first, second=second)
    for page in ("/corrections/", "/corrections/names/"):
        text = text_of(client, page)
        assert re.search(r"<del>.*?false.*?</del>", text)
        assert re.search(r"<ins>.*?wrong.*?</ins>", text)
        assert "Clearer." in text
        assert f"proposed by Ada ({first.initials}), accepted by Ben ({second.initials})" in text
    assert "Rating" in text
    feed = client.get("/corrections.feed.json").json()["items"]
    assert [item["title"] for item in feed] == ["Changed name or rating: Rating"]
    assert "After: Mostly wrong" in feed[0]["content_text"]


def test_a_spelling_and_a_proposal_are_not_listed(client: Client) -> None:
    claimant = ClaimantFactory(name="Jose")
    published(claimant=claimant)
    renamed(claimant, name="José", spelling_only=True)
    claimant.name = "Maria"
    names.save(claimant, claimant.save, by=UserFactory(role="Editor"), reason="She told us.")
    assert 'id="names"' not in text_of(client, "/corrections/")
    assert "We haven’t changed any yet." in text_of(client, "/corrections/names/")


def test_changes_of_meaning_stand_beside_the_first_corrections_only(client: Client) -> None:
    rating = published().rating
    assert rating
    renamed(rating, label="Mostly wrong")
    corrected(published(), reason="A figure was wrong.")
    assert 'id="names"' in text_of(client, "/corrections/")
    assert 'id="names"' not in text_of(client, "/corrections/?kind=minor")
    assert [item["title"][:4] for item in client.get("/corrections.feed.json?kind=substantial").json()["items"]] == [
        "Corr"
    ]


@pytest.mark.parametrize("way", ["withdrawn", "redacted"])
def test_words_on_a_person_go_with_the_claim_that_named_them(client: Client, way: str) -> None:
    """What a redaction or a withdrawal takes out of the public isn't left in the list of changes."""
    claimant = ClaimantFactory(name="Zoe Quill")
    claim = published(claimant=claimant)
    renamed(claimant, name="A resident")
    assert "Zoe Quill" in re.sub(r"<[^>]*>", "", text_of(client, "/corrections/names/"))
    claim.refresh_from_db()
    (withdrawn if way == "withdrawn" else redacted)(claim)
    for page in ("/corrections/", "/corrections/names/"):
        text = re.sub(r"<[^>]*>", "", text_of(client, page))
        assert "Quill" not in text
        assert "We have removed these words" in text
    assert "Quill" not in client.get("/corrections.feed.json").content.decode()
    assert "Quill" not in exported("--published")


def test_a_withheld_address_is_in_no_list_of_changes(client: Client) -> None:
    source = SourceFactory(address="https://secret.example/private")
    published(evidence=[source])
    renamed(source, address_is_private=True, reason="It accuses somebody.")
    renamed(source, title="Another title")
    assert "secret.example" in text_of(client, "/corrections/names/")  # readers had it, and see that it went
    source.refresh_from_db()
    renamed(source, address="https://secret.example/other")
    assert "secret.example/other" not in text_of(client, "/corrections/names/")


def test_the_list_of_changes_costs_the_same_however_long(client: Client) -> None:
    rating = published().rating
    assert rating

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            text_of(client, page)
        return len(counted)

    renamed(rating, label="First")
    pages = ("/corrections/", "/corrections/names/", "/corrections.atom")
    few = {page: queries(page) for page in pages}
    for number in range(25):
        renamed(rating, label=f"Label {number}")
    assert {page: queries(page) for page in pages} == few
    assert "page=2" in text_of(client, "/corrections/names/")


def test_the_history_of_a_claim_says_who_proposed_a_name_and_who_accepted_it(client: Client) -> None:
    first, second = UserFactory(role="Editor", first_name="Ada"), UserFactory(role="Editor", first_name="Ben")
    claim = published(by=second)
    renamed(Claimant.objects.get(claims=claim), name="Another name", by=first, second=second)
    for page in (f"/claims/{claim.slug}/", f"/claims/{claim.slug}/revisions/2/"):
        text = text_of(client, page)
        assert f"proposed by Ada ({first.initials}), accepted by Ben ({second.initials})" in text
        assert f"· by Ben ({second.initials})" in text
