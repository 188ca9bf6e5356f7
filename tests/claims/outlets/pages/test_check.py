"""The page that compares a pasted text: it says what was checked and why, and keeps nothing of the text."""

import logging
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.matching.pasted import MOST_CHARACTERS, MOST_SENTENCES
from claims.models import PublishedClaim
from factcheck.core.web.limits import LIMITS, Limit
from tests.claims.outlets.test_record_only import DESK
from tests.factories import ClaimFactory, SourceFactory, published, withdrawn
from tests.once import once

pytestmark = pytest.mark.django_db

STATEMENT = "The water district lost 53 records in a flood."
POST = "omg they LOST 53 water records?? in a flood at the district"


def a_flood() -> None:
    """A published claim among others."""
    for statement in ("The mayor sold the zoo.", "Schools must teach cursive writing.", "A bridge costs 356 million."):
        published(statement=statement)
    published(slug="flood", statement=STATEMENT)


flood = once(a_flood)


def answer(client: Client, text: str, *, status: int = 200, address: str = "/check/", **more: str) -> str:
    """The HTML of the page for a text."""
    response = client.post(address, {"text": text, **more})
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_page_asks_for_a_text_and_is_no_search_result(client: Client) -> None:
    page = client.get("/check/").content.decode()
    assert "<h1>Has this been checked?</h1>" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "Results" not in page


@pytest.mark.usefixtures("flood")
def test_a_post_is_answered_with_the_claim_its_rating_and_why(client: Client) -> None:
    page = answer(client, POST)
    assert '<p class="card-verdict"><span class="tag">Perhaps related</span> <span class="rating' in page
    assert 'href="/claims/flood/"' in page
    assert "Mostly false" in page
    assert "The same numbers: 53" in page
    assert "Words in both, the rarest first:" in page


@pytest.mark.usefixtures("flood")
def test_with_the_date_it_is_probably_the_same(client: Client) -> None:
    day = PublishedClaim.objects.get(slug="flood").first_published_at.date().isoformat()
    page = answer(client, POST, date=day)
    assert "Probably the same" in page
    assert "We published the check on the day of the text." in page


@pytest.mark.usefixtures("flood")
def test_an_article_is_answered_sentence_by_sentence(client: Client) -> None:
    filler = "Nothing in particular happened on that very ordinary and long afternoon, as everybody there agreed. " * 6
    page = answer(client, f"{filler}{STATEMENT} Dr. Doe said so.")
    assert "1 of 8 sentences has a check that may be about it." in page
    assert "The same words" in page
    assert page.count('<p class="answer-text"') == 8


@pytest.mark.usefixtures("flood")
def test_a_very_long_text_says_that_its_end_was_left_out(client: Client) -> None:
    page = answer(client, "This sentence says nothing of note. " * (MOST_SENTENCES + 1))
    assert f"We compared the first {MOST_SENTENCES} sentences." in page


def test_a_link_leads_to_the_article_and_its_claims(client: Client) -> None:
    source = SourceFactory(address="https://paper.example/story", title="The story", slug="story")
    published(slug="told", appearances=[source])
    page = answer(client, "https://www.paper.example/story?utm_source=x")
    assert 'href="/articles/story/"' in page
    assert 'href="/claims/told/"' in page


