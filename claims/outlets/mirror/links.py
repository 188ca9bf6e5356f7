"""The links of a static copy: which file an address becomes, which links a document has, and what becomes of them."""

import re
from html import escape, unescape
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
    "/about/components/",
)
INDEX = "index.html"
_PAGE_OF_A_LIST = re.compile(r"page=([1-9][0-9]{0,3})\Z")

# What begins an element, with its attributes; what stands in a script is no markup.
_START = re.compile(r"""(<script\b[^>]*>)(.*?</script>)|<[a-z](?:[^"'>]|"[^"]*"|'[^']*')*+>""", re.DOTALL)
_ATTRIBUTE = re.compile(r'(?<=\s)(href|src|action|content)="([^"]*)"')
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
    """The page as a copy holds it, and the links on it.

    A link to a file of the copy leads there, from wherever the page now stands; one that needs the site itself
    becomes its complete address. Complete addresses stay.
    """
    found: list[str] = []

    def attribute(match: re.Match[str]) -> str:
        name, link = match[1], unescape(match[2])
        is_complete = link.startswith(("https://", "http://"))
        address = internal(link, page)
        if address is None or link.startswith("#") or (name == "content" and not is_complete):
            return match[0]
        found.append(link)
        if is_complete:
            return match[0]
        file = file_of(address)
        led = settings.SITE_URL + address if file is None else f"/{file.removesuffix(INDEX)}"
        _, mark, fragment = link.partition("#")
        return f'{name}="{escape(led + mark + fragment)}"'

    def start(match: re.Match[str]) -> str:
        return _ATTRIBUTE.sub(attribute, match[1] or match[0]) + (match[2] or "")

    return _START.sub(start, html), found


def in_css(text: str) -> list[str]:
    """What a stylesheet loads."""
    return _IN_CSS.findall(text)


def in_xml(text: str) -> list[str]:
    """The complete addresses of this site in a feed or a sitemap."""
    return re.findall(re.escape(settings.SITE_URL) + r"/[^\s\"'<>&]*", text)
