"""An article at the desk, with its claims."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from sources.models import Source
from tests.desk import signed_in
from tests.factories import AppearanceFactory, ClaimFactory, SourceFactory, published

pytestmark = pytest.mark.django_db


def page(article: Source) -> str:
    return f"/admin/sources/source/{article.pk}/change/"


def claim_in(article: Source, *positions: int, **kwargs: str) -> Claim:
    claim = ClaimFactory.create(appearances=[], **kwargs)
    for position in positions:
        AppearanceFactory.create(claim=claim, source=article, position=position, locator=f"paragraph {position}")
    return claim


def test_an_article_lists_its_claims_once_each_in_reading_order() -> None:
    article = SourceFactory.create()
    for statement, positions in [("Third.", [9]), ("First.", [2, 12]), ("Second.", [4])]:
        claim_in(article, *positions, statement=statement)
    claim_in(SourceFactory.create(), 1, statement="Elsewhere.")

    html = signed_in("Editor").get(page(article)).content.decode()

    listed = re.findall(r">(\w+\.)</a>", html)
    assert listed == ["First.", "Second.", "Third."]
    assert "To do · Mostly false · paragraph 2 · paragraph 12" in html


def test_an_article_without_claims_says_so_and_offers_to_log_one() -> None:
    article = SourceFactory.create()
    response = signed_in("Reporter").get(page(article))
    assert "No claims from this article are logged yet." in response.content.decode()
    assert f'href="/admin/claims/claim/add/?source={article.pk}"' in response.content.decode()


def test_people_who_may_not_log_see_no_button_for_it() -> None:
    html = signed_in("Assessor").get(page(SourceFactory.create())).content.decode()
    assert "Log a claim from this article" not in html


def test_an_article_needs_the_same_number_of_queries_with_one_claim_or_many() -> None:
    client, article = signed_in("Editor"), SourceFactory.create()

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(article)).status_code == 200
        return len(queries)

    claim_in(article, 1)
    few = count_queries()
    for position in range(2, 12):
        claim_in(article, position)
    assert count_queries() == few


def test_a_statement_is_escaped_everywhere_at_the_desk() -> None:
    article = SourceFactory.create(title="<script>alert(1)</script>")
    claim_in(article, 1, statement="<img src=x onerror=alert(1)>")

    client = signed_in("Editor")
    for address in [page(article), "/admin/sources/source/"]:
        html = client.get(address).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_a_source_lists_the_claims_that_rest_on_it_once_each() -> None:
    source = SourceFactory.create()
    claim = published(ClaimFactory.create(statement="The river is clean.", evidence=[source, source]))
    ClaimFactory.create(statement="Elsewhere.")
    html = signed_in("Editor").get(page(source)).content.decode().partition('id="article-uses"')[2]
    assert re.findall(r">([^<]+\.)</a>", html) == [claim.statement]
    assert "Contradicts · Published · Mostly false · readers see it" in html
