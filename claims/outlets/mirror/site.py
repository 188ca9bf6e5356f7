"""A static copy of the public site: every page and file that a stranger can come to, for any web server to serve.

It begins with every address that the record knows and follows the links in what it is given, so a new page or file
is in it without a word here. What needs the site itself is in `links.LIVE_ONLY`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from itertools import groupby
from operator import itemgetter
from typing import cast

from django.conf import settings
from django.db.models.functions import Collate
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLResolver, get_resolver, reverse
from django.utils import translation

from claims.choices import EntryKind
from claims.models import IndexEntry, Revision
from claims.outlets.mirror import links
from claims.record import imprint
from claims.record.canonical import moment
from factcheck.core.folder import SUMS, Folder
from factcheck.core.web.visitor import Visitor

# What the copy says of itself, and the addresses that the site answers with 410: a plain web server cannot.
ABOUT = "copy.txt"
GONE = "410.txt"
NOT_FOUND = "404.html"

_ABOUT = """\
A copy of {site}/
It holds every public act up to {until}.

Licence: {license}
Attribution: {attribution}

Search, filters and orders, the desk and the programming interface need the site itself.
{gone} lists the addresses of what was taken back.
To check the files: sha256sum -c {sums}
"""

_MOVED = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND}
# Other refusals say that there is no such thing: not published, too long for one file, made by what is not installed.
_FAILED = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class Unanswered(Exception):
    """The site could not give a page. The text says which."""


class Mirror:
    """One run of the export: `write` asks for everything that there is, and puts it into the folder."""

    def __init__(self, folder: Folder, visitor: Visitor) -> None:
        self.folder = folder
        # Addresses to which links lead in vain, with what the site answers there and a page that has the link.
        self.dead: dict[str, tuple[int, str]] = {}
        self.changed: list[str] = []
        self.pages = 0
        self._visitor = visitor
        self._found: dict[str, str] = {}
        self._gone: set[str] = set()

    def write(self, advance: Callable[[int], None]) -> None:
        """Put every page and file into the folder. Raises Unanswered; the folder is then as complete as before."""
        self._put(ABOUT, [_about().encode()])
        for address in addresses():
            self._visit(address)
            advance(1)
        nothing, _ = links.in_html(render_to_string("404.html", request=self._visitor.request("/")), "/")
        self._put(NOT_FOUND, [nothing.encode()])
        while self._found:
            self._follow(*self._found.popitem())
        self._put(GONE, [f"{address}\n".encode() for address in sorted(self._gone)])

    def _follow(self, address: str, page: str) -> None:
        """Visit what the page links to."""
        status = self._visit(address)
        if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.GONE:
            self.dead[address] = (status, page)

    def _visit(self, address: str) -> int:
        """Ask for an address and keep the answer; returns its status."""
        self._found.pop(address, None)
        file = links.file_of(address)
        if file is None or file in self.folder or address in self.dead:
            return HTTPStatus.OK
        with self._visitor.answer(address) as response:
            status = response.status_code
            if status == HTTPStatus.GONE:
                self._gone.add(address)
            if status == HTTPStatus.OK or (status == HTTPStatus.GONE and file.endswith(links.INDEX)):
                self._put(file, self._kept(response, address))
            elif status in _MOVED:
                self._move(file, response.headers["Location"], address)
            elif status in _FAILED:
                raise Unanswered(
                    f"The site answered {status} at {address}. Its log says why; run again when it is mended."
                )
        return status

    def _move(self, file: str, location: str, address: str) -> None:
        """Keep under the address what it leads to, since a plain web server sends nobody elsewhere.

        It does so for a folder whose slash at the end is missing.
        """
        target = links.internal(location, address) or ""
        self._note([location], address)
        if target != f"{address}/" and links.file_of(target):
            with self._visitor.answer(target) as response:
                if response.status_code == HTTPStatus.OK:
                    self._put(file, self._kept(response, target))

    def _kept(self, response: HttpResponseBase, address: str) -> Iterable[bytes]:
        """The answer's bytes as the copy holds them; the links in them are noted."""
        pieces = cast("Iterable[bytes]", response)
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if not kind.endswith(("html", "css", "xml")):
            return pieces
        text = b"".join(pieces).decode()
        if kind.endswith("html"):
            text, found = links.in_html(text, address)
        else:
            found = links.in_css(text) if kind.endswith("css") else links.in_xml(text)
        self._note(found, address)
        return [text.encode()]

    def _note(self, found: Iterable[str], page: str) -> None:
        for link in found:
            address = links.internal(link, page)
            file = links.file_of(address) if address else None
            if not address or address == page or file is None or file in self.folder or address in self.dead:
                continue
            if address.startswith(settings.STATIC_URL):  # there before the page that needs it
                self._follow(address, page)
            else:
                self._found.setdefault(address, page)

    def _put(self, file: str, pieces: Iterable[bytes]) -> None:
        self.pages += file.endswith(".html")
        if self.folder.put(file, pieces):
            self.changed.append(file)


def _about() -> str:
    newest = Revision.objects.order_by("-pk").values_list("at", flat=True).first()
    return _ABOUT.format(
        site=settings.SITE_URL,
        until=moment(newest) if newest else "this day: there is none",
        license=settings.DATA_LICENSE,
        attribution=imprint.attribution(),
        gone=GONE,
        sums=SUMS,
    )


# Where to begin


def addresses() -> Iterator[str]:
    """Every address of the URL map for which the record knows what stands in it, in every language.

    What it does not know, such as the parts of a sitemap, a link names. Lists come after what they list: who reads the
    copy while it is written finds what they lead to.
    """
    routes: dict[tuple[str, int], list[str]] = defaultdict(list)
    for route, name in _routes(get_resolver()):
        if not f"/{route}".startswith(links.LIVE_ONLY):
            routes[_takes(route)].append(name)
    versions = Revision.objects.order_by(Collate("slug", "C"), "number").values_list("slug", "number")
    for slug, numbers in groupby(versions.iterator(), key=itemgetter(0)):
        yield from _made(routes["claims", 1], slug)
        for _, number in numbers:
            yield from _made(routes["claims", 2], slug, number)
    for kind in EntryKind:
        entries = IndexEntry.objects.filter(kind=kind).order_by(Collate("slug", "C"))
        for slug in entries.values_list("slug", flat=True).iterator():
            yield from _made(routes[f"{kind}s", 1], slug)
    yield from _made(routes["", 0])


def _routes(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Every route of the URL map that has a name, and that name."""
    for pattern in resolver.url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, route, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield route, space + pattern.name


def _takes(route: str) -> tuple[str, int]:
    """What must be known to make an address of a route: the folder before its first blank, and how many it has."""
    folder, _, _ = route.partition("<")
    blanks = route.count("<")
    return (folder.rstrip("/").rpartition("/")[2] if blanks else "", blanks)


def _made(names: Iterable[str], *values: str | int) -> Iterator[str]:
    """The addresses of these routes with these values. A file has one for all languages."""
    for name in names:
        seen = set()
        for code, _ in settings.LANGUAGES:
            with translation.override(code):
                address = reverse(name, args=values)
            if address not in seen:
                seen.add(address)
                yield address