@pytest.mark.usefixtures("flood")
def test_without_an_answer_it_says_what_that_means(client: Client) -> None:
    page = answer(client, "Is it true that herons nest here?")
    assert "Nothing found." in page
    assert "That does not make it true or false." in page


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"text": " "}, "Paste a text or a link."),
        ({"text": "x" * (MOST_CHARACTERS + 1)}, f"This text has {MOST_CHARACTERS + 1} characters."),
        ({"text": POST, "date": "yesterday"}, "Write the date as 2025-06-21, or leave it empty."),
        ({"text": POST, "date": "2999-01-01"}, "This date is in the future."),
        ({"text": POST, "date": "0000-00-00"}, "Write the date as 2025-06-21, or leave it empty."),
        ({"text": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_compared_gets_400_and_keeps_what_was_typed(
    client: Client, given: dict[str, str], problem: str
) -> None:
    response = client.post("/check/", given)
    assert response.status_code == 400
    assert problem in response.content.decode()
    assert response.context["form"]["text"].value() == given["text"]
    assert response.context["form"]["date"].value() == given.get("date")


@pytest.mark.parametrize("typed", ["yesterday", "2999-01-01", "2025-6"])
def test_a_wrong_date_is_in_a_field_that_shows_it(client: Client, typed: str) -> None:
    page = answer(client, POST, date=typed, status=400)
    assert f'<input type="text" id="id_date" name="date" value="{typed}"' in page


@pytest.mark.parametrize("typed", ["2025-06-01", "2025-6-1", " 2025-06-01 "])
def test_a_date_stays_in_the_field_for_dates(client: Client, typed: str) -> None:
    for text, status in ((POST, 200), (" ", 400)):
        page = answer(client, text, date=typed, status=status)
        assert '<input type="date" id="id_date" name="date" value="2025-06-01"' in page


@pytest.mark.usefixtures("flood")
def test_markup_in_a_text_is_shown_as_text(client: Client) -> None:
    page = answer(client, f'{POST} </textarea><script>alert("x")</script> ' + "It is long. " * 60)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.usefixtures("flood")
def test_the_text_is_in_no_address_log_or_cookie_and_no_cache_keeps_it(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="django.db.backends")
    response = client.post("/check/", {"text": "A secretpasteword in a text"})
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    assert "secretpasteword" not in caplog.text + str(response.headers)
    assert "public" in client.get("/check/").headers["Cache-Control"]


def test_a_drafts_words_never_leak_and_its_tables_are_not_read(client: Client) -> None:
    before = answer(client, "A heron nested on the courthouse roof")
    ClaimFactory(statement="A heron nested on the courthouse roof.", slug="hidden-heron")
    published(slug="hidden-flood", statement=STATEMENT)
    withdrawn(PublishedClaim.objects.get(slug="hidden-flood").claim)
    with CaptureQueriesContext(connection) as queries:
        assert answer(client, "A heron nested on the courthouse roof") == before
        page = answer(client, "A heron nested. " * 50 + STATEMENT)
    assert "hidden" not in page
    assert not {table for table in DESK for query in queries if f'{table}"' in query["sql"]}
    assert not [query for query in queries if "claims_claim " in query["sql"]]


@pytest.mark.usefixtures("flood")
def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    def count(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer(client, text)
        return len(queries)

    short = f"The water district lost something. {'It was a long and quiet day in the town. ' * 20}"
    before = count(short)
    for number in range(10):
        published(statement=f"The water district lost {number} records in a flood.")
    assert count(short + (STATEMENT + " ") * 60) == before <= 12


def test_the_page_is_limited_when_a_text_is_sent(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "public", Limit(requests=1, seconds=60))
    assert [client.get("/check/").status_code for _ in range(3)] == [200, 200, 200]
    assert [client.post("/check/", {"text": POST}).status_code for _ in range(2)] == [200, 429]


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/check/").status_code == 405


@pytest.mark.usefixtures("flood")
def test_the_front_page_and_an_empty_search_lead_to_it(client: Client) -> None:
    assert 'href="/check/"' in client.get("/").content.decode()
    page = client.get("/claims/?q=zzzz+herons").content.decode()
    assert '<form method="post" action="/check/"><input type="hidden" name="text" value="zzzz herons">' in page


def test_a_notice_that_all_results_have_is_shown_once(client: Client) -> None:
    for number in range(3):
        published(statement=f"The water district lost {number} boats in a flood.", notice="Draft rating.")
    text = "The water district lost boats in a flood, they say. "
    for pasted in (text, text * 12):
        page = answer(client, pasted)
        assert page.count('<article class="card">') >= 3
        assert page.count("Draft rating.") == 1
    published(statement="The water district lost 9 boats in a flood.", notice="Proposed.")
    page = answer(client, text)
    assert page.count("Draft rating.") == 3
    assert page.count("Proposed.") == 1
