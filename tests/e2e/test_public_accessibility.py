"""The public pages as people with all sorts of eyes, hands and screens meet them."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from claims.choices import PageKind, Stance
from claims.models import Claim, PageVersion, Rating
from tests.claims.outlets.pages.pages import FIGURES, LISTS, TEXTS, claim_pages, name_pages
from tests.e2e.conftest import Axe, looked_at
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    redacted,
    withdrawn,
)

pytestmark = pytest.mark.django_db(transaction=True)


def addresses(site: str) -> list[str]:
    """Every kind of page, of a record with all that can stand on one."""
    topic = TopicFactory(slug="water", description="What runs through pipes.")
    claim: Claim = ClaimFactory(
        topics=[topic], notice="Proposed.", missing="The contract\nThe bill", claimed_on="2024-05"
    )
    for stance in Stance:
        EvidenceFactory(claim=claim, stance=stance, quote="as written", source=SourceFactory(interest="Its own."))
    claim = corrected(published(claim), rating=Rating.objects.get(slug="unverified"))
    for rating in Rating.objects.filter(on_scale=True):
        published(rating=rating)
    withdrawn(published())
    one_of_each = {path.split("/")[1]: path for path in name_pages()}.values()
    PageVersion.objects.create(
        page=PageKind.FUNDING,
        number=1,
        text="Our **money**.",
        owner="A society.",
        funders=[{"funder": "A trust", "year": "2024", "share": "12.5"}],
        reason="Said for the first time.",
        proposed_by_id="AB",
        published_by_id="CD",
    )
    newsroom = ["/about/funding/", "/about/funding/versions/1/"]
    paths = [*LISTS, *FIGURES, *TEXTS, *newsroom, *claim_pages(claim), *one_of_each, "/api/"]
    return [f"{site}{path}" for path in paths if path != "/robots.txt"]


# No line can break within it, except anywhere.
LONG = "Donaudampfschifffahrtsgesellschaft" * 4 + "s"


def long_words(number: int) -> Claim:
    """A claim of words that fill no line, in every field that readers see."""
    publisher = PublisherFactory(name=f"{LONG}{number}")
    source = SourceFactory(
        title=LONG, publisher=publisher, interest=LONG, authors=[LONG], address=f"https://a.example/{LONG}{number}"
    )
    claim: Claim = ClaimFactory(
        statement=f"{LONG} {number}",
        headline=LONG,
        summary=LONG,
        explanation=f"{LONG} `{LONG}`\n\n- [{LONG}](https://a.example/{LONG})",
        method=LONG,
        missing=LONG,
        notice=f"{LONG}{number}",
        places=[LONG[:100]],
        date_note=LONG,
        selection_reason=LONG,
        claimant=ClaimantFactory(name=f"{LONG}{number}", role=LONG),
        topics=[TopicFactory(name=f"{LONG}{number}"[-100:], description=LONG)],
        appearances=[],
        evidence=[],
    )
    AppearanceFactory(claim=claim, source=source, exact=LONG, prefix=LONG, suffix=LONG, locator=LONG[:100])
    for stance in Stance:
        EvidenceFactory(
            claim=claim,
            source=source,
            stance=stance,
            finding=LONG,
            origin=LONG,
            quote=LONG,
            locator=LONG[:100],
            is_primary=False,
            secondary_reason=LONG,
            note=LONG,
        )
    return published(claim)


def too_wide(page: Page) -> list[str]:
    """What is wrong with it on the narrowest screen: a window of 1280 at 400 % has 320 pixels (WCAG 2.2, 1.4.10)."""
    page.set_viewport_size({"width": 320, "height": 900})
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{page.url[:100]}: {width} px wide"] if width > 320 else []


def test_no_page_breaks_a_rule_or_its_frame(page: Page, axe: Axe, site: str) -> None:
    usual = addresses(site)
    hostile = [long_words(number) for number in range(2)]
    first = corrected(hostile[0], reason=LONG, summary=f"Other {LONG}", rating=Rating.objects.get(slug="false"))
    breaches = []
    for address in usual:
        page.goto(address)
        breaches += [f"{address} {look}: {breach}" for look in looked_at(page) for breach in axe(page)]
        breaches += too_wide(page)
    for path in [*claim_pages(first), *name_pages(), f"/claims/?q={LONG}", f"/claims/?sort={LONG}"]:
        page.goto(f"{site}{path}")
        breaches += too_wide(page)
    assert breaches == []


def test_the_answers_to_a_pasted_text_break_no_rule(page: Page, axe: Axe, site: str) -> None:
    published(statement="The council spent 356 million.", notice="Proposed.")
    published(statement="The council spent 12 million.", headline="The council spent 11 million")
    post = "The council spent 356 million, they say. "
    for text in (post, f"{post}Nothing else happened on that very long afternoon in the town. " * 6):
        page.goto(f"{site}/check/")
        page.get_by_label("Text or link").fill(text)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", name="Results")).to_be_visible()
        page.locator(".why summary").first.click()
        for look in looked_at(page):
            tag = page.locator(".card-verdict .tag").first.bounding_box()
            rating = page.locator(".card-verdict .rating").first.bounding_box()
            assert tag
            assert rating
            assert tag["x"] + tag["width"] + 8 <= rating["x"], look  # in one row, with a gap
            assert axe(page) == [], look


def test_a_reader_gets_from_a_filter_to_what_changed_by_keyboard(page: Page, site: str) -> None:
    published()
    corrected(published(), rating=Rating.objects.get(slug="unverified"))
    page.goto(f"{site}/claims/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("link", name="Skip to the results").focus()
    expect(page.get_by_role("link", name="Skip to the results")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Unverified").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 claim", exact=True)).to_be_focused()
    expect(page).to_have_title("Unverified – Checks – Factcheck")
    page.get_by_role("main").get_by_role("heading", level=3).get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="See what changed").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()


def test_the_filters_are_behind_a_button_on_a_phone_and_beside_the_list_elsewhere(page: Page, site: str) -> None:
    published(rating=Rating.objects.get(slug="unverified"))
    page.goto(f"{site}/claims/?rating=unverified")
    choice = page.get_by_role("link", name="Unverified 1")
    expect(choice).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 900})
    expect(choice).to_be_hidden()
    page.get_by_text("Filter (1)").click()
    expect(choice).to_be_visible()
    page.goto(f"{site}/about/how-it-works/")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.locator("summary", has_text="Search").first.click()
    page.get_by_role("searchbox").fill("council")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/claims/?q=council")


def test_no_component_breaks_a_rule(page: Page, axe: Axe, site: str, settings: LazySettings) -> None:
    settings.DEBUG = True
    page.goto(f"{site}/about/components/")
    assert [f"{look}: {breach}" for look in looked_at(page) for breach in axe(page)] == []


def test_a_printed_claim_is_its_text_and_where_it_leads(page: Page, site: str) -> None:
    claim = ClaimFactory.create(notice="Proposed.", rating=Rating.objects.get(slug="false"))
    for number in range(5):
        EvidenceFactory.create(claim=claim, finding=f"Finding {number}.")
    claim = published(claim)
    page.goto(f"{site}/claims/{claim.slug}/")
    expect(page.get_by_text("Finding 4.")).to_be_hidden()
    page.emulate_media(media="print")
    # What is folded on the screen is on the paper.
    expect(page.get_by_text("Finding 4.")).to_be_visible()
    for name in ("Site", "On this page"):
        expect(page.get_by_role("navigation", name=name)).to_have_count(0)
    for text in ("False", "Proposed.", "Link to version 1"):
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
    link = page.locator(".source-title a").first
    expect(page.get_by_text("BibTeX").locator("visible=true")).to_have_count(0)
    assert "https://news.example/" in link.evaluate("link => getComputedStyle(link, '::after').content")
    verdict = page.locator(".verdict")
    assert verdict.evaluate("verdict => getComputedStyle(verdict).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert verdict.evaluate("verdict => getComputedStyle(verdict).borderBlockEndStyle") == "solid"
    cut = page.locator(".verdict .mark .cut")
    assert cut.evaluate("cut => getComputedStyle(cut).stroke") == "rgb(255, 255, 255)"


def test_no_page_of_an_error_breaks_a_rule_and_each_leads_on(browser: Browser, axe: Axe, site: str) -> None:
    """On a page of its own: a browser complains of the status."""
    page = browser.new_page()
    gone = withdrawn(published()).slug
    told = redacted(corrected(published())).slug
    for path, status in [
        *((f"/{LONG}", 404), (f"/claims/{gone}/", 410), (f"/claims/{gone}/card.png", 410)),
        *((f"/claims/{told}/revisions/1/", 410), ("/topics/", 200)),
    ]:
        answer = page.goto(f"{site}{path}")
        assert answer
        assert answer.status == status
        assert [*too_wide(page), *axe(page)] == []
        page.get_by_role("main").get_by_role("link", name="All checks").click()
        expect(page.get_by_role("heading", name="Checks", level=1)).to_be_visible()
    page.close()
