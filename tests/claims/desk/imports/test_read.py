"""The process that reads hostile files: whatever the bytes are, the answer is rows or a clear refusal."""

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from arro3.core import Array, DataType, Field, Table, struct_array
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.imports import kinds, process, read
from claims.desk.imports.limits import LIMITS
from tests.claims.desk.imports.wordpress import HEAD, TAIL
from tests.properties import examples

LIMITS_HERE = LIMITS.as_json(1000)


def answer(data: bytes, reader: str = "json", **limits: int) -> list[dict[str, Any]]:
    """The answer of a reader, in this process."""
    return list(read.answer(BytesIO(data), reader, LIMITS_HERE | limits))


def nodes(data: bytes, reader: str = "json") -> list[Any]:
    lines = answer(data, reader)
    assert lines[-1] == {"done": len(lines) - 1}, lines[-1]
    return [line["node"] for line in lines[:-1]]


def problems(data: bytes, reader: str = "json", **limits: int) -> list[str]:
    """The problem of each row, or an empty text."""
    return [line.get("problem", "") for line in answer(data, reader, **limits) if "number" in line]


def refusal(data: bytes, reader: str = "json", **limits: int) -> str:
    return str(answer(data, reader, **limits)[-1].get("refused", ""))


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a":1},{"a":2}]',
        b'{"@context":"https://schema.org","@graph":[{"a":1},{"a":2}]}',
        b'{"@type":"DataFeed","dataFeedElement":[{"a":1},{"a":2}]}',
        b'{"claims":[{"a":1},{"a":2}],"nextPageToken":"x"}',
        b'{"a":1}\n{"a":2}\n',
        b'{"a":1}{"a":2}'.replace(b"}{", b"}\r\n\r\n{"),
        b'\xef\xbb\xbf[{"a":1},{"a":2}]',
        '[{"a":1},{"a":2}]'.encode("utf-16"),
        gzip.compress(b'[{"a":1},{"a":2}]', mtime=0),
    ],
    ids=["array", "graph", "feed", "google", "lines", "lines with gaps", "mark", "UTF-16", "gzip"],
)
def test_each_form_of_a_json_file_is_read_item_by_item(data: bytes) -> None:
    assert nodes(data) == [{"a": 1}, {"a": 2}]


def test_a_file_may_be_one_object() -> None:
    assert nodes(b'{"@type":"ClaimReview","reviewRating":{"ratingValue":4.50}}') == [
        {"@type": "ClaimReview", "reviewRating": {"ratingValue": Decimal("4.50")}}
    ]


def test_items_may_be_null_and_an_item_that_is_no_object_is_still_an_item() -> None:
    assert nodes(b'{"dataFeedElement":[{"item":null},null,"x"]}') == [{"item": None}, None, "x"]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (rb'{"a":"\ud83d"}', "characters"),
        (rb'{"a":"\ude00"}', "characters"),
        (rb'{"a":"\u0000"}', "characters"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "deep"),
        (b'{"a":"' + b"x" * 100_001 + b'"}', "long"),
    ],
)
def test_a_broken_item_is_refused_and_the_others_are_read(item: bytes, problem: str) -> None:
    assert problems(b"[" + item + b',{"b":1}]') == [problem, ""]
    assert problems(item + b'\n{"b":1}\n', "jsonl") == [problem, ""] or problem == "characters"


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"x\\ud83d", r"\\\ud83d\ude00"])
def test_whole_characters_in_escapes_stay(text: str) -> None:
    data = f'[{{"a":"{text}"}}]'.encode()
    assert nodes(data) == json.loads(data)


def test_an_escape_across_two_chunks_is_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_CHUNK", 25)
    data = rb'[{"a":"\\\\\ud83d\ude00\\ud83d\ud83d\ude00x"},{"b":"\ud83d"}]'
    assert problems(data) == ["", "characters"]
    assert answer(data)[0]["node"] == json.loads(data)[0]


