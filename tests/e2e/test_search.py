"""A reader with half-remembered words: with scripts and without, the same addresses and the same claims."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from claims.models import Rating
from tests.factories import published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _claims(site: str) -> None:
    published(statement="The zeppelin cost $356 million.", rating=Rating.objects.get(slug="false"))
    published(statement="The zeppelin is large.", rating=Rating.objects.get(slug="true"))
    published(statement="A bridge is long.", rating=Rating.objects.get(slug="true"))


def statements(page: Page) -> list[str]:
    return page.get_by_role("heading", level=3).all_inner_texts()


def test_typing_and_choosing_swap_the_list(page: Page, site: str) -> None:
    page.goto(f"{site}/claims/")
    expect(page.get_by_text("3 claims", exact=True)).to_be_visible()
    page.evaluate("document.body.dataset.stays = 'here'")
    box = page.get_by_label("Search, or paste a link or a text")
    box.press_sequentially("zepelin")
    expect(page.get_by_text("2 claims", exact=True)).to_be_visible()
    expect(box).to_be_focused()
    page.get_by_role("link", name="False 1").click()
    expect(page.get_by_text("1 claim", exact=True)).to_be_visible()
    expect(page.locator("mark", has_text="zeppelin")).to_be_visible()
    assert page.evaluate("document.body.dataset.stays") == "here"
    assert page.url == f"{site}/claims/?q=zepelin&rating=false"
    switch = page.get_by_role("link", name="Español")
    assert switch.get_attribute("href") == "/es/claims/?q=zepelin&rating=false"
    page.get_by_role("link", name="Remove Rating: False").click()
    expect(page.get_by_text("2 claims", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1 claim", exact=True)).to_be_visible()
    expect(page.get_by_label("Search, or paste a link or a text")).to_have_value("zepelin")


def test_it_is_the_same_without_scripts(window: Callable[..., Page], site: str) -> None:
    page = window(java_script_enabled=False)
    page.goto(site)
    page.get_by_label("Search, or paste a link or a text").fill("356M")
    page.get_by_role("button", name="Search").click()
    assert statements(page) == ["“The zeppelin cost $356 million.”"]
    page.get_by_label("Search, or paste a link or a text").fill("zepelin")
    page.get_by_role("button", name="Search").click()
    assert len(statements(page)) == 2
    page.get_by_role("link", name="False 1").click()
    assert statements(page) == ["“The zeppelin cost $356 million.”"]
    page.get_by_label("From").fill("2025")
    page.get_by_role("button", name="Show checks").click()
    assert "q=zepelin" in page.url
    assert "rating=false" in page.url
    assert "since=2025" in page.url
