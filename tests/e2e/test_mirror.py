"""A walk through a static copy of the site, served by a web server that knows nothing of it."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from playwright.sync_api import Page, Response, expect

from tests.e2e.conftest import WIDTHS
from tests.factories import ClaimantFactory, SourceFactory, corrected, published

Axe = Callable[[Page], list[str]]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, settings: LazySettings, db: None) -> Iterator[str]:
    """The address of a served copy: 21 claims, and the oldest of them corrected."""
    settings.WHITENOISE_USE_FINDERS = True
    article, claimant = SourceFactory(title="The bridges that nobody paid for"), ClaimantFactory(name="The mayor")
    claims = [
        published(
            slug=f"claim-{n}",
            statement=f"Claim number {n:02}.",
            appearances=[article],
            evidence=[article],
            claimant=claimant,
        )
        for n in range(21)
    ]
    corrected(claims[0], summary="The sum was wrong.", reason="We had miscopied the figure.")
    call_command("export_site", tmp_path / "mirror", stdout=StringIO(), stderr=StringIO())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "mirror")))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def failures(page: Page) -> Iterator[list[str]]:
    """What the page asked for in vain. In the end, nothing."""
    failed: list[str] = []

    def note(answer: Response) -> None:
        failed.extend([f"{answer.status} {answer.url}"] if answer.status >= 400 else [])

    page.on("response", note)
    page.on("requestfailed", lambda request: failed.append(request.url))
    yield failed
    assert failed == []


@pytest.mark.usefixtures("failures")
def test_a_reader_walks_from_the_front_page_to_an_old_version_in_spanish(page: Page, mirror: str, axe: Axe) -> None:
    for width in WIDTHS:
        walk(page, mirror, axe, width)


def walk(page: Page, mirror: str, axe: Axe, width: int) -> None:
    def click(name: str) -> None:
        page.get_by_role("link", name=name, exact=True).first.click()

    page.set_viewport_size({"width": width, "height": 900})
    page.goto(mirror)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    click("All checks")
    click("Next")
    expect(page).to_have_url(f"{mirror}/claims/page/2/")
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    expect(page.get_by_text("Search and filters work only there.")).to_be_visible()
    assert axe(page) == []
    click("Español")
    expect(page).to_have_url(f"{mirror}/es/claims/page/2/")
    click("English")
    click("“Claim number 00.”")
    expect(page.get_by_text("The sum was wrong.").first).to_be_visible()
    click("History")
    click("Version 1")
    expect(page.get_by_text("This is an old version, as we published it.")).to_be_visible()
    click("Español")
    expect(page).to_have_url(f"{mirror}/es/claims/claim-0/revisions/1/")
    assert page.evaluate("document.documentElement.lang") == "es"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    about = page.get_by_role("link", name="Qué hay en esta copia").get_attribute("href")
    assert "It includes everything published up to" in page.request.get(f"{mirror}{about}").text()