@pytest.mark.parametrize(
    ("data", "reader", "code"),
    [
        (b"", "json", "empty"),
        (b"5", "json", "type"),
        (b"nul", "json", "json"),
        (b'[{"a":1', "json", "json"),
        (b'[{"a":NaN}]', "json", "number"),
        ('[{"a":"é"}]'.encode("latin-1"), "json", "utf-8"),
        ("[1]".encode("utf-16-le"), "json", "encoding"),
        (gzip.compress(b"[1]", mtime=0)[:-9], "json", "broken-gzip"),
        (gzip.compress(b"[" + b" " * 20_000_000 + b"]", mtime=0), "json", "bomb"),
        (b"a,b\n\xff,1\n", "csv", "utf-8"),
        (b'a,b\n1,"' + b"x" * 100_001 + b'"\n', "csv", "long"),
        (b"a,a\n1,2\n", "csv", "columns"),
        (b'a,b\n1,"2\n', "csv", "csv"),
        (b"", "html", "empty"),
        (b"x" * 5_000_001, "html", "page"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(data: bytes, reader: str, code: str) -> None:
    assert refusal(data, reader) == code


def test_a_file_with_too_many_rows_or_bytes_is_refused() -> None:
    assert refusal(b"[1,2,3]", rows=2) == "rows"
    assert refusal(b"[1,2,3]", bytes=3) == "big"


def test_broken_lines_are_refused_one_by_one() -> None:
    data = b'{"a":1}\n{"a"\n\xff\n{"a":Infinity}\n' + b'"' + b"x" * 1_000_001 + b'"\n{"a":2}'
    assert problems(data, "jsonl") == ["", "json", "encoding", "number", "long", ""]


def test_a_ragged_row_is_refused_with_its_line() -> None:
    lines = answer(b'a\tb\n"1\n1"\t2\n3\n4\t5\n', "tsv")
    assert [(line["where"], line.get("problem")) for line in lines[:-1]] == [
        ("line 3", None),
        ("line 4", "ragged"),
        ("line 5", None),
    ]


def test_a_page_gives_its_json_ld_and_its_microdata() -> None:
    page = b"""<html><head><script type="application/ld+json; charset=utf-8">{"@type":"ClaimReview"}</script>
        <script type="application/ld+json">{"@type":"ClaimReview",}</script>
        <script type="application/ld+json">{"@type":"WebSite",}</script></head><body>
        <article itemscope itemtype="https://schema.org/ClaimReview"><meta itemprop="url" content="https://a.example/">
        <span itemprop="claimReviewed">It <b>rains</b></span>
        <div itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating">
        <i itemprop="alternateName">No</i></div>
        <div itemprop="itemReviewed" itemscope itemtype="http://schema.org/Claim">
        <p itemprop="author" itemscope><i itemprop="name">Ada</i></p><p itemprop="author">Bo</p></div></article>"""
    found = answer(page, "html")
    assert [line.get("problem", "") for line in found[:-1]] == ["", "json", ""]
    assert found[2]["node"] == {
        "@type": "ClaimReview",
        "url": "https://a.example/",
        "claimReviewed": "It rains",
        "reviewRating": {"@type": "Rating", "alternateName": "No"},
        "itemReviewed": {"@type": "Claim", "author": [{"@type": [], "name": "Ada"}, "Bo"]},
    }


# The process


def answered(data: bytes, reader: str = "json", **limits: int) -> list[dict[str, Any]]:
    """The answer of a reader in its own process."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return list(process.lines(file, reader, replace(LIMITS, **limits)))


def test_the_process_answers_with_rows_and_numbers_as_they_are_written() -> None:
    assert answered(b'[{"a":4.50},{"a":1e999},{"b":null}]') == [
        {"number": 1, "where": "item 1", "node": {"a": "4.50"}},
        {"number": 2, "where": "item 2", "node": {"a": "1E+999"}},
        {"number": 3, "where": "item 3", "node": {"b": None}},
        {"done": 3},
    ]


@pytest.mark.parametrize("data", [b"[" * 1_000_000, b'["' + b"x" * 40_000_000], ids=["deep", "a huge cell"])
def test_a_file_that_needs_too_much_memory_ends_only_the_process(data: bytes) -> None:
    assert answered(data, memory=100 * 1024 * 1024)[-1]["refused"] in {"costly", "json"}


def parquet(**columns: Array) -> bytes:
    """A Parquet file with these columns."""
    out = BytesIO()
    write_parquet(Table.from_arrays(list(columns.values()), names=list(columns)), out, compression="zstd(3)")
    return out.getvalue()


TEXT = Field("text", DataType.string())
PLAIN = parquet(name=Array(["Éa", None], type=DataType.string()), number=Array([1, 2], type=DataType.int64()))


def test_a_parquet_file_gives_rows_with_the_names_of_its_columns() -> None:
    assert answered(PLAIN, "parquet") == [
        {"number": 1, "where": "row 1", "node": {"name": "Éa", "number": 1}},
        {"number": 2, "where": "row 2", "node": {"name": None, "number": 2}},
        {"done": 2},
    ]


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        # They are made when they are asked for: the first two need gigabytes.
        (lambda: parquet(a=Array(["x" * 90_000] * 20_000, type=DataType.string())), {"bomb"}),
        (lambda: parquet(a=Array(["x" * 150_000_000], type=DataType.string())), {"costly", "bomb"}),
        (lambda: parquet(a=Array([b"x"], type=DataType.binary())), {"parquet-columns"}),
        (lambda: parquet(a=struct_array([Array(["x"], type=DataType.string())], fields=[TEXT])), {"parquet-columns"}),
        # A panic of the library that ends the process, and one that can be caught.
        (lambda: PLAIN[:4] + bytes(200) + PLAIN[4:], {"broken-parquet", "costly"}),
        (lambda: PLAIN[:-40] + b"\xff" * 4 + PLAIN[-36:], {"broken-parquet", "costly"}),
    ],
    ids=["one text again and again", "one long text", "bytes", "nested", "moved", "changed"],
)
def test_a_hostile_parquet_file_is_refused_within_limits(make: Callable[[], bytes], codes: set[str]) -> None:
    assert answered(make(), "parquet", memory=256 * 1024 * 1024)[-1]["refused"] in codes


def test_the_process_ends_with_the_reader_of_its_answer() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"[" + b"1," * 1_000_000 + b"1]")
        file.flush()
        lines = process.lines(file, "json")
        next(lines)
        lines.close()  # type: ignore[attr-defined]


def test_every_code_of_a_refusal_has_a_sentence() -> None:
    codes = set(_codes("Refused(")) | {"broken", "costly", "rows"}
    assert {code for code in codes if not kinds.refusal(code, {})} == set()


def _codes(call: str) -> Iterator[str]:
    with open(read.__file__, encoding="utf-8") as file:
        for line in file:
            if f'raise {call}"' in line:
                yield line.split('"')[1]


# Any bytes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)
HTML = [
    *("<script type=application/ld+json>", "</script>", '{"@type":"ClaimReview"', "}", "<p itemprop=url>", "<!--"),
    *("<div itemscope itemtype=ClaimReview>", "\0", "é", "]]>"),
]
WORDPRESS = [
    *("<item>", "</item>", "<wp:postmeta>", "<wp:meta_key>_fullfact_all_claims</wp:meta_key>", "<wp:meta_value>"),
    *('s:3:"a";', "i:1;", "a:1:{", "}", "]]>", "<![CDATA[", "&amp;", "é", "\n", TAIL),
    *("</wp:meta_value>", "</wp:postmeta>", "<content:encoded>", "</content:encoded>"),
    '<script type="application/ld+json">{"@type":"ClaimReview"}',
]
HOSTILE = {
    "json": st.binary(max_size=300) | JSON.map(json.dumps).map(str.encode),
    "jsonl": st.binary(max_size=300) | st.lists(JSON.map(json.dumps), max_size=4).map("\n".join).map(str.encode),
    "csv": st.binary(max_size=300) | st.text('a,"\n\r\t\0é').map(lambda text: text.encode("utf-8", "surrogatepass")),
    "tsv": st.binary(max_size=300) | st.text('a\t"\n\r\0é').map(str.encode),
    "html": st.binary(max_size=300) | st.lists(st.sampled_from(HTML), max_size=12).map("".join).map(str.encode),
    # Changed bytes can end a process, so they are tried in one of their own above.
    "parquet": st.binary(max_size=300) | st.integers(0, len(PLAIN) - 9).map(lambda end: PLAIN[:end]),
    "wordpress": st.binary(max_size=300)
    | st.lists(st.sampled_from(WORDPRESS), max_size=25).map(lambda parts: f"{HEAD}{''.join(parts)}{TAIL}".encode()),
}


@pytest.mark.parametrize("reader", sorted(read.READERS))
def test_any_bytes_give_rows_or_a_refusal(reader: str) -> None:
    @examples(60)
    @given(HOSTILE[reader])
    def check(data: bytes) -> None:
        lines = answer(data, reader)
        last = lines[-1]
        assert last.get("refused") != "broken", data
        assert "done" in last or last["refused"]
        for number, line in enumerate(lines[:-1], 1):
            assert line["number"] == number
            assert ("node" in line) != ("problem" in line)

    check()
