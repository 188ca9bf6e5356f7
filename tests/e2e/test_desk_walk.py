"""One walk through the desk's newer pages: axe, both widths and themes, and the keyboard, on one database."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from claims.choices import NameKind
from claims.desk import comments, workflow
from claims.models import Claim, ForeignCheck, ImportRun, SavedFilter
from factcheck.accounts.models import User
from tests.claims.desk.admin.test_imports import COLUMNS, upload
from tests.claims.desk.imports.test_imported_claims import ROW, imported
from tests.desk import signed_in
from tests.e2e.conftest import Axe
from tests.e2e.test_desk_accessibility import change, looked_at, merging, proposed_page
from tests.e2e.test_walks import FOCUS
from tests.factories import ForeignCheckFactory, UserFactory, corrected, published

_STOPS = 12
# Contrast depends on the theme and space on the width, so axe sees in two looks what it would see in four.


def edited(claim: Claim) -> Claim:
    """A published claim with two versions and a draft change."""
    corrected(claim, summary="The sum is wrong as well.")
    claim.refresh_from_db()
    claim.summary = "A draft."
    return workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def suggested(by: User) -> Claim:
    """A claim that an editor changed, with other values of the next import."""
    imported(ROW, by=by)
    claim = Claim.objects.get(statement=ROW["statement"])
    claim.summary = "Ours."
    workflow.edit(claim, by=by, version=1)
    imported({**ROW, "summary": "Theirs.", "evidence_1_finding": "Theirs too."}, by=by)
    return claim


def linked(claim: Claim) -> ForeignCheck:
    """A fact-check by another publisher that the page of the claim finds."""
    check: ForeignCheck = ForeignCheckFactory.create(claim=claim.statement)
    return check


def sheet() -> ImportRun:
    """A spreadsheet that was uploaded, and whose columns were chosen."""
    client = signed_in("Editor")
    upload(client)
    run = ImportRun.objects.latest("pk")
    client.post(f"/admin/claims/importrun/{run.pk}/columns/", {**COLUMNS, "dates": "dmy"})
    return run


def addresses(by: User) -> dict[str, str]:
    """Each page by its name."""
    claim = edited(published())
    comments.add(claim, f"Look at page 3, @{by.username}.", by=by)
    SavedFilter.objects.create(owner=by, name="Mine", query="view=mine")
    linked(claim)
    run = sheet()
    report = sheet()
    signed_in("Editor").post(f"/admin/claims/importrun/{report.pk}/ratings/", {"rating-0": "false"})
    act = change(claim).removesuffix("change/") + "act/"
    return {
        "others who checked this": f"{change(claim, 'others')}",
        "a label of another publisher": "/admin/claims/foreignlabel/",
        "comments": change(claim, "comments"),
        "saved filters": "/admin/claims/claim/filters/?view=mine",
        "list of claims with a saved filter": "/admin/claims/claim/?view=mine",
        "imports": "/admin/claims/importrun/",
        "upload": "/admin/claims/importrun/add/",
        "columns": f"/admin/claims/importrun/{run.pk}/columns/",
        "ratings": f"/admin/claims/importrun/{run.pk}/ratings/",
        "report": change(report),
        "suggestions": change(suggested(by), "suggestion"),
        "discard": f"{act}discard/",
        "choose a text to restore": f"{act}restore/",
        "restore": f"{act}restore/?text=version-1",
        "due date and priority": f"{act}plan/",
        "merge with a preview": merging(lambda: published().claimant, NameKind.CLAIMANT),
        "proposed page of the newsroom": change(proposed_page()),
    }


def trouble(page: Page, axe: Axe) -> list[str]:
    """What is wrong with a page: what axe finds, a width beyond the screen, and a focus that can't be seen."""
    found = [f"{look}: {breach}" for look in looked_at(page) for breach in axe(page)]
    page.set_viewport_size({"width": 1280, "height": 900})
    for _stop in range(_STOPS):
        page.keyboard.press("Tab")
        if not page.evaluate(FOCUS):
            found.append(f"no focus: {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}")
    return found


@pytest.fixture(autouse=True)
def _files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FETCH_ARTICLES = tmp_path, False


def test_axe_and_the_keyboard_find_nothing_on_the_newer_pages(page: Page, site: str, sign_in: Any, axe: Axe) -> None:
    person = UserFactory.create(role="Chief editor")
    sign_in(page, person)
    found = {}
    for name, address in addresses(person).items():
        answer = page.goto(site + address)
        assert answer is None or answer.ok, name
        found[name] = trouble(page, axe)

    page.goto(f"{site}/admin/sources/source/add-several/")
    page.get_by_role("textbox", name="List:").fill("https://post.example/bridges\nnonsense here")
    page.get_by_role("button", name="Read the list").click()
    expect(page.get_by_label("Create this source")).to_be_visible()
    found["add several"] = trouble(page, axe)

    assert {name: breaches for name, breaches in found.items() if breaches} == {}
