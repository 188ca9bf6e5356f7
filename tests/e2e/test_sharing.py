"""A claim is passed on with one tap: by the system's sheet, by copying its link, or by plain links without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.factories import published

pytestmark = pytest.mark.django_db(transaction=True)
Window = Callable[..., Page]
# A browser without a sheet for sharing gets one that keeps what it was given.
SHEET = "navigator.share = given => { window.given = given; return Promise.reject(new DOMException('closed')); }"
NO_SHEET = "Object.defineProperty(navigator, 'share', {value: undefined})"


def test_where_there_is_a_sheet_it_gets_the_verdict_and_the_address(window: Window, site: str) -> None:
    page = window()
    page.add_init_script(SHEET)
    claim = published(statement="The river runs west.")
    page.goto(f"{site}/claims/{claim.slug}/")
    page.get_by_role("button", name="Share").click()
    given = page.evaluate("window.given")
    assert given["title"] == "Mostly false: “The river runs west”"
    assert given["text"] == "Mostly false: “The river runs west.” – why:"
    assert given["url"].endswith(f"/claims/{claim.slug}/")
    expect(page.get_by_role("link", name="WhatsApp")).to_be_hidden()


def test_the_link_is_copied_and_said_to_be(window: Window, site: str) -> None:
    page = window(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script(NO_SHEET)
    claim = published()
    page.goto(f"{site}/claims/{claim.slug}/")
    expect(page.get_by_role("link", name="WhatsApp")).to_be_visible()
    expect(page.get_by_role("button", name="Share")).to_be_hidden()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/claims/{claim.slug}/")


def test_without_a_script_there_are_links_and_no_dead_button(window: Window, site: str) -> None:
    page = window(java_script_enabled=False)
    claim = published()
    page.goto(f"{site}/claims/{claim.slug}/")
    ways = page.get_by_role("list", name="Share this check")
    assert ways.get_by_role("link").all_inner_texts() == ["WhatsApp", "Email", "Picture"]
    expect(ways.get_by_role("button")).to_have_count(0)
    expect(page.locator(".way-address")).to_contain_text(f"/claims/{claim.slug}/")
