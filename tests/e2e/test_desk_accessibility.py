"""The desk as people with all sorts of eyes, hands and screens meet it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claims.models import Affiliation
from tests.doors import address
from tests.e2e.conftest import Axe, looked_at
from tests.factories import ClaimFactory, PublisherFactory, SourceFactory


def test_axe_finds_nothing_at_the_door(page: Page, site: str, axe: Axe) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    assert [breach for _look in looked_at(page) for breach in axe(page)] == []


def test_a_field_that_must_be_filled_in_is_marked(desk: Page, site: str) -> None:
    for model, field in (("claims/claim", "statement"), ("sources/source", "title")):
        desk.goto(f"{site}/admin/{model}/add/")
        label = desk.locator(f"label[for=id_{field}]")
        assert label.evaluate("label => getComputedStyle(label, '::after').content").startswith('" *"'), model
        # A screen reader says that it's required, and not "star".
        assert desk.locator(f"#id_{field}[required]").count() == 1, model
        assert desk.get_by_label(label.inner_text(), exact=True).count() == 1, model


def test_axe_finds_nothing_in_a_form_that_comes_back(desk: Page, site: str, axe: Axe) -> None:
    desk.goto(f"{site}/admin/sources/source/add/")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Please correct the errors below.")).to_be_visible()
    assert [breach for _look in looked_at(desk) for breach in axe(desk)] == []


@pytest.mark.parametrize("name", ["claimant", "claim"])
def test_axe_finds_nothing_where_two_people_saved(
    desk: Page, site: str, axe: Axe, name: str, complaints: list[str]
) -> None:
    claim: Any = ClaimFactory.create()
    Affiliation.objects.create(claimant=claim.claimant, name="City council")
    row, field, rows = {
        "claimant": (claim.claimant, "role", "affiliations-0-name"),
        "claim": (claim, "summary", "evidence-0-finding"),
    }[name]
    desk.goto(site + address(row))
    type(row).objects.filter(pk=row.pk).update(**{field: "Theirs."})
    desk.locator(f"[name={field}]").fill("Mine.")
    if name == "claim":
        desk.locator("#evidence-0 summary").click()
    desk.locator(f"[name={rows}]").fill("My row.")
    desk.get_by_role("button", name="Save", exact=True).click()

    conflict = desk.get_by_role("region", name="This was changed since you opened it")
    expect(conflict).to_contain_text("Theirs.")
    expect(desk.locator(f"[name={field}]")).to_have_value("Mine.")
    assert [f"{look}: {breach}" for look in looked_at(desk) for breach in axe(desk)] == []

    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    row.refresh_from_db()
    assert getattr(row, field) == "Mine."
    assert [complaint for complaint in complaints if "409" not in complaint] == []
    complaints.clear()  # the conflict itself, which the browser reports as a failed request


def test_a_choice_that_searches_says_its_name_and_what_is_chosen(desk: Page, site: str, axe: Axe) -> None:
    PublisherFactory.create(name="The Denver Post")
    desk.goto(f"{site}/admin/sources/source/add/")

    desk.locator(".field-publisher [role=combobox]").click()
    desk.get_by_role("searchbox", name="Publisher").press_sequentially("denver")
    expect(desk.get_by_role("option", name="The Denver Post")).to_be_visible()
    assert axe(desk) == []

    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Publisher: The Denver Post")).to_be_visible()


def test_a_publisher_is_added_without_leaving_the_source(desk: Page, site: str) -> None:
    desk.goto(f"{site}/admin/sources/source/add/")
    with desk.expect_popup() as opened:
        desk.get_by_title("Add another publisher").click()
    popup = opened.value
    popup.get_by_label("Name").press_sequentially("The Denver Post")
    expect(popup.get_by_label("Slug")).to_have_value("the-denver-post")
    popup.get_by_role("button", name="Save").click()

    expect(desk.get_by_label("Publisher: The Denver Post")).to_be_visible()


def test_a_row_that_is_added_has_names_as_well(desk: Page, site: str, axe: Axe) -> None:
    desk.goto(f"{site}/admin/claims/claimant/add/")
    desk.get_by_text("Add another Affiliation").click()
    expect(desk.locator("#affiliations-0 [name$=-name]")).to_have_accessible_name("Name, affiliation new")
    assert axe(desk) == []


def test_each_row_names_its_own_source(desk: Page, site: str) -> None:
    claim = ClaimFactory.create(evidence=SourceFactory.create_batch(2))
    desk.goto(site + address(claim))
    for row, evidence in enumerate(claim.evidence.order_by("order"), start=1):
        desk.get_by_text(f"Evidence {row}:").click()
        expect(desk.get_by_label(f"Source, evidence {row}: {evidence.source.title} (")).to_be_visible()
