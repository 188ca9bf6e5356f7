"""Reads a hostile file, in a process of its own: bytes in, JSON out. `sources.extraction` starts it.

It imports nothing of ours and needs no settings, so what a broken parser could reach is this file and nothing else.
Memory, time and the size of files are limited before the parsers are loaded. The argument is the media type. The
answer is an object with `paragraphs` and `found`, with `found` alone if the type is `FACTS`, with `entries` if it is
`BIBLIOGRAPHY`, with `picture` (base64, drawn anew), `media_type`, `width` and `height`, or with `refused`, a code that
`sources.extraction`, `sources.bibliographies` or `sources.files` explains. A second argument is the longest side that a
picture may have, in pixels: a bigger one is drawn smaller.
"""

import base64
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module
from typing import Any

MEMORY, SECONDS = 1024**3, 20
# Characters of text, pages of a PDF, and bytes of an unpacked DOCX and its files.
CHARACTERS, PAGES, UNPACKED, FILES = 500_000, 500, 100_000_000, 2_000
# How much bigger than the file its content may be. Plain XML shrinks to about a tenth.
RATIO = 100

HTML, PDF, TEXT = "text/html", "application/pdf", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# Not media types: what an HTML page says of itself, and a list of sources in any format that we read.
FACTS, BIBLIOGRAPHY = "facts", "bibliography"
# Entries of a bibliography, fields and characters of one of them, and characters of all once macros are filled in.
ENTRIES, FIELDS, ENTRY, EXPANDED = 1_000, 200, 100_000, 10_000_000

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
# Of a picture.
PIXELS = 40_000_000

Found = list[dict[str, Any]]

_BLANK_LINE = re.compile(r"\n[ \t\r\f\v]*\n")
_HYPHENATED = re.compile(r"[^\W\d_]-\Z")
_END_OF_SENTENCE = re.compile(r"[.!?…:。！？؟][”’»\")\]]*$")
_DAY = re.compile(r"(\d{4})-?(\d\d)?-?(\d\d)?")


class RefusedFile(Exception):
    """The file can't be read. The message is the code of the reason."""


def limit() -> None:
    """Limit the memory, the time and the files of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def parse(data: bytes, media_type: str) -> tuple[list[str], Found]:
    """The paragraphs of the file, and what it says of itself. Raises RefusedFile."""
    parsers = {HTML: _html, PDF: _pdf, DOCX: _docx, TEXT: _text}
    paragraphs, found = parsers[media_type](data)
    if sum(map(len, paragraphs)) > CHARACTERS:
        raise RefusedFile("long")
    return paragraphs, found


# Text


def _text(data: bytes) -> tuple[list[str], Found]:
    return _split(_decoded(data)), []


def _decoded(data: bytes) -> str:
    """The text, as UTF-8 or UTF-16 if it says so, and otherwise in the encoding that fits best."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = import_module("charset_normalizer").from_bytes(data).best()
        if best is None:
            raise RefusedFile("encoding") from None
        return str(best)


