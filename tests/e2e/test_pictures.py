"""Pictures on a claim's page and in the desk's form, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factcheck.accounts.models import User
from tests.e2e.conftest import LOOKS, Axe, Theme
from tests.factories import ClaimFactory, PictureFactory, UserFactory, picture_bytes, picture_file, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_claim_with_two_pictures_breaks_no_rule_and_fits_its_frame(
    page: Page, axe: Axe, site: str, width: int, theme: Theme
) -> None:
    claim = ClaimFactory.create(explanation="The report adds three.\n\n![](picture:2)\n\nSo it is **not** four.")
    for colour, size in (("teal", (240, 160)), ("navy", (1600, 900))):
        PictureFactory.create(claim=claim, file=picture_file(colour, size))
    published(claim)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{site}/claims/{claim.slug}/")
    pictures = page.locator(".prose figure img")
    expect(pictures).to_have_count(2)
    for picture, (wide, high) in zip(pictures.all(), ((1600, 900), (240, 160)), strict=True):
        before = picture.bounding_box()
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", wide)
        after = picture.bounding_box()
        assert before
        assert after
        assert (before["width"], before["height"]) == (after["width"], after["height"])  # nothing moved
        assert after["width"] == pytest.approx(after["height"] * wide / high, rel=0.02)
        assert after["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []


@pytest.mark.parametrize("has_scripts", [True, False])
def test_an_editor_adds_a_picture_and_sees_it_in_the_preview(
    window: Callable[..., Page], sign_in: Callable[[Page, User], None], site: str, tmp_path: Path, has_scripts: bool
) -> None:
    file = tmp_path / "chart.png"
    file.write_bytes(picture_bytes("teal", (640, 360)))
    claim = ClaimFactory.create()
    desk = window(java_script_enabled=has_scripts)
    sign_in(desk, UserFactory.create(role="Editor"))
    desk.goto(f"{site}/admin/claims/claim/{claim.pk}/change/")
    desk.locator("#pictures-0 summary").click()
    desk.locator("#id_pictures-0-upload").set_input_files(file)
    desk.locator("#id_pictures-0-alt").fill("A chart that rises")
    desk.locator("#id_pictures-0-credit").fill("Our own chart")
    desk.get_by_role("button", name="Save and continue editing").click()
    desk.locator("#pictures-0 summary").click()
    expect(desk.locator(".picture-now")).to_have_attribute("width", "640")
    if has_scripts:
        desk.wait_for_load_state("load")
        assert "draft" not in desk.evaluate("Object.keys(localStorage).join()")  # what was stored isn't offered again
    desk.goto(f"{site}/admin/claims/claim/{claim.pk}/preview/")
    expect(desk.get_by_role("img", name="A chart that rises")).to_have_attribute("width", "640")
