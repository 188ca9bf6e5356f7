"""Whole walks through the site, each as one person does it: what the tutorial tells, what a reader looks up."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from claims.models import Claim, Rating
from factcheck.accounts.models import User
from tests.factories import ClaimFactory, SourceFactory, UserFactory, corrected, published

Window = Callable[..., Page]
SignIn = Callable[[Page, User], None]

PASSWORD = "four small boats at dawn"
FOCUS = """() => {
    const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
    const {top, bottom, width} = document.activeElement.getBoundingClientRect();
    return outlineStyle !== 'none' && outlineWidth !== '0px' && width > 0 && bottom > 0 && top < innerHeight;
}"""


def click(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def write(page: Page, field: str, text: str) -> None:
    page.get_by_role("textbox", name=field, exact=field.endswith(":")).fill(text)


def written(page: Page, field: str) -> str:
    return page.get_by_role("textbox", name=field).input_value()


def confirm(page: Page, act: str) -> None:
    """Press it and see it done, so that what others do next comes after it."""
    press(page, act)
    expect(page.locator(".messagelist .success")).to_be_visible()


def do(page: Page, act: str) -> None:
    """Choose an act beside the claim's form, and confirm it on its own page."""
    click(page, act)
    confirm(page, act)


def correct(page: Page, kind: str, reason: str) -> None:
    click(page, "Correct")
    page.get_by_role("radio", name=kind).check()
    write(page, "Reason", reason)
    confirm(page, "Correct")


def log_in(page: Page, site: str, person: User) -> None:
    page.goto(f"{site}/admin/")
    write(page, "Username", person.username)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")


def search(page: Page, field: str, words: str, found: str) -> None:
    """Type into a choice that searches, and take what it finds."""
    page.get_by_role("textbox", name=field, exact=True).click()
    page.get_by_role("searchbox", name=field).press_sequentially(words)
    page.get_by_role("option", name=found).click()


def at_the_desk(site: str, claim: Claim) -> str:
    return site + reverse("admin:claims_claim_change", args=[claim.pk])


@pytest.fixture
def people(site: str) -> list[User]:
    """Two editors with a password, as the tutorial has them."""
    editors = [UserFactory.create(username=name, role="Editor") for name in ("ana", "ben")]
    for editor in editors:
        editor.set_password(PASSWORD)
        editor.save()
    return editors


def log_the_article(page: Page) -> None:
    page.get_by_role("navigation", name="Desk").get_by_role("link", name="Sources").click()
    click(page, "Add source")
    write(page, "Title", "The bridges that nobody paid for")
    with page.expect_popup() as opened:
        page.get_by_title("Add another publisher").click()
    write(opened.value, "Name", "The Morning Wire")
    press(opened.value, "Save")
    expect(page.get_by_label("Publisher: The Morning Wire")).to_be_visible()
    page.get_by_label("Kind").select_option("News report")
    write(page, "Web address:", "https://morning.example/bridges")
    write(page, "Published", "2025-06")
    write(page, "Interest", "Its owner builds bridges.")
    press(page, "Save and continue editing")


def log_a_claim(page: Page) -> None:
    click(page, "Log a claim from this article")
    write(page, "Claim:", "The city spent 9 million on bridges in 2025.")
    expect(page.get_by_label("Article, appearance 1: The bridges that nobody paid for")).to_be_visible()
    write(page, "Exact words, appearance 1", "nine million, gone into bridges")
    write(page, "Locator, appearance 1", "paragraph 14")
    page.locator("#evidence-0 summary").click()
    search(page, "Source, evidence 1", "budget", "Budget of the city, 2025")
    page.get_by_label("Position, evidence 1").select_option("Contradicts")
    write(page, "What the source says, evidence 1", "The budget has 4 million for bridges.")
    # It offers the origins of other evidence, so it is a combobox.
    page.get_by_role("combobox", name="Independent source, evidence 1").fill("The city's treasury")
    press(page, "Save and continue editing")
    expect(page.get_by_text("Choose a rating.")).to_be_visible()
    page.get_by_label("Rating:").select_option("False")
    write(page, "Summary", "The city spent 4 million.")
    write(page, "Explanation", "The budget says **3 million**.")
    press(page, "Save and continue editing")
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()


def test_an_article_is_checked_as_the_tutorial_tells(page: Page, window: Window, site: str, people: list[User]) -> None:
    SourceFactory.create(title="Budget of the city, 2025")
    writer, reviewer, reader = page, window(), window(java_script_enabled=False)

    log_in(writer, site, people[0])
    log_the_article(writer)
    log_a_claim(writer)
    do(writer, "Submit for review")

    log_in(reviewer, site, people[1])
    click(reviewer, "1 waiting for review")
    click(reviewer, "The city spent 9 million on bridges in 2025.")
    click(reviewer, "How it will look to readers")
    expect(reviewer.get_by_text("The budget says 3 million.")).to_be_visible()
    reviewer.go_back()
    do(reviewer, "Approve")
    do(reviewer, "Publish")
    reader.goto(site)
    click(reader, "“The city spent 9 million on bridges in 2025.”")
    expect(reader.get_by_text("The budget says 3 million.")).to_be_visible()

    writer.reload()
    write(writer, "Explanation", "The budget says **4 million**.")
    press(writer, "Save and continue editing")
    do(writer, "Submit for review")
    reviewer.reload()
    do(reviewer, "Approve")
    correct(reviewer, "Minor correction", "We had miscopied the figure.")

    reader.reload()
    expect(reader.get_by_text("The budget says 4 million.")).to_be_visible()
    expect(reader.get_by_text("We had miscopied the figure.").first).to_be_visible()
    click(reader, "Version 1")
    expect(reader.get_by_text("The budget says 3 million.")).to_be_visible()
    click(reader, "Version 2")
    expect(reader.get_by_role("region", name="What changed").get_by_role("deletion")).to_contain_text("3")
    click(reader, "Corrections")
    expect(reader.get_by_text("We had miscopied the figure.")).to_be_visible()


