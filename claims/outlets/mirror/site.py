"""A static copy of the public site: every page and file that an anonymous visitor can reach, for any web server.

The export starts with every address that follows from the record and then follows the links in the responses. So new
pages and files are included without a change here. `links.LIVE_ONLY` lists the addresses that need the site itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import chain, groupby
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
from claims.outlets.mirror.changes import MANIFEST, Changes, State, owner_of
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.merged import merged_slugs
from claims.record.pictures import readable_paths
from factcheck.core.folder import SUMS, Folder
from factcheck.core.web.visitor import Visitor

# The description of the copy, and the list of addresses with status 410, which a plain web server can't send.
ABOUT = "copy.txt"
GONE = "410.txt"
NOT_FOUND = "404.html"
# The files that every run writes.
_ALWAYS = {ABOUT, GONE, NOT_FOUND, MANIFEST}

_ABOUT = """\
A copy of {site}/
It includes everything published up to {until}.
Its downloads and its lists of related claims include everything published up to {complete}.

Licence: {license}
Attribution: {attribution}

Search, filters, sorting, the desk and the API only work on the site itself.
{gone} lists the web addresses of withdrawn claims and redacted versions.
To check the files, run: sha256sum -c {sums}
"""

_MOVED = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND}
# Other errors mean that there is no such file: not published, too long for one file, or an extra isn't installed.
_FAILED = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class Unanswered(Exception):
    """The site failed to return a page. The message says which."""


class Mirror:
    """One run of the export: `write` requests all public addresses and saves the responses in the folder."""

    def __init__(self, folder: Folder, visitor: Visitor, *, everything: bool = False, quick: bool = False) -> None:
        self.folder = folder
        self._state = State.now()
        before = None if everything else State.of(folder.root)
        # None if each page is made again.
        self.changes = Changes.since(before, self._state, quick=quick)
        if before and self.changes and self.changes.is_quick:
            self._state = replace(self._state, complete=before.complete)
        # The targets of broken links, each with the status of the response and a page that has the link.
        self.broken_links: dict[str, tuple[int, str]] = {}
        self.changed: list[str] = []
        self.pages = 0
        self._visitor = visitor
        # Addresses still to visit, each with the page that links to it.
        self._pending: dict[str, str] = {}
        self._gone: set[str] = set()

    def write(self, advance: Callable[[int], None]) -> None:
        """Save every page and file in the folder, and call `advance` after each of `addresses`.

        Files that no public act concerned since the last run stay as they are. Raises Unanswered if the site fails.
        The folder is then as complete as before.
        """
        if self.changes:
            self._keep_unchanged(self.changes)
        self._save(ABOUT, [_about(self._state).encode()])
        for address in addresses(self.changes):
            self._visit(address)
            advance(1)
        not_found, _ = links.in_html(render_to_string("404.html", request=self._visitor.request("/")), "/")
        self._save(NOT_FOUND, [not_found.encode()])
        while self._pending:
            self._follow(*self._pending.popitem())
        self._save(GONE, [f"{address}\n".encode() for address in sorted(self._gone)])
        # Last, because it says that everything above is there.
        self._save(MANIFEST, [self._state.as_json()])

    def _keep_unchanged(self, changes: Changes) -> None:
        """Keep the files that the changes don't concern, and remember which addresses are gone."""
        for path in self.folder.earlier():
            if path not in _ALWAYS and not changes.concerns(path):
                self.folder.keep(path)
                self.pages += path.endswith(".html")
        if (gone := self.folder.root / GONE).exists():
            for address in gone.read_text().splitlines():
                if owner_of(address.removeprefix("/")) not in changes.owners:
                    self._gone.add(address)

    def _follow(self, address: str, page: str) -> None:
        """Visit an address that the page links to, and note a broken link."""
        status = self._visit(address)
        if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.GONE:
            self.broken_links[address] = (status, page)

    def _visit(self, address: str) -> int:
        """Request an address and save the response. Returns its status, or 200 if there is nothing to do."""
        self._pending.pop(address, None)
        file = links.file_of(address)
        if file is None or file in self.folder or address in self.broken_links:
            return HTTPStatus.OK
        if address in self._gone:
            return HTTPStatus.GONE
        with self._visitor.answer(address) as response:
            status = response.status_code
            if status == HTTPStatus.GONE:
                self._gone.add(address)
            if status == HTTPStatus.OK or (status == HTTPStatus.GONE and file.endswith(links.INDEX)):
                self._save(file, self._content(response, address))
            elif status in _MOVED:
                self._move(file, response.headers["Location"], address, status)
            elif status in _FAILED:
                raise Unanswered(
                    f"The site answered {status} at {address}. Read its log, fix the cause and run this again."
                )
        return status

    def _move(self, file: str, location: str, address: str, status: int) -> None:
        """Save the target of a redirect under the address itself, because a plain web server doesn't redirect.

        A page that has moved for good, such as that of a merged name, becomes a page that leads to the new one. A plain
        server does redirect from a folder without a slash at the end, so that case needs no file.
        """
        target = links.internal(location, address) or ""
        self._follow_links([location], address)
        place = links.file_of(target)
        if status == HTTPStatus.MOVED_PERMANENTLY and place and file.endswith(links.INDEX) and target != f"{address}/":
            with translation.override(translation.get_language_from_path(address) or settings.LANGUAGE_CODE):
                context = {"address": f"/{place.removesuffix(links.INDEX)}"}
                page = render_to_string("claims/moved.html", context, request=self._visitor.request(address))
            self._save(file, [links.in_html(page, address)[0].encode()])
        elif target != f"{address}/" and links.file_of(target):
            with self._visitor.answer(target) as response:
                if response.status_code == HTTPStatus.OK:
                    self._save(file, self._content(response, target))

    def _content(self, response: HttpResponseBase, address: str) -> Iterable[bytes]:
        """The response's content, with links rewritten for the copy. Also follows these links."""
        pieces = cast("Iterable[bytes]", response)
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if not kind.endswith(("html", "css", "xml")):
            return pieces
        text = b"".join(pieces).decode()
        if kind.endswith("html"):
            text, found = links.in_html(text, address)
        else:
            found = links.in_css(text) if kind.endswith("css") else links.in_xml(text)
        self._follow_links(found, address)
        return [text.encode()]

    def _follow_links(self, found: Iterable[str], page: str) -> None:
        """Note the links on a page, to visit them later. Visit static files at once."""
        for link in found:
            address = links.internal(link, page)
            file = links.file_of(address) if address else None
            if not address or address == page or file is None or file in self.folder or address in self.broken_links:
                continue
            if address.startswith(settings.STATIC_URL):  # saved before the page that needs it
                self._follow(address, page)
            else:
                self._pending.setdefault(address, page)

    def _save(self, file: str, pieces: Iterable[bytes]) -> None:
        self.pages += file.endswith(".html")
        if self.folder.put(file, pieces):
            self.changed.append(file)


