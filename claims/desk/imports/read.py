"""Reads a hostile file as a stream, in a process of its own: bytes in, JSON Lines out. `process` starts it.

It imports nothing of ours and needs no settings, so what a broken parser could reach is this file and nothing else.
Memory, time and the size of files are limited before the parsers are loaded. The arguments are the name of a reader
and the limits, as JSON. Standard input is the file; it can be read from its start again.

Each line of the answer is an object. One with `node` has what was read, at `number` and `where`. One with `problem`
(a code, and perhaps a `field`) says why that one wasn't read. In the last line, `refused` means that the rest of the
file can't be read, and `done` that all of it was.
"""

import csv
import gzip
import io
import json
import re
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from importlib import import_module
from typing import IO, Any

Limits = dict[str, int]
Line = dict[str, Any]

_CHUNK = 256 * 1024
_GZIP = b"\x1f\x8b"
# In place of half a character in an escape, which is no text. It's as long as the escape and never a character itself.
HALF = "\ufffe"
_HALF_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_FIRST_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(r"\ud83d\ude00")
# The lists of a file that are read item by item: JSON-LD, a feed of Data Commons, and answers of Google's API.
_LISTS = ("@graph", "dataFeedElement", "claims", "claimReviews", "itemListElement", "results", "items")


class Refused(Exception):
    """The rest of the file can't be read. The message is the code of the reason."""

    def __init__(self, code: str, **about: Any) -> None:
        self.about = about
        super().__init__(code)


def limit(limits: Limits) -> None:
    """Limit the memory, the time and the files of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# Bytes


class Utf8:
    """The bytes of a file as UTF-8 without a byte order mark, unpacked if it's gzip. It's read in chunks.

    Raises Refused if it unpacks to far more than its size or isn't in UTF-8 or UTF-16.
    """

    def __init__(self, file: IO[bytes], limits: Limits, *, escapes: bool = False) -> None:
        self.limits, self.escapes = limits, escapes
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        start = file.read(4)
        file.seek(0)
        self.source: IO[bytes] = gzip.GzipFile(fileobj=file) if start.startswith(_GZIP) else file  # type: ignore[assignment]
        self.is_packed = start.startswith(_GZIP)
        self.unpacked, self.rest = 0, b""
        start = self._taken(4)
        self.decoder: Any = None
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.decoder = import_module("codecs").getincrementaldecoder("utf-16")()
        elif b"\0" in start:
            raise Refused("encoding")
        self.pending = start.removeprefix(b"\xef\xbb\xbf")

    def _taken(self, size: int) -> bytes:
        try:
            return self.source.read(size)
        except (OSError, EOFError, import_module("zlib").error):
            raise Refused("broken-gzip") from None

    def _next(self) -> bytes:
        data, self.pending = self.pending + self._taken(_CHUNK), b""
        self.unpacked += len(data)
        if self.is_packed and self.unpacked > max(self.limits["ratio"] * self.size, 10_000_000):
            raise Refused("bomb")
        if self.unpacked > self.limits["bytes"]:
            raise Refused("big")
        if self.decoder is not None:
            try:
                data = self.decoder.decode(data, final=not data).encode("utf-8")
            except UnicodeError:
                raise Refused("encoding") from None
        return data

    def _whole_escapes(self) -> bytes:
        """The next bytes, with no escape that goes on in the bytes after them, and without halves of characters."""
        data = self._next()
        whole = self.rest + data
        cut = len(whole)
        if data:
            cut = _escape_near_end(whole)
        whole, self.rest = whole[:cut], whole[cut:]
        # Few files have escapes, and to find none with the pattern takes a third of the time of reading.
        if rb"\u" in whole and _HALF_ESCAPE.search(whole):
            whole = _ESCAPE.sub(_without_half, whole)
        return whole if whole or not data else self._whole_escapes()

    def read(self, size: int = -1) -> bytes:
        """The next chunk, which may be shorter or longer than `size`. Empty at the end."""
        if not size:
            return b""
        return self._whole_escapes() if self.escapes else self._next()

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """The lines with their numbers from 1, without line ends. None in place of one that is too long."""
        buffer, number, is_long = bytearray(), 1, False
        most = self.limits["row"]
        while data := self._next():
            start = 0
            while (end := data.find(b"\n", start)) >= 0:
                buffer += data[start:end]
                yield number, None if is_long or len(buffer) > most else bytes(buffer.removesuffix(b"\r"))
                buffer.clear()
                number, start, is_long = number + 1, end + 1, False
            buffer += data[start:]
            if len(buffer) > most:
                is_long = True
                buffer.clear()
        if buffer or is_long:
            yield number, None if is_long else bytes(buffer)


def _escape_near_end(data: bytes) -> int:
    """The place where the last escapes of these bytes begin, if what follows may belong to them. Otherwise the end."""
    near = data.find(b"\\", max(0, len(data) - _LONGEST_ESCAPE))
    if near < 0:
        return len(data)
    while near:
        if data[near - 1 : near] == b"\\":
            near -= 1
        elif _FIRST_HALF.fullmatch(data, max(0, near - 6), near):
            near -= 6
        else:
            break
    return near if len(data) - near < _CHUNK else len(data)


def _without_half(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    return rb"\ufffe" if len(escape) == len(r"\ud800") else escape


# JSON


class Strict(dict[str, Any]):
    """An object of JSON that notes a key that is there twice."""

    twice = ""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            self.twice = key
        super().__setitem__(key, value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen = Strict()
    for key, value in pairs:
        seen[key] = value
    return seen


def _constant(name: str) -> Any:
    raise ValueError(name)


def json_lines(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """One object a line. A line that isn't one is refused, and the next is read."""
    decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=Decimal, parse_constant=_constant)
    number = 0
    for line, data in Utf8(file, limits).lines():
        where = f"line {line}"
        if data is None:
            number += 1
            yield {"number": number, "where": where, "problem": "long"}
            continue
        if not data.strip():
            continue
        number += 1
        try:
            node = decoder.decode(data.decode("utf-8").strip())
        except UnicodeDecodeError:
            yield {"number": number, "where": where, "problem": "encoding"}
        except RecursionError:
            yield {"number": number, "where": where, "problem": "deep"}
        except ValueError as error:
            code = "number" if str(error) in {"NaN", "Infinity", "-Infinity"} else "json"
            yield {"number": number, "where": where, "problem": code}
        else:
            yield checked(number, where, node, limits)