def test_a_verdict_comes_to_readers_and_is_corrected_without_scripts(
    window: Window, site: str, people: list[User]
) -> None:
    claim = ClaimFactory.create(by=people[0], statement="The river runs north.", summary="It runs south.")
    writer, reviewer = [window(java_script_enabled=False) for _ in people]
    for person, theirs in zip(people, [writer, reviewer], strict=True):
        log_in(theirs, site, person)
        theirs.goto(at_the_desk(site, claim))

    do(writer, "Submit for review")
    reviewer.reload()
    do(reviewer, "Approve")
    do(reviewer, "Publish")
    writer.reload()
    write(writer, "Summary", "It runs west.")
    press(writer, "Save and continue editing")
    do(writer, "Submit for review")
    reviewer.reload()
    do(reviewer, "Approve")
    correct(reviewer, "Substantial correction", "The map was upside down.")

    reviewer.get_by_role("link", name="Readers see it").click()
    expect(reviewer.get_by_text("It runs west.")).to_be_visible()
    expect(reviewer.get_by_text("The map was upside down.").first).to_be_visible()


def test_a_reader_follows_a_verdict_to_its_evidence_and_its_history_without_scripts(window: Window, site: str) -> None:
    map_ = SourceFactory.create(title="Map of the valley")
    claim = published(statement="The river runs north.", summary="It runs west.", evidence=[map_])
    corrected(claim, summary="It runs south.", reason="The map was upside down.")
    published(statement="The bridge over the river is old.", rating=Rating.objects.get(slug="true"))
    published(statement="The school is new.")
    reader = window(java_script_enabled=False)

    reader.goto(site)
    reader.get_by_label("Search, or paste a link or a text").fill("rivr")
    reader.get_by_role("button", name="Search").click()
    expect(reader.get_by_text("Showing results for river")).to_be_visible()
    expect(reader.get_by_role("status")).to_have_text("2 claims")
    reader.get_by_role("link", name="Mostly false 1").click()
    expect(reader.get_by_role("status")).to_have_text("1 claim")
    expect(reader.get_by_text("The bridge over the river is old.")).to_be_hidden()

    click(reader, "“The river runs north.”")
    against = (
        reader.get_by_role("region", name="The evidence").get_by_role("article").filter(has_text="Against the claim")
    )
    expect(against.get_by_role("link", name="Map of the valley")).to_be_visible()
    against.get_by_role("link", name="All claims that use it").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Map of the valley")
    click(reader, "“The river runs north.”")

    click(reader, "See what changed")
    expect(reader.get_by_role("region", name="What changed").get_by_role("deletion")).to_contain_text("west")
    click(reader, "Version 1")
    expect(reader.get_by_text("This is an old version, as we published it.")).to_be_visible()
    expect(reader.get_by_text("It runs west.")).to_be_visible()

    click(reader, "Corrections")
    expect(reader.get_by_text("The map was upside down.")).to_be_visible()


def test_a_claim_is_reached_and_opened_from_the_home_page_by_keyboard(page: Page, site: str) -> None:
    published(statement="The river runs north.")
    page.goto(site)

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")

    reached = page.get_by_role("link", name="The river runs north.")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS), "the focus cannot be seen"
        if "The river runs north." in page.evaluate("document.activeElement.textContent"):
            break
    expect(reached).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("“The river runs north.”")


def test_the_second_of_two_who_save_loses_nothing_typed(
    window: Window, site: str, sign_in: SignIn, complaints: list[str]
) -> None:
    claim = ClaimFactory.create(summary="It runs north.")
    first, second = window(), window()
    for editor in (first, second):
        sign_in(editor, UserFactory.create(role="Editor"))
        editor.goto(at_the_desk(site, claim))
    write(second, "Summary", "It runs west.")
    write(second, "Explanation", "The *map* says so.")
    second.locator("#evidence-0 summary").click()
    write(second, "What the source says, evidence 1", "The arrow points west.")

    write(first, "Summary", "It runs south.")
    write(first, "Date note", "Said on market day.")
    confirm(first, "Save")
    press(second, "Save")

    conflict = second.get_by_role("region", name="This was changed since you opened it")
    expect(conflict.get_by_text("It runs south.").first).to_be_visible()
    assert written(second, "Summary") == "It runs west."
    assert written(second, "Explanation") == "The *map* says so."
    assert written(second, "What the source says, evidence 1") == "The arrow points west."
    assert written(second, "Date note") == "Said on market day."
    assert [complaint for complaint in complaints if "409" not in complaint] == []
    complaints.clear()  # the conflict itself, which the browser reports as a failed request

    confirm(second, "Save")
    claim.refresh_from_db()
    assert (claim.summary, claim.date_note) == ("It runs west.", "Said on market day.")
    assert claim.evidence.get().finding == "The arrow points west."
