"""The claim's form for long days: what is folded, where the errors are, and the way back to the article."""

import re
from typing import Any

import pytest
from django.urls import reverse

from claims.models import Claim
from sources import texts
from sources.extraction import from_pasted
from tests.desk import filled_in, signed_in
from tests.factories import ClaimFactory, SourceFactory

pytestmark = pytest.mark.django_db


def form_of(claim: Claim) -> str:
    return reverse("admin:claims_claim_change", args=[claim.pk])


def test_an_error_is_named_with_its_row_and_linked_at_the_top() -> None:
    claim = ClaimFactory(evidence=SourceFactory.create_batch(2))
    desk = signed_in("Editor")
    answer = desk.post(form_of(claim), filled_in(desk, form_of(claim)) | {"evidence-1-stance": "", "summary": "Typed."})
    text = answer.content.decode()
    assert '<a href="#id_evidence-1-stance">Evidence 2: position</a>' in text
    assert 'id="id_evidence-1-stance"' in text
    assert "Typed." in text
    assert text.index("Evidence 2: position") < text.index('id="id_statement"')
    assert "problems-title" not in desk.get(form_of(claim)).content.decode()


def folded(text: str) -> list[str]:
    return re.findall(r'<details class="row"( open)?>', text)


def test_many_rows_are_folded_and_those_with_errors_open() -> None:
    desk = signed_in("Editor")
    few, many = (ClaimFactory(evidence=SourceFactory.create_batch(number)) for number in (3, 4))
    assert folded(desk.get(form_of(few)).content.decode()) == []
    assert folded(desk.get(form_of(many)).content.decode()) == [""] * 4
    answer = desk.post(form_of(many), filled_in(desk, form_of(many)) | {"evidence-2-stance": ""})
    assert folded(answer.content.decode()) == ["", "", " open", ""]


@pytest.mark.parametrize(("fields", "is_folded"), [({}, True), ({"places": ["Denver"]}, False)])
def test_fields_that_few_claims_need_are_folded_while_they_are_empty(fields: dict[str, Any], is_folded: bool) -> None:
    text = signed_in("Editor").get(form_of(ClaimFactory(**fields))).content.decode()
    before = text[: text.index(">More about the claim</h2>")]
    assert ("<details>" in before[-400:]) == is_folded


def test_the_panel_leads_back_to_the_text_of_the_article() -> None:
    article = SourceFactory(title="The bridges")
    claim = ClaimFactory(appearances=[article])
    desk, link = signed_in("Editor"), reverse("admin:sources_source_read", args=[article.pk])
    assert link not in desk.get(form_of(claim)).content.decode()
    texts.bring_in(article, from_pasted("Ten bridges."))
    assert link in desk.get(form_of(claim)).content.decode()