def json_items(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The items of a file's lists, or the file itself if it is one object; or its lines, if each is one."""
    ijson = import_module("ijson")
    errors = (ijson.JSONError, UnicodeDecodeError, ValueError)
    lists, many = _outline(ijson, Utf8(file, limits, escapes=True), errors)
    if many:
        yield from json_lines(file, limits)
        return
    number = 0
    for prefix in lists or [""]:
        stream = Utf8(file, limits, escapes=True)
        items = ijson.items(stream, prefix, map_type=Strict, buf_size=_CHUNK)
        while True:
            try:
                node = next(items)
            except StopIteration:
                break
            except errors as error:
                raise Refused(_code(error), after=number) from None
            number += 1
            name = prefix.removesuffix(".item")
            yield checked(number, f"{name} {number}" if name and name != "item" else f"item {number}", node, limits)


def _code(error: Exception) -> str:
    text = str(error)
    if "NaN" in text or "Infinity" in text:
        return "number"
    return "utf-8" if "UTF8" in text or isinstance(error, UnicodeDecodeError) else "json"


def _outline(ijson: Any, stream: Utf8, errors: tuple[type[Exception], ...]) -> tuple[list[str], bool]:
    """The prefixes of the lists to read item by item. True in the second place if the file has an object a line."""
    depth, key, is_second = 0, "", False
    found: list[str] = []
    try:
        for event, value in ijson.basic_parse(stream, multiple_values=True, buf_size=_CHUNK):
            opens, closes = event.startswith("start_"), event.startswith("end_")
            if depth == 0 and not opens:
                raise Refused("type")
            if depth == 0 and is_second:
                return [], True
            if depth == 0 and event == "start_array":
                return ["item"], False
            if depth == 1 and event == "map_key":
                key = value
            elif depth == 1 and event == "start_array" and key in _LISTS:
                # A file has one long list. Reading on to find another would read the file twice.
                return [*found, f"{key}.item"], False
            elif depth == 1 and event == "start_map" and key in _LISTS:
                found.append(key)
            depth += opens - closes
            is_second = is_second or (depth == 0 and closes)
    except errors as error:
        if is_second:
            return [], True
        raise Refused(_code(error) if stream.unpacked else "empty", after=0) from None
    return found, False


def checked(number: int, where: str, node: Any, limits: Limits) -> Line:
    """The line for something that was read, or why it can't be a row: too deep, too long, or no text."""
    waiting: list[tuple[Any, int]] = [(node, 1)]
    length = 0
    while waiting:
        value, depth = waiting.pop()
        kind = type(value)
        if kind is str:
            length += len(value)
            if len(value) > limits["value"] or length > limits["row"]:
                return {"number": number, "where": where, "problem": "long"}
            if HALF in value or "\0" in value:
                return {"number": number, "where": where, "problem": "characters"}
        elif kind is Strict or kind is dict:
            if depth > limits["depth"]:
                return {"number": number, "where": where, "problem": "deep"}
            if kind is Strict and value.twice:
                return {"number": number, "where": where, "problem": "twice", "field": value.twice[:100]}
            waiting += [(inner, depth + 1) for inner in value.values()]
            length += sum(map(len, value))
        elif kind is list:
            if depth > limits["depth"]:
                return {"number": number, "where": where, "problem": "deep"}
            waiting += [(inner, depth + 1) for inner in value]
    return {"number": number, "where": where, "node": node}


# Tables as text


def table(file: IO[bytes], limits: Limits, delimiter: str) -> Iterator[Line]:
    """The rows of a text file with columns, each as an object with the names of the first line."""
    csv.field_size_limit(limits["value"])
    stream = Utf8(file, limits)
    names: list[str] = []
    number = 0
    lines = _text_lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            code = "long" if "limit" in str(error) else "csv"
            raise Refused(code, after=number, line=reader.line_num) from None
        where = f"line {reader.line_num}"
        if not names:
            names = [cell.strip() for cell in cells]
            if len(set(names)) < len(names) or not all(names):
                raise Refused("columns")
            continue
        if not any(cells):
            continue
        number += 1
        if len(cells) != len(names):
            yield {"number": number, "where": where, "problem": "ragged"}
            continue
        yield checked(number, where, dict(zip(names, cells, strict=True)), limits)


def _text_lines(stream: Utf8) -> Iterator[str]:
    for line, data in stream.lines():
        if data is None:
            raise Refused("long", line=line)
        try:
            yield data.decode("utf-8") + "\n"
        except UnicodeDecodeError:
            raise Refused("utf-8", line=line) from None


def comma_separated(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    return table(file, limits, ",")


def tab_separated(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    return table(file, limits, "\t")


# Tables with types


_MOST_COLUMNS, _ROWS_AT_ONCE = 1_000, 500


def parquet(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The rows of a Parquet file, each as an object with the names of its columns. Raises Refused."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not size:
        raise Refused("empty")
    try:
        read_parquet = import_module("arro3.io").read_parquet
    except ModuleNotFoundError:
        raise Refused("no-parquet") from None
    unpacked = number = 0
    parts = _parts(read_parquet, file)
    schema = next(parts)
    names = [field.name for field in schema]
    if not 0 < len(names) == len(set(names)) <= _MOST_COLUMNS or not all(_is_plain(field.type) for field in schema):
        raise Refused("parquet-columns")
    for batch in parts:
        unpacked += batch.nbytes
        if unpacked > max(limits["ratio"] * size, 10_000_000):
            raise Refused("bomb", after=number)
        if unpacked > limits["bytes"]:
            raise Refused("big", after=number)
        for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            # Days and times as texts, as they are in our other formats.
            node = {
                name: cell.isoformat() if hasattr(cell, "isoformat") else cell
                for name, cell in zip(names, cells, strict=True)
            }
            yield checked(number, f"row {number}", node, limits)


def _parts(read_parquet: Any, file: IO[bytes]) -> Iterator[Any]:
    """The schema of the file, then its rows, some at once. Raises Refused if it's broken."""
    try:
        reader = read_parquet(file, batch_size=_ROWS_AT_ONCE)
        yield reader.schema
        yield from reader
    except (MemoryError, GeneratorExit):
        raise
    except BaseException:  # noqa: BLE001 — a panic of the library isn't an Exception
        raise Refused("broken-parquet") from None


def _is_plain(kind: Any) -> bool:
    """True for a type of texts, numbers, days or times, and for lists of texts."""
    types = import_module("arro3.core").DataType
    if types.is_list(kind) or types.is_large_list(kind):
        kind = kind.value_type
        return bool(types.is_string(kind) or types.is_large_string(kind))
    tests = (types.is_string, types.is_large_string, types.is_string_view, types.is_boolean, types.is_numeric)
    return any(test(kind) for test in (*tests, types.is_date, types.is_timestamp))


# Web pages


def web_page(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The ClaimReviews of a page: those in its JSON-LD, then those in its microdata."""
    file.seek(0)
    data = file.read(limits["page"] + 1)
    if len(data) > limits["page"]:
        raise Refused("page")
    yield from _in_page(_parsed_page(data), limits)


def _in_page(tree: Any, limits: Limits) -> Iterator[Line]:
    number = 0
    for place, script in enumerate(_scripts(tree), 1):
        text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        where = f"JSON-LD {place}"
        decoder = json.JSONDecoder(
            object_pairs_hook=_pairs, parse_float=Decimal, parse_constant=_constant, strict=False
        )
        try:
            node = decoder.decode(text)
        except RecursionError:
            number += 1
            yield {"number": number, "where": where, "problem": "deep"}
        except ValueError:
            if "ClaimReview" in text:
                number += 1
                yield {"number": number, "where": where, "problem": "json"}
        else:
            if "ClaimReview" in text:
                number += 1
                yield checked(number, where, node, limits)
    for place, element in enumerate(_microdata(tree), 1):
        number += 1
        yield checked(number, f"microdata {place}", _properties(element, limits["depth"]), limits)


def _parsed_page(data: bytes) -> Any:
    html = import_module("lxml.html")
    best = None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        page = data.decode("utf-16", errors="replace")
    else:
        try:
            page = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            best = import_module("charset_normalizer").from_bytes(data).best()
            if best is None:
                raise Refused("encoding") from None
            page = str(best)
    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return html.document_fromstring(page.encode("utf-8", errors="replace"), parser=parser)
    except (ValueError, import_module("lxml.etree").LxmlError):
        raise Refused("empty") from None


def _scripts(tree: Any) -> Iterable[Any]:
    return [
        script
        for script in tree.iter("script")
        if (script.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json"
    ]


def _microdata(tree: Any) -> Iterator[Any]:
    """The elements that are a ClaimReview (HTML microdata), without those inside another one."""
    for element in tree.iter():
        if _is_review(element) and not any(_is_review(outer) for outer in element.iterancestors()):
            yield element


def _is_review(element: Any) -> bool:
    types = element.get("itemtype") if isinstance(element.tag, str) else None
    return any(name.rpartition("/")[2] == "ClaimReview" for name in (types or "").split())


def _properties(element: Any, depth: int) -> dict[str, Any]:
    """The properties of a microdata item, with the items among them as objects."""
    types = [name.rpartition("/")[2] for name in (element.get("itemtype") or "").split()]
    found: dict[str, Any] = {"@type": types[0] if len(types) == 1 else types}
    waiting = list(reversed(element))
    while waiting:
        inner = waiting.pop()
        if not isinstance(inner.tag, str):
            continue
        is_item = inner.get("itemscope") is not None
        names = (inner.get("itemprop") or "").split()
        if names and depth:
            value = _properties(inner, depth - 1) if is_item else _value(inner)
            for name in names:
                found[name] = value if name not in found else [*_listed(found[name]), value]
        if not is_item:
            waiting += reversed(inner)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(element: Any) -> str:
    for attribute in ("content", "datetime", "href", "src", "data", "value"):
        if element.get(attribute) is not None:
            return str(element.get(attribute))
    return " ".join(element.text_content().split())


# WordPress


# What an export of WordPress has beside posts and pages.
_NOT_POSTS = {
    *("attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset", "oembed_cache", "user_request"),
    *("wp_block", "wp_template", "wp_template_part", "wp_global_styles", "wp_navigation", "wp_font_family"),
    "wp_font_face",
}
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
# Where the plugin “Full Fact - Claim Review Schema” keeps the fact-checks of a post, as PHP serialises a list.
_FULL_FACT = "_fullfact_all_claims"


def wordpress(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The ClaimReviews in the published posts of an export of WordPress (WXR), and why a post has none.

    They are in a post's own fields or in its content. What they don't say of their page, the post says: its address,
    title and date, and the site as the publisher.
    """
    site: dict[str, str] = {}
    number = 0
    for element in _elements(file, limits):
        name = _local(element)
        if name == "item":
            for line in _of_post(element, site, limits):
                number += 1
                yield {"number": number, **line}
        elif name in ("title", "link", "language", "wxr_version"):
            site[name] = (element.text or "").strip()
    if "wxr_version" not in site:
        raise Refused("wordpress", after=number)


def _elements(file: IO[bytes], limits: Limits) -> Iterator[Any]:
    """The elements of a feed's channel, one after the other, so that memory stays flat. Without a document type."""
    etree = import_module("lxml.etree")
    file.seek(0)
    start = file.read(2)
    file.seek(0)
    source = Utf8(file, limits) if start == _GZIP else file
    is_export = False
    try:
        for event, element in etree.iterparse(
            source, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        ):
            parent = element.getparent()
            if event == "start":
                if parent is None and element.getroottree().docinfo.doctype:
                    raise Refused("doctype")
                continue
            if parent is None or _local(parent) != "channel":
                continue
            is_export = is_export or _local(element) == "wxr_version"
            yield element
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise Refused("xml" if is_export else "wordpress", line=error.lineno or 0) from None


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _of_post(item: Any, site: dict[str, str], limits: Limits) -> Iterator[Line]:
    """The lines for one post, without their numbers."""
    post = {_local(child): (child.text or "").strip() for child in item if child.tag != _CONTENT}
    where = f"post {post.get('post_id', '')}"
    if post.get("post_type") in _NOT_POSTS:
        return
    if post.get("status", "publish") != "publish" or post.get("post_password"):
        yield {"where": where, "problem": "unpublished"}
        return
    found = 0
    for review in _reviews_of_post(item, post, limits):
        found += 1
        if isinstance(review, str):
            yield {"where": where, "problem": review}
        else:
            line = checked(0, where, {**_of_page(post, site), **review}, limits)
            del line["number"]
            yield line
    if not found:
        yield {"where": where, "problem": "no-review"}


def _of_page(post: dict[str, str], site: dict[str, str]) -> dict[str, Any]:
    """What a post says of its page, in the words of ClaimReview."""
    return {
        "@type": "ClaimReview",
        "url": post.get("link", ""),
        "headline": post.get("title", ""),
        "datePublished": post.get("post_date", "")[:10],
        "inLanguage": site.get("language", ""),
        "author": {"@type": "Organization", "name": site.get("title", ""), "url": site.get("link", "")},
    }


def _reviews_of_post(item: Any, post: dict[str, str], limits: Limits) -> Iterator[dict[str, Any] | str]:
    """The ClaimReviews of a post: of its own fields, then of its content. The code of a problem in place of one."""
    for meta in item:
        if _local(meta) != "postmeta":
            continue
        field = {_local(child): child.text or "" for child in meta}
        value = field.get("meta_value", "")
        if field.get("meta_key") == _FULL_FACT:
            try:
                claims = _php(value.strip().encode(), 0, limits["depth"])[0]
            except (ValueError, IndexError):
                yield "php"
                continue
            yield from (_of_full_fact(claim, post) for claim in _values(claims) if isinstance(claim, dict))
        elif "ClaimReview" in value and value.lstrip().startswith(("{", "[")):
            yield from _in_json(value)
    for content in item.findall(_CONTENT):
        text = content.text or ""
        if "ClaimReview" in text and len(text) <= limits["page"]:
            for line in _in_page(_parsed_page(text.encode()), limits):
                yield from [line["problem"]] if "problem" in line else _nodes(line["node"])


def _in_json(text: str) -> Iterator[dict[str, Any] | str]:
    try:
        node = json.loads(text, object_pairs_hook=_pairs, parse_float=Decimal, parse_constant=_constant)
    except RecursionError:
        yield "deep"
    except ValueError:
        yield "json"
    else:
        yield from _nodes(node)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    """The ClaimReviews in lists, graphs and pages."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            if "ClaimReview" in _listed(one.get("@type")):
                yield one
            else:
                waiting += [value for value in reversed(one.values()) if isinstance(value, dict | list)]


def _of_full_fact(claim: dict[str, Any], post: dict[str, str]) -> dict[str, Any]:
    """A ClaimReview as that plugin writes it into the page."""
    anchor, value = claim.get("anchor"), claim.get("numeric-rating")
    address = f"{post.get('link', '').rstrip('/')}/#{anchor}" if anchor else post.get("link", "")
    rating = {"@type": "Rating", "alternateName": claim.get("assessment")}
    if value not in (None, ""):
        rating["ratingValue"] = value
    item = {
        "@type": "Claim",
        "author": {"@type": "Person", "name": claim.get("author"), "jobTitle": claim.get("job-title")},
        "datePublished": claim.get("date"),
    }
    return {"url": address, "claimReviewed": claim.get("claimreviewed"), "itemReviewed": item, "reviewRating": rating}


def _values(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else []


def _php(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value that PHP serialised here, and where it ends. Raises ValueError for an object, or if it's broken."""
    kind = data[at : at + 2]
    if kind == b"N;":
        return None, at + 2
    end = data.index(b":" if kind in (b"s:", b"a:") else b";", at + 2)
    number = data[at + 2 : end]
    if kind in (b"i:", b"b:", b"d:"):
        return number.decode("ascii"), end + 1
    length = int(number)
    if kind == b"s:" and length >= 0:
        begin = end + 2
        stop = begin + length
        # PHP counted the bytes before XML made one line feed of each line end.
        extra = data.count(b"\n", begin, stop)
        while data[stop : stop + 2] != b'";':
            stop -= 1
            extra -= 1 + (data[stop : stop + 1] == b"\n")
            if extra < 0:
                raise ValueError("length")
        return data[begin:stop].decode("utf-8"), stop + 2
    if kind != b"a:" or not depth:
        raise ValueError("kind")
    at = end + 2
    made: dict[str, Any] = {}
    for _number in range(length):
        key, at = _php(data, at, depth - 1)
        made[key if isinstance(key, str) else ""], at = _php(data, at, depth - 1)
    if data[at : at + 1] != b"}":
        raise ValueError("end")
    return made, at + 1


READERS: dict[str, Callable[[IO[bytes], Limits], Iterator[Line]]] = {
    "json": json_items,
    "jsonl": json_lines,
    "csv": comma_separated,
    "tsv": tab_separated,
    "parquet": parquet,
    "html": web_page,
    "wordpress": wordpress,
}


def answer(file: IO[bytes], reader: str, limits: Limits) -> Iterator[Line]:
    """The lines of the answer, the last with `done` or `refused`."""
    number = 0
    try:
        for line in READERS[reader](file, limits):
            number = line["number"]
            if number > limits["rows"]:
                break
            yield line
    except Refused as refused:
        yield {"refused": str(refused), "after": number, **refused.about}
    except MemoryError:
        yield {"refused": "costly", "after": number}
    except Exception:  # noqa: BLE001 — whatever a parser raises, the file is what it can't read
        yield {"refused": "broken", "after": number}
    else:
        yield {"done": number} if number <= limits["rows"] else {"refused": "rows", "after": number - 1}


def main() -> None:
    """Read the file from standard input and write the answer to standard output."""
    limits: Limits = json.loads(sys.argv[2])
    limit(limits)
    orjson = import_module("orjson")
    out = sys.stdout.buffer
    option = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    for line in answer(sys.stdin.buffer, sys.argv[1], limits):
        try:
            out.write(orjson.dumps(line, default=str, option=option))
        except (TypeError, MemoryError):
            about: Line = {key: line[key] for key in ("number", "where") if key in line}
            out.write(orjson.dumps({**about, "problem": "characters"}, option=option))
    out.flush()


if __name__ == "__main__":
    main()
