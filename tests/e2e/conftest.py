"""A real browser on a real server on a real database. Run by itself: `pytest tests/e2e` (see README.md)."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Playwright
from pytest_django.live_server_helper import LiveServer

from factcheck.accounts.models import User
from tests.factories import UserFactory
from tests.properties import IS_LONG

HERE = Path(__file__).parent
AXE = (HERE / "axe.min.js").read_text(encoding="utf-8")
# WCAG 2.2, levels A and AA
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Each width and each theme once. With LONG=10, each width in each theme.
Theme = Literal["light", "dark"]
WIDTHS = (1280, 390)
THEMES: tuple[Theme, ...] = ("light", "dark")
LOOKS: list[tuple[int, Theme]] = list(product(WIDTHS, THEMES) if IS_LONG else zip(WIDTHS, THEMES, strict=True))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

Axe = Callable[[Page], list[str]]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only a run that names nothing but this folder collects it."""
    named = [Path(config.invocation_params.dir, argument.split("::")[0]).resolve() for argument in config.args]
    return None if all(path.is_relative_to(HERE) for path in named) else True


def looked_at(page: Page, looks: Sequence[tuple[int, Theme]] = LOOKS, height: int = 900) -> Iterator[str]:
    """The page in each width and theme; told by its name, and never wider than the screen."""
    for width, theme in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than {width} px"
        yield f"{width} px, {theme}"


@pytest.fixture(scope="session", autouse=True)
def _browser_beside_django() -> Iterator[None]:
    """Playwright's event loop runs in the thread of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="session")
def django_db_setup(playwright: Playwright, django_db_setup: None) -> None:
    """The test database, made and dropped while that loop runs.

    Django has other connections in a loop than outside of one. Outside, those of the tests would still be open when
    the database is dropped.
    """


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The installed Chromium, which calls nobody."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        missing = f"There is no Chromium for the browser tests. Install one of: {', '.join(CHROMIUM)}."
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    quiet = ["--disable-background-networking", "--no-first-run"]
    return {"executable_path": chromium, "args": quiet + (["--no-sandbox"] if os.geteuid() == 0 else [])}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains of in any window, such as a breach of the security policy. In the end, nothing."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def window(new_context: Callable[..., BrowserContext], complaints: list[str]) -> Callable[..., Page]:
    """Opens a window of a browser of its own; what it takes, such as `java_script_enabled`, is Playwright's."""

    def opened(**wishes: Any) -> Page:
        context = new_context(**wishes)
        context.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    return opened


@pytest.fixture
def page(window: Callable[..., Page]) -> Page:
    """A window of a browser with everything on."""
    return window()


@pytest.fixture
def site(live_server: LiveServer, committed: None) -> str:
    """The address of a running site; `committed` gives it the default ratings and roles."""
    return str(live_server.url)


@pytest.fixture
def sign_in(site: str) -> Callable[[Page, User], None]:
    """Gives a window the session of a person."""

    def signed_in(page: Page, person: User) -> None:
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])

    return signed_in


@pytest.fixture
def desk(page: Page, sign_in: Callable[[Page, User], None]) -> Page:
    """A page signed in as a chief editor."""
    sign_in(page, UserFactory.create(role="Chief editor"))
    return page


@pytest.fixture
def axe() -> Axe:
    """Looks for breaches of WCAG 2.2 AA in a page, each as a line: the rule, and where it is broken."""

    def breaches(page: Page) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        # Preloading would fetch stylesheets in a way that the content security policy refuses. What is right stays in
        # the browser: to hand over what axe says of each element takes as long as to look at it.
        run = "async rules => (await axe.run({runOnly: rules, preload: false})).violations"
        return [
            f"{found['id']}: {node['target']} {node['html'][:200]}"
            for found in page.evaluate(run, RULES)
            for node in found["nodes"]
        ]

    return breaches
