"""The links of a static copy: which file an address becomes, which links a document has, and what becomes of them."""

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from factcheck.core import folder

# Doors that answer each caller anew; a copy leads to them on the site itself. docs/how-to/keep-a-mirror.md lists them.
LIVE_ONLY = (
    "/admin/",
    "/api/",
    "/v1alpha1/",
    "/$discovery/",
    "/discovery/",
    "/oembed",
    "/search/",
    "/check/",
    "/about/components/",
)
INDEX = "index.html"
_PAGE_OF_A_LIST = re.compile(r"page=([1-9][0-9]{0,3})\Z")

_LINKS = {"href", "src", "action", "content"}
_IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)""")


def file_of(address: str) -> str | None:
    """The file in which a copy holds an address of this site; None when only the site itself can answer it.

    Pages are folders with an index, and so are the further pages of a list: `/claims/?page=2` becomes
    `claims/page/2/index.html`. Any other query needs the site.
    """
    path, _, query = address.partition("?")
    number = _PAGE_OF_A_LIST.match(query)
    if path.startswith(LIVE_ONLY) or (query and not (number and path.endswith("/"))):
        return None
    if number and number[1] != "1":
        path += f"page/{number[1]}/"
    name = path.removeprefix("/") + (INDEX if path.endswith("/") else "")
    return name if folder.is_safe(name) else None


def internal(link: str, page: str) -> str | None:
    """The address on this site that a link on the page leads to, without its fragment; None when it leads elsewhere."""
    try:
        # Without the page's query: urljoin keeps it for "?", which has none.
        parts = urlsplit(urljoin(settings.SITE_URL + page.partition("?")[0], link))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def in_html(html: str, page: str) -> tuple[str, list[str]]:
    """The page as the copy holds it, and the links on it.

    A link to a file of the copy leads there, from wherever the page is now; one that only the site can answer becomes
    its complete address. Complete addresses stay.
    """
    reader = _Reader(html, page)
    return reader.copy, reader.found


class _Reader(HTMLParser):
    """Reads a page and writes it again, with other links where they change and every other byte as it was."""

    def __init__(self, html: str, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[str] = []
        self._html = html
        self._lines = [0, *(end.end() for end in re.finditer("\n", html))]
        self._pieces: list[str] = []
        self._written = 0
        self.feed(html)
        self.close()
        self.copy = "".join([*self._pieces, html[self._written :]])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        changed = [(name, self._led(name, value)) for name, value in attrs]
        if changed == attrs:
            return
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        written = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in changed)
        self._pieces += [self._html[self._written : start], f"<{tag}{written}>"]
        self._written = start + len(self.get_starttag_text() or "")

    def _led(self, name: str, link: str | None) -> str | None:
        """Where the value of an attribute leads in the copy."""
        if name not in _LINKS or not link:
            return link
        is_complete = link.startswith(("https://", "http://"))
        address = internal(link, self.page)
        if address is None or link.startswith("#") or (name == "content" and not is_complete):
            return link
        self.found.append(link)
        if is_complete:
            return link
        file = file_of(address)
        led = settings.SITE_URL + address if file is None else f"/{file.removesuffix(INDEX)}"
        _, mark, fragment = link.partition("#")
        return led + mark + fragment


def in_css(text: str) -> list[str]:
    """What a stylesheet loads."""
    return _IN_CSS.findall(text)


def in_xml(text: str) -> list[str]:
    """The complete addresses of this site in a feed or a sitemap."""
    return re.findall(re.escape(settings.SITE_URL) + r"/[^\s\"'<>&]*", text)
