"""An article is read and logged in a browser: with the mouse, with the keyboard alone, and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from claims.models import Appearance, Claim
from factcheck.accounts.models import User
from sources import texts
from sources.extraction import from_pasted
from sources.models import PassedSentence, Source
from tests.factories import ClaimantFactory, SourceFactory, UserFactory

TEXT = (
    "The council of Ostwick built 12 bridges in 2019. Mayor Ana Ruiz praised them.\n\n"
    "A picture 🌉🌉 shows them all. Ten percent of the budget went to bridges. Ten percent is a lot."
)


@pytest.fixture
def article(site: str) -> Source:
    source = SourceFactory.create(title="The bridges of Ostwick", authors=["Ana Ruiz"], published="2025-06-21")
    texts.bring_in(source, from_pasted(TEXT))
    return source


@pytest.fixture
def reading(desk: Page, site: str, article: Source) -> Page:
    desk.goto(f"{site}/admin/sources/source/{article.pk}/read/")
    return desk


def select(page: Page, words: str) -> None:
    """Select words as a mouse does, across sentences too."""
    page.evaluate(
        """words => {
            const walker = document.createTreeWalker(document.querySelector('.reading-text'), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const start = node.data.indexOf(words);
                if (start >= 0) {
                    document.getSelection().setBaseAndExtent(node, start, node, start + words.length);
                    return;
                }
            }
            throw new Error('The text has no such words in one piece.');
        }""",
        words,
    )


def test_selected_words_become_a_claim(reading: Page) -> None:
    select(reading, "percent of the budget")
    reading.get_by_role("toolbar").get_by_role("link", name="Log a claim").click()
    statement = reading.get_by_label("Claim:", exact=True)
    expect(statement).to_have_value("percent of the budget")
    expect(statement).to_be_focused()
    statement.fill("Ostwick spent a tenth of its budget on bridges.")
    reading.get_by_role("button", name="Save", exact=True).click()
    expect(
        reading.get_by_role("link", name="Ostwick spent a tenth of its budget on bridges.", exact=True)
    ).to_be_visible()
    expect(reading.locator("mark.placed")).to_have_text("percent of the budget")
    place = Appearance.objects.get()
    assert (place.exact, place.locator) == ("percent of the budget", "paragraph 2")
    # The emoji before them count as one character each.
    assert place.prefix.endswith("shows them all. Ten")


def test_everything_goes_by_keyboard(reading: Page) -> None:
    ruiz = ClaimantFactory.create(name="Ana Ruiz")
    reading.keyboard.press("j")
    expect(reading.locator(".sentence[aria-current]")).to_have_text("The council of Ostwick built 12 bridges in 2019.")
    reading.keyboard.press("ArrowDown")
    with reading.expect_response(lambda response: response.request.method == "POST"):
        reading.keyboard.press("d")
    expect(reading.locator(".sentence.passed")).to_have_text("Mayor Ana Ruiz praised them.")
    expect(reading.locator(".sentence[aria-current]")).to_contain_text("A picture")
    reading.keyboard.press("k")
    reading.keyboard.press("k")
    reading.keyboard.press("l")
    statement = reading.get_by_label("Claim:", exact=True)
    expect(statement).to_be_focused()
    # Keys are letters again in a field.
    reading.keyboard.type("jkmld")
    expect(statement).to_have_value("jkmldThe council of Ostwick built 12 bridges in 2019.")
    statement.fill("Ostwick built twelve bridges.")
    reading.get_by_role("combobox", name="Claimant").press("Enter")
    reading.get_by_role("searchbox").press_sequentially("Ana")
    expect(reading.get_by_role("option", name="Ana Ruiz")).to_be_visible()
    reading.keyboard.press("Enter")
    reading.get_by_role("button", name="Save and mark the next").press("Enter")
    expect(reading.locator("mark.selected")).to_have_text("A picture 🌉🌉 shows them all. ".strip())
    expect(reading.get_by_label("Claim:", exact=True)).to_have_value("A picture 🌉🌉 shows them all.")
    assert PassedSentence.objects.count() == 1
    assert Claim.objects.get().claimant == ruiz


def test_the_keys_can_be_switched_off(reading: Page) -> None:
    reading.get_by_text("Keys", exact=True).click()
    reading.get_by_label("Use these keys").uncheck()
    reading.reload()
    reading.keyboard.press("j")
    expect(reading.locator(".sentence[aria-current]")).to_have_count(0)


def test_what_is_typed_is_not_lost_by_marking_other_words(reading: Page) -> None:
    reading.keyboard.press("j")
    reading.keyboard.press("l")
    statement = reading.get_by_label("Claim:", exact=True)
    statement.fill("Typed.")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    reading.once("dialog", refuse)
    select(reading, "12 bridges")
    reading.get_by_role("toolbar").get_by_role("link", name="Log a claim").click()
    expect(statement).to_have_value("Typed.")
    assert asked == ["Leave the form? What you typed in it is lost."]
    reading.once("dialog", lambda dialog: dialog.accept())


def test_everything_goes_without_scripts(
    window: Callable[..., Page], sign_in: Callable[[Page, User], None], site: str
) -> None:
    page = window(java_script_enabled=False)
    sign_in(page, UserFactory.create(role="Reporter"))
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Bring an article in").click()
    page.get_by_label("Title:").fill("The bridges of Ostwick")
    page.get_by_label("Publisher:", exact=True).fill("Ostwick Post")
    page.get_by_label("It is a new publisher").check()
    page.get_by_label("Authors:").fill("Ana Ruiz")
    page.get_by_label("Text:").fill(TEXT)
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_role("link", name="Paragraph 2: choose a sentence").click()
    page.get_by_role("link", name="Mark this sentence: Ten percent of the budget went to bridges.").click()
    page.get_by_role("link", name="Log a claim").click()
    page.get_by_label("Exact words:").fill("Ten percent of the budget")
    page.get_by_label("Claim:", exact=True).fill("Ostwick spent a tenth on bridges.")
    page.get_by_role("button", name="Save and mark the next").click()
    expect(page.get_by_label("Claim:", exact=True)).to_have_value("Ten percent is a lot.")
    page.get_by_role("link", name="Another place of a claim").click()
    page.get_by_role("radio", name="Ostwick spent a tenth on bridges.").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("mark.placed")).to_have_count(2)
    assert list(Appearance.objects.values_list("exact", flat=True)) == [
        "Ten percent of the budget",
        "Ten percent is a lot.",
    ]
