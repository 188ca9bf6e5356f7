"""A verdict on a page of another site, in a real browser."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, FrameLocator, Page, expect

from claims.models import Rating
from tests.e2e.conftest import LOOKS, Axe, looked_at
from tests.factories import corrected, published, withdrawn

Window = Callable[..., Page]

pytestmark = pytest.mark.django_db(transaction=True)


class Elsewhere:
    """Another site: a server of its own, with one page that holds what is pasted into it."""

    pasted = ""
    address = ""

    def page(self) -> bytes:
        head = '<title>Another site</title><meta name="color-scheme" content="light dark">'
        return f'<!doctype html><html lang="en"><head>{head}</head><main>{self.pasted}</main></html>'.encode()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    site = Elsewhere()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(site.page())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        site.address = f"http://127.0.0.1:{server.server_port}/a-page"
        yield site
        server.shutdown()


@pytest.fixture(autouse=True)
def _site_url(settings: LazySettings, site: str) -> None:
    settings.SITE_URL = site


def copied(page: Page, site: str, slug: str) -> str:
    """What somebody copies from the claim's page."""
    page.goto(f"{site}/claims/{slug}/")
    return page.get_by_label("Embed this check").input_value()


def card(page: Page, elsewhere: Elsewhere) -> FrameLocator:
    page.goto(elsewhere.address)
    shown = page.frame_locator("iframe")
    # Its styles come, though a frame in a sandbox has no origin that they could be of.
    expect(shown.locator(".embed")).to_have_css("border-block-start-width", "4px")
    return shown


def test_a_pasted_code_shows_the_verdict_that_stands(window: Window, site: str, elsewhere: Elsewhere) -> None:
    page = window()
    claim = published(statement="The river runs west.", rating=Rating.objects.get(slug="mostly-false"))
    elsewhere.pasted = copied(page, site, claim.slug)
    shown = card(page, elsewhere)
    expect(shown.get_by_role("heading", name="Mostly false: “The river runs west.”")).to_be_visible()
    expect(shown.locator(".rating-word")).to_have_text("Mostly false")
    expect(shown.get_by_text("Rating changed")).to_have_count(0)

    corrected(claim, reason="The map was upside down.", rating=Rating.objects.get(slug="true"))
    page = window()  # whose browser has not kept the card of a moment ago
    shown = card(page, elsewhere)
    expect(shown.locator(".rating-word")).to_have_text("True")
    expect(shown.get_by_text("Rating changed")).to_be_visible()
    expect(shown.get_by_text("Mostly false → True")).to_be_visible()

    with page.context.expect_page() as opened:
        shown.get_by_role("link", name="See the evidence").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text(re.compile("True: “The river runs west.”"))
    assert opened.value.url == f"{site}/claims/{claim.slug}/"
    assert opened.value.evaluate("window.opener") is None


def test_a_card_breaks_no_rule_and_not_its_frame(page: Page, axe: Axe, site: str) -> None:
    long = published(
        statement="The city council spent 356,000,000 dollars on Donaudampfschifffahrtsgesellschaften. " * 3,
        notice="Starter data: proposed from archived copies, not yet reviewed by this newsroom.",
    )
    for rating in Rating.objects.all():
        long = corrected(long, rating=rating) if rating != long.rating else long
        page.goto(f"{site}/embed/claims/{long.slug}/")
        for look in looked_at(page, [(280, "light"), *LOOKS], height=500):
            assert axe(page) == [], look
            expect(page.get_by_role("link", name="See the evidence")).to_be_in_viewport()


def test_nobody_scrolls_in_a_card_of_usual_length(page: Page, site: str, elsewhere: Elsewhere) -> None:
    claim = published(
        statement="About three in four of the people arrested since January 2025 had a conviction or a charge.",
        summary="The figure matches the agency's own count for its first 100 days, but the share was already falling.",
        notice="Starter data: a rating proposed from archived copies, not yet reviewed by this newsroom.",
    )
    claim = corrected(claim, rating=Rating.objects.get(slug="half-true"))
    elsewhere.pasted = copied(page, site, claim.slug)
    shown = card(page, elsewhere).locator("html")
    for look in looked_at(page, [(width, "light") for width in (320, 390, 600, 800)]):
        assert shown.evaluate("page => page.scrollHeight <= page.clientHeight"), look


def test_the_page_around_it_and_the_box_break_no_rule(page: Page, axe: Axe, site: str, elsewhere: Elsewhere) -> None:
    claim = published()
    elsewhere.pasted = f"<h1>News</h1>{copied(page, site, claim.slug)}"
    box = page.get_by_label("Embed this check")
    expect(box).to_have_attribute("readonly", "")
    expect(box).to_have_accessible_description(re.compile("Paste this code into your page"))
    assert axe(page) == []
    card(page, elsewhere)
    assert axe(page) == []


def test_the_code_is_there_without_scripts(window: Window, site: str) -> None:
    claim = published()
    assert copied(window(java_script_enabled=False), site, claim.slug).startswith(
        f'<iframe src="{site}/embed/claims/{claim.slug}/"'
    )


def test_a_withdrawn_claim_says_so_where_it_was_embedded(
    browser: Browser, axe: Axe, site: str, elsewhere: Elsewhere
) -> None:
    """In a window of its own: a browser complains of the status."""
    page = browser.new_page()
    claim = published(statement="The river runs west.")
    elsewhere.pasted = copied(page, site, claim.slug)
    withdrawn(claim, reason="The map was forged.")
    shown = card(page, elsewhere)
    expect(shown.get_by_text("The map was forged.")).to_be_visible()
    expect(shown.get_by_text("The river runs west.")).to_have_count(0)
    for path in (f"/embed/claims/{claim.slug}/", "/embed/claims/nothing/"):
        page.goto(f"{site}{path}")
        assert axe(page) == []
    page.close()


def test_no_other_page_can_be_framed(browser: Browser, site: str, elsewhere: Elsewhere) -> None:
    """In a window of its own: a browser complains of what it refuses."""
    page = browser.new_page()
    claim = published(statement="The river runs west.")
    for path in (f"/claims/{claim.slug}/", "/", "/admin/login/"):
        elsewhere.pasted = f'<iframe src="{site}{path}" title="A page"></iframe>'
        with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
            page.goto(elsewhere.address)
        expect(page.frame_locator("iframe").get_by_text("river")).to_have_count(0)
    page.close()