def _split(text: str) -> list[str]:
    """The paragraphs: between blank lines, or if there are none, the lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BLANK_LINE.split(text) if _BLANK_LINE.search(text.strip()) else text.split("\n")


# HTML


def _html(data: bytes) -> tuple[list[str], Found]:
    trafilatura = import_module("trafilatura")
    page = _decoded(data)
    text = trafilatura.extract(page, include_comments=False, include_tables=True, favor_recall=True)
    return (text or trafilatura.html2txt(page) or "").split("\n"), facts(page)


def facts(page: str) -> Found:
    """What a page says of itself. It says nothing if it isn't HTML."""
    html = import_module("lxml.html")
    try:
        tree = html.fromstring(page.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", no_network=True))
    except (ValueError, import_module("lxml.etree").LxmlError):
        return []
    return list(_first_of_each(_of_html(tree)))


def _first_of_each(found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = set()
    for one in found:
        if one["value"] and one["field"] not in seen:
            seen.add(one["field"])
            yield one


# What a page says of itself, by field: the properties of JSON-LD (schema.org), then meta elements, the best first.
_JSON_LD = {
    "title": ["headline"],
    "authors": ["author"],
    "published": ["datePublished"],
    "language": ["inLanguage"],
    "publisher": ["publisher"],
}
_META = {
    "title": ["citation_title", "og:title", "twitter:title"],
    "authors": ["citation_author", "author", "article:author", "parsely-author"],
    "published": ["article:published_time", "citation_publication_date", "dc.date.issued", "date"],
    "language": ["og:locale"],
    "publisher": ["og:site_name", "citation_publisher", "dc.publisher", "application-name"],
    "address": ["og:url"],
}
_ELEMENTS = {
    "title": ["//h1", "//title"],
    "published": ["//time[@itemprop='datePublished']/@datetime", "//time/@datetime"],
    "language": ["/html/@lang"],
    "address": ["//link[@rel='canonical']/@href"],
}


def _of_html(tree: Any) -> Iterator[dict[str, Any]]:
    """The fields with where each was found, the most trustworthy first."""
    yield from _of_elements(tree, {"address": _ELEMENTS["address"]})
    articles = list(_json_ld(tree))
    for field, names in _JSON_LD.items():
        for name in names:
            yield from (_one(field, article.get(name), f"JSON-LD {name}") for article in articles)
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        metas.setdefault(name, []).append(meta.get("content") or "")
    for field, names in _META.items():
        for name in names:
            values = [value for value in metas.get(name, []) if field == "address" or not value.startswith("http")]
            yield _one(field, values, f"meta {name}")
    yield from _of_elements(tree, _ELEMENTS)


def _of_elements(tree: Any, paths: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for field, its_paths in paths.items():
        for path in its_paths:
            for value in tree.xpath(path)[:1]:
                yield _one(field, value if isinstance(value, str) else value.text_content(), path.strip("/"))


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD that have a headline."""
    for script in tree.xpath("//script[@type='application/ld+json']")[:20]:
        try:
            waiting = [json.loads(script.text_content())]
        except (ValueError, RecursionError):
            continue
        for _ in range(1000):
            if not waiting:
                break
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                waiting += [node.get("@graph"), node.get("mainEntity")]
                if node.get("headline"):
                    yield node


def _one(field: str, value: Any, where: str) -> dict[str, Any]:
    """A value that was found, in the form that the field has."""
    if field == "authors":
        named = value if isinstance(value, list) else [value]
        names = [one.get("name") if isinstance(one, dict) else one for one in named]
        return {"field": field, "value": [name for name in names if isinstance(name, str) and name], "from": where}
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        # A language has its tag in `alternateName`, a publisher an abbreviation.
        value = (field == "language" and value.get("alternateName")) or value.get("name")
    value = value if isinstance(value, str) else ""
    if field == "published":
        day = _DAY.match(value.strip().replace("/", "-"))
        value = "-".join(part for part in day.groups() if part) if day else ""
    if field == "language":
        value = value.replace("_", "-")
    return {"field": field, "value": value, "from": where}


# PDF


def _pdf(data: bytes) -> tuple[list[str], Found]:
    pypdf = import_module("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise RefusedFile("encrypted")
    if len(reader.pages) > PAGES:
        raise RefusedFile("pages")
    paragraphs: list[str] = []
    length = 0
    for page in reader.pages:
        paragraphs += _of_lines(page.extract_text())
        length = sum(map(len, paragraphs))
        if length > CHARACTERS:
            raise RefusedFile("long")
    if not length:
        raise RefusedFile("scanned")
    found: Found = []
    if about := reader.metadata:
        found = [
            _one("title", about.title, "PDF Title"),
            _one("authors", about.author, "PDF Author"),
            _one("published", str(about.creation_date or ""), "PDF CreationDate"),
        ]
    return paragraphs, [one for one in found if one["value"]]


def _of_lines(text: str) -> list[str]:
    """The paragraphs of a printed page: a blank line ends one, or a short line at the end of a sentence."""
    lines = [line.strip() for line in text.split("\n")]
    width = max(map(len, lines))
    paragraphs, current = [], ""
    for line in lines:
        is_broken = _HYPHENATED.search(current) and line[:1].islower()
        current = f"{current[:-1]}{line}" if is_broken else f"{current} {line}".strip()
        if not line or (len(line) < 0.8 * width and _END_OF_SENTENCE.search(line)):
            paragraphs.append(current)
            current = ""
    return [paragraph for paragraph in [*paragraphs, current] if paragraph]


# DOCX


def _docx(data: bytes) -> tuple[list[str], Found]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = archive.infolist()
        unpacked = sum(file.file_size for file in files)
        if len(files) > FILES or unpacked > UNPACKED or unpacked > RATIO * len(data):
            raise RefusedFile("bomb")
        if "word/document.xml" not in archive.namelist():
            raise RefusedFile("type")
        # Only a document type can define an entity, and a DOCX has none.
        if any(b"<!DOCTYPE" in archive.read(file) for file in files if file.filename.endswith((".xml", ".rels"))):
            raise RefusedFile("broken")
    document = import_module("docx").Document(io.BytesIO(data))
    paragraphs: list[str] = []
    for block in document.iter_inner_content():
        rows = getattr(block, "rows", None)
        if rows is None:
            paragraphs.append(block.text)
        else:
            paragraphs += [" | ".join(cell.text for cell in row.cells) for row in rows]
    about = document.core_properties
    found = [
        _one("title", about.title, "DOCX title"),
        _one("authors", about.author, "DOCX author"),
        _one("published", str(about.created or ""), "DOCX created"),
        _one("language", about.language, "DOCX language"),
    ]
    return paragraphs, [one for one in found if one["value"]]


# Bibliographies: CSL-JSON, RIS, BibTeX, and lists of web addresses. An entry has the place where it begins, and what it
# says, or the code of a problem. `sources.bibliographies` gives it a meaning.

_RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?")
_RIS = re.compile(r"^TY  -", re.MULTILINE)
_BIBTEX_ENTRY = re.compile(r"^[ \t]*@[ \t]*(\w+)[ \t]*[{(]", re.MULTILINE)
_BIBTEX_FIELD = re.compile(r"[\s,]*([^\s={}(),\"#%]+)\s*=")
_BIBTEX_WORD = re.compile(r"[^\s={}(),\"#%]+")
_BRACE = re.compile(r"[{}]")
_BRACE_OR_QUOTE = re.compile(r'[{}"]')


def bibliography(data: bytes) -> dict[str, Any]:
    """The entries of a bibliography, and its format: csl, ris, bibtex or addresses. Raises RefusedFile."""
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith(("[", "{")):
        form, entries = "csl", _csl(text)
    elif _RIS.search(text):
        form, entries = "ris", _ris(text)
    elif _BIBTEX_ENTRY.search(text):
        form, entries = "bibtex", _bibtex(text)
    else:
        form = "addresses"
        lines = enumerate(text.split("\n"), 1)
        entries = ({"where": number, "address": line.strip()} for number, line in lines if line.strip())
    found: list[dict[str, Any]] = []
    for entry in entries:
        if len(found) == ENTRIES:
            raise RefusedFile("many")
        found.append(entry)
    return {"form": form, "entries": found}


def _csl(text: str) -> Iterator[dict[str, Any]]:
    try:
        items = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise RefusedFile("json", error.lineno, error.colno) from error
    if isinstance(items, dict):
        items = items["items"] if isinstance(items.get("items"), list) else [items]
    for number, item in enumerate(items, 1):
        if isinstance(item, dict) and len(json.dumps(item)) <= ENTRY:
            yield {"where": number, "item": item}
        else:
            yield {"where": number, "problem": "long" if isinstance(item, dict) else "item"}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise RefusedFile("repeated")
    return dict(pairs)


def _no_number(_name: str) -> None:
    raise RefusedFile("number")


def _ris(text: str) -> Iterator[dict[str, Any]]:
    """The entries, from TY to ER. A line without a tag continues the one before."""
    entry: dict[str, Any] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        tagged = _RIS_LINE.fullmatch(line.rstrip())
        tag = tagged[1] if tagged else ""
        value = (tagged[2] or "").strip() if tagged else line.strip()
        if tag == "TY":
            if entry:
                yield {"where": entry["where"], "problem": "unended"}
            entry = {"where": number, "tags": [[tag, value]]}
        elif not entry:
            if line.strip():
                yield {"where": number, "problem": "outside"}
        elif tag == "ER":
            is_long = sum(len(value) for _tag, value in entry["tags"]) > ENTRY
            yield {"where": entry["where"], "problem": "long"} if is_long else entry
            entry = None
        elif tag:
            entry["tags"].append([tag, value])
        elif value:
            entry["tags"].append(["", value])
    if entry:
        yield {"where": entry["where"], "problem": "unended"}


def _bibtex(text: str) -> Iterator[dict[str, Any]]:
    """The entries. What is between them is a comment. A broken one ends where the next begins."""
    macros: dict[str, str] = {}
    begins = list(_BIBTEX_ENTRY.finditer(text))
    line, counted, end, length, strings = 1, 0, 0, 0, 0
    for number, begin in enumerate(begins):
        if begin.start() < end:
            continue  # within the entry before
        line += text.count("\n", counted, begin.start())
        counted = begin.start()
        kind = begin[1].lower()
        if kind in ("comment", "preamble"):
            continue
        try:
            # A text may have a line that looks like an entry, so the window is longer than to the next one.
            window = begins[number + 5].start() if number + 5 < len(begins) else len(text)
            key, fields, end = _bibtex_entry(text[: min(window, begin.start() + ENTRY)], begin.end(), macros, kind)
        except RefusedFile as refused:
            yield {"where": line, "problem": str(refused)}
            continue
        length += sum(map(len, fields.values()))
        strings += kind == "string"
        if length > EXPANDED or strings > ENTRIES:
            raise RefusedFile("bomb")
        if kind == "string":
            macros |= fields
        else:
            yield {"where": line, "type": kind, "key": key, "fields": fields}


def _bibtex_entry(text: str, at: int, macros: dict[str, str], kind: str) -> tuple[str, dict[str, str], int]:
    key = ""
    if kind != "string":
        comma = text.find(",", at)
        if comma < 0 or "=" in text[at:comma]:
            raise RefusedFile("key")
        key, at = text[at:comma].strip(), comma + 1
    fields: dict[str, str] = {}
    while found := _BIBTEX_FIELD.match(text, at):
        value, at = _bibtex_value(text, found.end(), macros)
        fields.setdefault(found[1].lower(), value)
        if sum(map(len, fields.values())) > ENTRY or len(fields) > FIELDS:
            raise RefusedFile("long")
    rest = re.compile(r"[\s,]*[})]").match(text, at)
    if not rest:
        raise RefusedFile("unended")
    return key, fields, rest.end()


def _bibtex_value(text: str, at: int, macros: dict[str, str]) -> tuple[str, int]:
    """The value of a field: texts in braces or quotation marks, numbers and macros, joined by #."""
    value = ""
    while True:
        while text[at : at + 1].isspace():
            at += 1
        if text[at : at + 1] == "{":
            end = _closing(text, at + 1, _BRACE)
            value, at = value + text[at + 1 : end], end + 1
        elif text[at : at + 1] == '"':
            end = _closing(text, at + 1, _BRACE_OR_QUOTE)
            value, at = value + text[at + 1 : end], end + 1
        elif word := _BIBTEX_WORD.match(text, at):
            value, at = value + macros.get(word[0].lower(), word[0]), word.end()
        else:
            raise RefusedFile("unended")
        if len(value) > ENTRY:
            raise RefusedFile("long")
        while text[at : at + 1].isspace():
            at += 1
        if text[at : at + 1] != "#":
            return value, at
        at += 1


def _closing(text: str, at: int, marks: re.Pattern[str]) -> int:
    """Where the text ends that begins here: at its closing brace, or at the quotation mark outside of braces."""
    depth = 0
    for mark in marks.finditer(text, at):
        if mark[0] == "{":
            depth += 1
        elif depth == 0:
            return mark.start()
        elif mark[0] == "}":
            depth -= 1
    raise RefusedFile("unended")


# Pictures


def picture_type(data: bytes) -> str:
    """The media type of a picture that we keep, by its first bytes. Empty if it's something else."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return WEBP if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else ""


def picture(data: bytes, media_type: str, longest: int = 0) -> dict[str, Any]:
    """The picture drawn anew, with its pixels and nothing else. A WebP becomes a JPEG or, with transparency, a PNG.

    With `longest`, neither side has more pixels than that afterwards. Raises RefusedFile.
    """
    image_module: Any = import_module("PIL.Image")
    image_module.MAX_IMAGE_PIXELS = None  # we check before anything is decoded
    image = image_module.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    if image.width * image.height > PIXELS:
        raise RefusedFile("bomb")
    if getattr(image, "n_frames", 1) > 1:
        raise RefusedFile("animated")
    image = import_module("PIL.ImageOps").exif_transpose(image)
    is_transparent = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA" if is_transparent else "RGB")
    clean = image_module.new(image.mode, image.size)
    clean.paste(image)
    if longest:
        clean.thumbnail((longest, longest))
    made, kind = io.BytesIO(), PNG if media_type == PNG or is_transparent else JPEG
    clean.save(made, _FORMATS[kind], **({"quality": 90} if kind == JPEG else {}))
    return {
        "picture": base64.b64encode(made.getvalue()).decode(),
        "media_type": kind,
        "width": clean.width,
        "height": clean.height,
    }


def main() -> None:
    """Read the file from standard input and write the answer to standard output."""
    limit()
    try:
        data, media_type = sys.stdin.buffer.read(), sys.argv[1]
        answer: dict[str, Any]
        if media_type in _FORMATS:
            answer = picture(data, media_type, *map(int, sys.argv[2:]))
        elif media_type == FACTS:
            answer = {"found": facts(_decoded(data))}
        elif media_type == BIBLIOGRAPHY:
            answer = bibliography(data)
        else:
            paragraphs, found = parse(data, media_type)
            answer = {"paragraphs": paragraphs, "found": found}
    except RefusedFile as refused:
        answer = {"refused": str(refused.args[0]), "at": refused.args[1:]}
    except MemoryError:
        answer = {"refused": "costly"}
    except Exception:  # noqa: BLE001 — whatever a parser raises, the file is what it can't read
        answer = {"refused": "broken"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
