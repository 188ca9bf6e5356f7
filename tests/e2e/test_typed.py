"""What is typed at the desk is kept in the browser until it is saved."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from claims.models import Claim
from factcheck.accounts.models import User
from tests.factories import ClaimFactory, UserFactory

TEXT = "The words of a whole morning."


@pytest.fixture
def person() -> User:
    return UserFactory.create(role="Editor")


@pytest.fixture
def claim(person: User) -> Claim:
    return ClaimFactory.create(by=person)


def asks(page: Page) -> bool:
    """True if the browser would ask before it left the page. Its draft is stored then."""
    return bool(page.evaluate("!dispatchEvent(new Event('beforeunload', {cancelable: true}))"))


def go(page: Page, address: str) -> None:
    page.goto(address, wait_until="load")


def test_an_untouched_form_is_left_without_a_question_and_a_changed_one_comes_back(
    page: Page,
    site: str,
    sign_in: Callable[[Page, User], None],
    person: User,
    claim: Claim,
) -> None:
    sign_in(page, person)
    form = site + reverse("admin:claims_claim_change", args=[claim.pk])
    act = site + reverse("admin:claims_claim_act", args=[claim.pk, "decline"])
    go(page, form)
    page.locator("#id_summary").click()
    assert not asks(page)

    page.locator("#id_summary").press_sequentially(" A")
    page.locator("#id_explanation").fill(TEXT)
    page.locator("#evidence-0 summary").click()
    page.locator("#id_evidence-0-quote").fill(TEXT)
    assert asks(page)
    go(page, form)
    expect(page.locator("#id_explanation")).not_to_have_value(TEXT)
    expect(page.get_by_text("didn't save it")).to_be_visible()
    expect(page.locator("#id_evidence-0-quote")).to_be_hidden()
    page.get_by_role("button", name="Restore it").click()
    expect(page.locator("#id_explanation")).to_have_value(TEXT)
    expect(page.locator("#id_evidence-0-quote")).to_have_value(TEXT)
    expect(page.locator("#id_evidence-0-quote")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    go(page, form)
    assert not asks(page)
    expect(page.locator("#id_explanation")).to_have_value(TEXT)
    expect(page.locator(".draft")).to_have_count(0)

    go(page, act)
    page.locator("#id_reason").fill(TEXT)
    assert asks(page)
    go(page, act)
    page.get_by_role("button", name="Discard it").click()
    go(page, act)
    assert not asks(page)
    expect(page.locator(".draft")).to_have_count(0)


def test_signing_out_forgets_what_was_typed(
    page: Page, site: str, sign_in: Callable[[Page, User], None], person: User, claim: Claim
) -> None:
    sign_in(page, person)
    go(page, site + reverse("admin:claims_claim_act", args=[claim.pk, "decline"]))
    page.locator("#id_reason").fill(TEXT)
    go(page, f"{site}/admin/")
    kept = "Object.keys(localStorage).filter(key => key.startsWith('factcheck-draft:')).length"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#logout-form")).to_have_count(0)
    assert page.evaluate(kept) == 0
