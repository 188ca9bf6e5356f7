import pytest
from django.test import Client

from claims.models import Claim, Rating
from tests.claims.outlets.pages.pages import text_of
from tests.factories import corrected, published, withdrawn

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
    assert "Nothing has been corrected yet." in text_of(client, "/corrections/")
    text = text_of(client, "/corrections/?kind=minor")
    assert "No correction of this kind." in text
    assert 'role="alert"' not in text


def test_an_unknown_kind_is_refused_with_a_reason(client: Client) -> None:
    assert "no such kind" in text_of(client, "/corrections/?kind=rumour", status=400)
