"""A link checker for a written copy of the site. It reads the folder alone, with readers of its own."""

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

# Their content stands in another file as text.
PACKED = {".png", ".xlsx", ".parquet", ".zip"}
LINKS = {"href", "src", "action", "poster", "data", "formaction", "cite"}


class Page(HTMLParser):
    """The links of a page, the complete addresses in its meta elements and data, and the parts that it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: set[str] = {""}
        self._is_data = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.parts.add(given.get("id", ""))
        self.links += [value for name, value in given.items() if name in LINKS]
        self.links += [given["content"]] if given.get("content", "").startswith("http") else []
        self._is_data = tag == "script" and given.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._is_data:
            # A fragment in data names a thing in the data.
            self.links += [urldefrag(text)[0] for text in _strings(json.loads(data)) if text.startswith("http")]


def check(root: Path, site: str, live_only: tuple[str, ...]) -> tuple[int, list[str]]:
    """How many links into `site` the files in `root` have, and those that lead nowhere, each with its file.

    A link must lead to a file of the copy, and from page to page to the part that it names. Below the addresses in
    `live_only`, which the copy does not have, it must be a complete address.
    """
    found: dict[str, list[str]] = {}
    parts: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        file = path.relative_to(root).as_posix()
        if path.suffix == ".html":
            page = Page(path.read_text(encoding="utf-8"))
            found[file], parts[file] = page.links, page.parts
        elif path.is_file() and path.suffix not in PACKED:
            found[file] = list(_links(path, site))
    checked, dead = 0, []
    for file, links in found.items():
        for link in links:
            address, fragment = urldefrag(urljoin(f"{site}/{file.removesuffix('index.html')}", link))
            asked = urlsplit(address)
            if f"{asked.scheme}://{asked.netloc}" != site:
                continue
            checked += 1
            if asked.path.startswith(live_only):
                is_alive = link.startswith(site)
            else:
                target = _file_at(root, unquote(asked.path))
                is_part = file not in parts or target not in parts or fragment in parts[target]
                is_alive = target != "" and is_part and not asked.query
            if not is_alive:
                dead.append(f"{file}: {link}")
    return checked, dead


def _file_at(root: Path, path: str) -> str:
    """The file that a web server gives for a path; nothing when there is none."""
    name = path.lstrip("/")
    if (root / name).is_dir():
        name = f"{name.rstrip('/')}/index.html".lstrip("/")
    return name if (root / name).is_file() else ""


def _links(path: Path, site: str) -> Iterator[str]:
    """The links of a file that is no page: what a stylesheet loads, and whatever is a complete address of the site."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        loaded = re.findall(r"""(?:url\(|@import(?! url))\s*["']?([^"')\s]+)""", text)
        yield from (link for link in loaded if not link.startswith("data:"))
    else:
        yield from (found for found in _texts(path.suffix, text) if found == site or found.startswith(f"{site}/"))


def _texts(ending: str, text: str) -> Iterator[str]:
    """Every text in a file that could be an address."""
    match ending:
        case ".json" | ".jsonld":
            yield from _strings(json.loads(text))
        case ".ndjson":
            for line in text.splitlines():
                yield from _strings(json.loads(line))
        case ".csv":
            yield from (cell for row in csv.reader(text.splitlines()) for cell in row)
        case ".xml" | ".rss" | ".atom":
            for element in ElementTree.fromstring(text).iter():  # noqa: S314 — ours
                yield from (value.strip() for value in [element.text or "", *element.attrib.values()])
        case ".txt" | ".bib" | "":
            yield from re.findall(r"https?://[^\s{},]+", text)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for item in value.values():
                yield from _strings(item)
