"""Pickers at the desk: two rows of one name are told apart, in a fixed number of queries."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from claims.models import Claim
from factcheck.accounts.models import SecurityEvent, SecurityKind
from tests.desk import filled_in, signed_in
from tests.factories import ClaimantFactory, ClaimFactory, PublisherFactory, SourceFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db


def offered(client: Client, model: str, field: str, term: str) -> list[str]:
    """The labels that a picker offers for this text."""
    app, name = model.split(".")
    asked = {"app_label": app, "model_name": name, "field_name": field, "term": term}
    found: list[dict[str, Any]] = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    return [item["text"] for item in found]


def test_claimants_of_one_name_show_their_role_or_affiliation_or_slug() -> None:
    ClaimantFactory.create(name="John Smith", slug="john-smith", role="Mayor of Denver")
    party = ClaimantFactory.create(name="John Smith", slug="john-smith-2", role="")
    party.affiliations.create(name="Green Party", started="2020")
    ClaimantFactory.create(name="John Smith", slug="john-smith-3", role="")

    assert offered(signed_in("Reporter"), "claims.claim", "claimant", "Smith") == [
        "John Smith (Mayor of Denver)",
        "John Smith (Green Party, john-smith-2)",
        "John Smith (john-smith-3)",
    ]


def test_sources_of_one_title_show_publisher_date_and_host() -> None:
    for slug, published in (("budget", "2025-06"), ("budget-2", "")):
        publisher = PublisherFactory.create(name=f"City {slug}")
        SourceFactory.create(
            title="Budget", slug=slug, publisher=publisher, published=published, address=f"https://{slug}.example/"
        )

    assert offered(signed_in("Reporter"), "claims.evidence", "source", "Budget") == [
        "Budget (City budget, June 2025, budget.example, budget)",
        "Budget (City budget-2, budget-2.example, budget-2)",
    ]


def test_publishers_show_their_host_and_topics_a_slug_of_their_own() -> None:
    PublisherFactory.create(name="The Post", slug="the-post", address="https://www.post.example/")
    PublisherFactory.create(name="The Post.", slug="other-post", address="")
    TopicFactory.create(name="Water", slug="water")
    TopicFactory.create(name="Water.", slug="water-2")
    client = signed_in("Reporter")

    assert set(offered(client, "sources.source", "publisher", "Post")) == {
        "The Post (post.example)",
        "The Post. (other-post)",
    }
    assert set(offered(client, "claims.claim", "topics", "water")) == {"Water", "Water. (water-2)"}


def test_people_of_one_name_show_their_user_name() -> None:
    UserFactory.create(username="ana", first_name="Ana", last_name="Ruiz", role="Reporter")
    claim = ClaimFactory.create()
    page = signed_in("Chief editor").get(f"/admin/claims/claim/{claim.pk}/act/assign/").content.decode()
    assert "Ana Ruiz (ana)" in page


def test_a_form_shows_the_chosen_row_as_its_picker_does() -> None:
    claimant = ClaimantFactory.create(name="John Smith", slug="john-smith", role="Mayor of Denver")
    source = SourceFactory.create(title="Budget", publisher=PublisherFactory.create(name="City"))
    claim = ClaimFactory.create(claimant=claimant, appearances=[source])
    page = signed_in("Editor").get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    assert "John Smith (Mayor of Denver)" in page
    assert "Budget (City, " in page


def test_a_filter_tells_namesakes_apart() -> None:
    for slug in ("john-smith", "john-smith-2"):
        ClaimFactory.create(claimant=ClaimantFactory.create(name="John Smith", slug=slug, role=""))
    page = signed_in("Editor").get("/admin/claims/claim/").content.decode()
    assert "John Smith (john-smith-2)" in page


@pytest.mark.parametrize(
    ("model", "field", "make"),
    [
        ("claims.claim", "claimant", ClaimantFactory.create),
        ("claims.claim", "topics", TopicFactory.create),
        ("claims.evidence", "source", SourceFactory.create),
        ("sources.source", "publisher", PublisherFactory.create),
    ],
)
def test_a_picker_reads_more_rows_with_as_many_queries(model: str, field: str, make: Any) -> None:
    client, counts = signed_in("Reporter"), []
    for _ in range(2):
        for _row in range(5):
            make()
        with CaptureQueriesContext(connection) as queries:
            offered(client, model, field, "")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Without scripts, the name, the slug or the web address is typed


def sent(client: Client, **values: str) -> tuple[Any, str]:
    """The answer to a new claim with these values, and its text."""
    add = reverse("admin:claims_claim_add")
    typed = {"statement": "It rained.", "kind": "event", "evidence-0-stance": "supports"}
    typed |= {"evidence-0-finding": "It did.", "evidence-0-origin": "The gauge"}
    answer = client.post(add, filled_in(client, add) | typed | values)
    return answer, answer.content.decode()


def test_without_scripts_each_picker_has_an_input_for_what_it_chooses() -> None:
    page = signed_in("Editor").get(reverse("admin:claims_claim_add")).content.decode()
    inputs = re.findall(r'<noscript><label>[^<]+ <input type="text" name="([^"]+)"', page)
    assert {"claimant_typed", "topics_typed", "evidence-0-source_typed", "parts-0-part_typed"} <= set(inputs)


def test_rows_are_chosen_by_what_was_typed() -> None:
    article = SourceFactory.create(address="https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    source, topics = SourceFactory.create(slug="gauge"), TopicFactory.create_batch(2)
    claimant = ClaimantFactory.create(name="Ana Roe")
    answer, text = sent(
        signed_in("Editor"),
        claimant_typed="ana roe",
        topics_typed=f"{topics[0].slug}, {topics[1].name}",
        **{"appearances-0-source_typed": "https://youtu.be/dQw4w9WgXcQ", "evidence-0-source_typed": " gauge "},
    )
    assert answer.status_code == 302, text
    claim = Claim.objects.get()
    assert claim.claimant == claimant
    assert set(claim.topics.all()) == set(topics)
    assert claim.appearances.get().source == article
    assert claim.evidence.get().source == source
    assert not SecurityEvent.objects.filter(kind=SecurityKind.UNEXPECTED_FIELDS).exists()


@pytest.mark.parametrize("typed", ["https://new.example/page", "Nobody's <letter>", "nul\0", "9" * 30, "x" * 9_000])
def test_what_names_no_row_comes_back_with_a_link_that_adds_it(typed: str) -> None:
    answer, text = sent(signed_in("Editor"), **{"evidence-0-source_typed": typed})
    assert answer.status_code == 200
    assert "We couldn’t find “" in text
    assert f'name="evidence-0-source_typed" value="{escape(typed)}"' in text
    assert "It did." in text
    if typed.startswith("https"):
        assert '/admin/sources/source/add/?address=https%3A%2F%2Fnew.example%2Fpage" target="_blank">add it</a>' in text


def test_a_name_that_several_have_asks_for_the_slug_and_a_source_for_named_people_is_not_found() -> None:
    for slug in ("roe-1", "roe-2"):
        ClaimantFactory.create(name="Ana Roe", slug=slug)
    hidden = SourceFactory.create(slug="secret-letter", protection="named", address="https://hidden.example/")
    client = signed_in("Editor")
    _answer, text = sent(client, claimant_typed="Ana Roe", **{"evidence-0-source_typed": hidden.slug})
    assert "Type the slug of one: roe-1, roe-2." in text
    assert "We couldn’t find “" in text
    assert hidden.title not in text