def _about(state: State) -> str:
    times = dict(Revision.objects.filter(pk__in=[state.newest, state.complete]).values_list("pk", "at"))
    until, complete = (
        moment(times[version]) if version in times else "today: there are none"
        for version in (state.newest, state.complete)
    )
    return _ABOUT.format(
        site=settings.SITE_URL,
        until=until,
        complete=complete,
        license=settings.DATA_LICENSE,
        attribution=imprint.attribution(),
        gone=GONE,
        sums=SUMS,
    )


# The first addresses


def addresses(changes: Changes | None = None) -> Iterator[str]:
    """Every address, in every language, whose route has only parameters that the record has values for.

    With `changes`, of those of claims and names only the ones that they concern.

    Links lead to the other addresses, such as the parts of a sitemap. Lists come after the pages they list, so that
    their links work even while the copy is being written.
    """
    routes: dict[tuple[str, int], list[str]] = defaultdict(list)
    for route, name in _routes(get_resolver()):
        if not f"/{route}".startswith(links.LIVE_ONLY):
            routes[_route_key(route)].append(name)
    versions = Revision.objects.order_by(Collate("slug", "C"), "number")
    if changes:
        versions = versions.filter(slug__in=changes.slugs("claim"))
    pairs = versions.values_list("slug", "number")
    for slug, numbers in groupby(pairs.iterator(), key=itemgetter(0)):
        yield from _reversed(routes["claims", 1], slug)
        for _, number in numbers:
            yield from _reversed(routes["claims", 2], slug, number)
    for kind in EntryKind:
        entries = IndexEntry.objects.filter(kind=kind).order_by(Collate("slug", "C"))
        merged = merged_slugs(kind)
        if changes:
            entries = entries.filter(slug__in=changes.slugs(kind))
            merged = sorted({*merged} & {*changes.slugs(kind)})
        for slug in chain(entries.values_list("slug", flat=True).iterator(), merged):
            yield from _reversed(routes[f"{kind}s", 1], slug)
    yield from sorted(changes.pictures) if changes else readable_paths()
    yield from _reversed(routes["", 0])


def _routes(resolver: URLResolver, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str]]:
    """Every named route of the URLconf, and its full name."""
    for pattern in resolver.url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, route, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif pattern.name:
            yield route, namespace + pattern.name


def _route_key(route: str) -> tuple[str, int]:
    """The values that a route needs: the folder before its first parameter, and the number of parameters."""
    folder, _, _ = route.partition("<")
    parameters = route.count("<")
    return (folder.rstrip("/").rpartition("/")[2] if parameters else "", parameters)


def _reversed(names: Iterable[str], *values: str | int) -> Iterator[str]:
    """The addresses of these routes with these values, in every language. A file has one address for all languages."""
    for name in names:
        seen = set()
        for code, _ in settings.LANGUAGES:
            with translation.override(code):
                address = reverse(name, args=values)
            if address not in seen:
                seen.add(address)
                yield address
