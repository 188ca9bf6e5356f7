"""A link that is pasted into the picker of a source becomes the source, by keyboard alone."""

from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Page, expect

from sources.models import Source
from tests.e2e.conftest import Axe
from tests.factories import ClaimFactory

LINK = "https://post.example/bridges"


def test_a_pasted_link_becomes_the_source_of_a_row_by_keyboard(
    desk: Page, site: str, settings: LazySettings, axe: Axe
) -> None:
    settings.FETCH_ARTICLES = False
    claim = ClaimFactory.create(appearances=[], evidence=[])
    desk.goto(site + reverse("admin:claims_claim_change", args=[claim.pk]))
    desk.locator("#id_summary").fill("It runs south.")

    desk.locator("#evidence-0 summary").press("Enter")
    picker = desk.locator("#evidence-0 .field-source .select2-selection")
    dialog = desk.get_by_role("dialog", name="New source")

    def paste() -> None:
        picker.press("Enter")
        desk.get_by_role("searchbox", name="Source, evidence 1").press_sequentially(LINK)
        expect(desk.get_by_role("option", name="Add this web address as a source")).to_be_visible()
        desk.keyboard.press("Enter")
        expect(dialog.get_by_label("Title:")).to_be_focused()

    paste()
    desk.set_viewport_size({"width": 390, "height": 800})
    assert axe(desk) == []
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(picker).to_be_focused()

    paste()
    desk.keyboard.type("The bridges")
    desk.keyboard.press("Tab")
    desk.keyboard.type("Ostwick Post")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    desk.keyboard.press("Enter")
    expect(picker).to_be_focused()
    expect(picker).to_contain_text("The bridges (Ostwick Post")
    assert Source.objects.get().title == "The bridges"

    desk.get_by_label("Position, evidence 1").select_option("Contradicts")
    desk.get_by_role("textbox", name="What the source says, evidence 1").fill("It says 4 million.")
    desk.get_by_role("combobox", name="Independent source, evidence 1").fill("The city's treasury")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    assert claim.evidence.get().source == Source.objects.get()
