"""Has this been checked? Readers and editors ask, with scripts and without, at 390 px and in the dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from factcheck.accounts.models import User
from tests.e2e.conftest import Axe
from tests.factories import ClaimFactory, UserFactory, published

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENT = "The water district lost 53 records in a flood."


@pytest.fixture(autouse=True)
def _claims(site: str) -> None:
    published(statement=STATEMENT)
    published(statement="The mayor sold the zoo to a cement company.")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_pastes_an_article_and_sees_why(
    window: Callable[..., Page], axe: Axe, site: str, scripts: bool
) -> None:
    page = window(java_script_enabled=scripts)
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.goto(site)
    page.get_by_role("link", name="Check a post or a whole article").click()
    page.get_by_label("Text or link").fill(f"{STATEMENT} " + "Nothing of note happened on that long day. " * 15)
    page.get_by_label("When was it published?").fill("2026-01-02")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("1 of 16 sentences has a check that may be about it.")).to_be_visible()
    expect(page.get_by_text("The same words", exact=True)).to_be_visible()
    page.get_by_text("Why").click()
    expect(page.get_by_text("The same numbers: 53")).to_be_visible()
    assert page.url == f"{site}/check/"
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert axe(page) == []


def test_an_editor_sees_the_nearest_claims_while_typing(desk: Page, axe: Axe, site: str) -> None:
    draft = ClaimFactory.create(statement="A heron nested on the roof of the courthouse.")
    desk.goto(f"{site}/admin/claims/claim/add/")
    desk.get_by_role("textbox", name="Claim:", exact=True).fill("Herons nest on the courthouse roof")
    nearest = desk.get_by_role("status", name="Claims like this one")
    link = nearest.get_by_role("link", name=draft.statement)
    expect(link).to_be_visible()
    nearest.get_by_text("Why").click()
    expect(nearest.get_by_text("Words in both, the rarest first:")).to_be_visible()
    assert axe(desk) == []


def test_without_scripts_a_button_asks_in_a_new_tab_and_the_form_stays(
    window: Callable[..., Page], sign_in: Callable[[Page, User], None], site: str
) -> None:
    page = window(java_script_enabled=False)
    sign_in(page, UserFactory.create(role="Editor"))
    page.goto(f"{site}/admin/claims/claim/add/")
    page.get_by_role("textbox", name="Claim:", exact=True).fill("The water district lost records")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Has this been checked?").click()
    expect(opened.value.get_by_role("link", name=STATEMENT)).to_be_visible()
    expect(page.get_by_role("textbox", name="Claim:", exact=True)).to_have_value("The water district lost records")
