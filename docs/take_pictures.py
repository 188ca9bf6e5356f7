"""Take the README's pictures from a running site: `DESK_USER=… DESK_PASSWORD=… python docs/take_pictures.py <address>`.

Writes docs/images/home.png, claim.png and desk-claim.png. Needs the same programs as `make test`.
Use it with the demo: it opens the newest claim of the starter data, for readers and at the desk, and changes nothing.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
# Every reader of the README loads all pictures at once.
MAX_BYTES = 250_000
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def save(page: Page, name: str) -> None:
    """Save a screenshot of the window as docs/images/`name`. Raises SystemExit if the file is too large."""
    page.wait_for_load_state("networkidle")
    picture = page.screenshot(path=IMAGES / name, scale="css")
    if len(picture) > MAX_BYTES:
        sys.exit(f"{name} has {len(picture)} bytes; the limit is {MAX_BYTES}. Show less in the picture.")


def take_pictures(page: Page, address: str, *, user: str, password: str) -> None:
    """Take pictures of the front page, of its newest claim, and of the same claim at the desk."""
    page.goto(address)
    save(page, "home.png")

    page.locator("article.card h3 a").first.click()
    save(page, "claim.png")
    slug = page.url.rstrip("/").rpartition("/")[2]

    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{address}/admin/claims/claim/?q={slug}")
    page.locator("#result_list tbody th a").first.click()
    save(page, "desk-claim.png")


def main() -> None:
    """Read the address and the sign-in from the command line and the environment, and take the pictures."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    user, password = os.environ.get("DESK_USER"), os.environ.get("DESK_PASSWORD")
    if len(sys.argv) != 2 or not user or not password:  # noqa: PLR2004
        sys.exit(__doc__)
    if chromium is None:
        sys.exit(f"Chromium isn't installed. Install one of: {', '.join(CHROMIUM)}.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        quiet = ["--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet + sandbox)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce")
        take_pictures(page, sys.argv[1].rstrip("/"), user=user, password=password)
        browser.close()


if __name__ == "__main__":
    main()
