"""Takes the README's pictures of a running site: `DESK_USER=… DESK_PASSWORD=… python docs/take_pictures.py <address>`.

Writes docs/images/home.png, claim.png and desk-claim.png. Needs what `make test` needs.
Meant for the demo: it opens the newest claim of the starter data, for readers and at the desk, and changes nothing.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
# Readers of the README load all of them at once.
MOST_BYTES = 250_000
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def keep(page: Page, name: str) -> None:
    """Write what the window shows as docs/images/`name`. Raises SystemExit when that is too large."""
    page.wait_for_load_state("networkidle")
    picture = page.screenshot(path=IMAGES / name, scale="css")
    if len(picture) > MOST_BYTES:
        sys.exit(f"{name} has {len(picture)} bytes; {MOST_BYTES} are the most. Show less on it.")


def take(page: Page, address: str, *, user: str, password: str) -> None:
    """Walk from the front page to a claim, and to the same claim at the desk."""
    page.goto(address)
    keep(page, "home.png")

    newest = page.locator("article.card h3 a").first
    statement = newest.inner_text()
    newest.click()
    keep(page, "claim.png")

    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Desk").get_by_role("link", name="Claims").click()
    page.get_by_role("link", name=statement).click()
    keep(page, "desk-claim.png")


def main() -> None:
    """Read the address and the person, and take the pictures."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    user, password = os.environ.get("DESK_USER"), os.environ.get("DESK_PASSWORD")
    if len(sys.argv) != 2 or not user or not password:  # noqa: PLR2004
        sys.exit(__doc__)
    if chromium is None:
        sys.exit(f"There is no Chromium to take pictures with. Install one of: {', '.join(CHROMIUM)}.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        quiet = ["--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet + sandbox)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce")
        take(page, sys.argv[1].rstrip("/"), user=user, password=password)
        browser.close()


if __name__ == "__main__":
    main()
