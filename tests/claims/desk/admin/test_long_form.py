"""The claim's form for long days: what is folded, where the errors are, and the way back to the article."""

import re
from typing import Any

import pytest
from django.urls import reverse

from claims.desk import workflow
from claims.models import Claim
from sources import texts
from sources.extraction import from_pasted
from tests.desk import filled_in, signed_in
from tests.factories import ClaimFactory, SourceFactory, UserFactory

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


def opened(text: str, kind: str) -> list[bool]:
    """For each line that opens, in the order of the page, if it is open. The template of a new row is left out."""
    page = re.sub(r'<div class="inline-related empty-form.*?</summary>', "", text, flags=re.DOTALL)
    return [bool(found) for found in re.findall(rf'<details class="{kind}"( open)?>', page)]


def test_each_row_is_a_line_that_opens_and_those_with_errors_or_new_text_are_open() -> None:
    desk = signed_in("Editor")
    address = form_of(ClaimFactory(evidence=SourceFactory.create_batch(2)))
    text = desk.get(address).content.decode()
    assert opened(text, "row") == [False] * 3  # two pieces of evidence and an appearance
    assert opened(text, "row new") == [False] * 4
    sent = filled_in(desk, address) | {"evidence-1-stance": "", "appearances-1-exact": "Words."}
    answer = desk.post(address, sent).content.decode()
    assert opened(answer, "row") == [False, False, True]
    assert opened(answer, "row new") == [True, False, False, False]


def test_an_article_that_was_chosen_beforehand_is_seen() -> None:
    text = signed_in("Editor").get(reverse("admin:claims_claim_add"), {"source": SourceFactory().pk}).content.decode()
    assert opened(text, "row new") == [True, False, False, False]


def test_rows_that_cannot_be_changed_are_open_to_read() -> None:
    claim = ClaimFactory(evidence=SourceFactory.create_batch(2))
    workflow.submit(claim, by=UserFactory(role="Editor"), version=1)
    assert opened(signed_in("Editor").get(form_of(claim)).content.decode(), "row") == [True] * 3


@pytest.mark.parametrize(
    ("fields", "typed", "are_open"),
    [
        ({}, {}, [False, False]),
        ({"places": ["Denver"]}, {}, [True, False]),
        ({"checkable": False, "why_not_checkable": "An opinion."}, {}, [True, False]),
        ({"notice": "A draft."}, {}, [False, True]),
        ({"notice": "A draft."}, {"notice": "", "evidence-0-stance": ""}, [False, False]),
        ({}, {"about_on": "yesterday"}, [True, False]),
        ({}, {"method": "We called.", "evidence-0-stance": ""}, [False, True]),
    ],
)
def test_fields_that_few_claims_need_are_folded_while_they_are_empty(
    fields: dict[str, Any], typed: dict[str, str], are_open: list[bool]
) -> None:
    desk, address = signed_in("Editor"), form_of(ClaimFactory(method="", **fields))
    answer = desk.post(address, filled_in(desk, address) | typed) if typed else desk.get(address)
    text = answer.content.decode()
    assert opened(text, "module part") == are_open
    # A browser opens what is folded around the target of a link.
    inside = re.search(r'<details class="module part".*?</details>', text, re.DOTALL)
    assert inside
    assert 'id="part-1"' in inside[0]
    assert '<a href="#part-1">More about the claim</a>' in text


def test_the_panel_leads_back_to_the_text_of_the_article() -> None:
    article = SourceFactory(title="The bridges")
    claim = ClaimFactory(appearances=[article])
    desk, link = signed_in("Editor"), reverse("admin:sources_source_read", args=[article.pk])
    assert link not in desk.get(form_of(claim)).content.decode()
    texts.bring_in(article, from_pasted("Ten bridges."))
    assert link in desk.get(form_of(claim)).content.decode()
