"""Exports of WordPress: the fact-checks in their posts are found, and each post without one says why."""

import gzip
import json
import tempfile
import tracemalloc
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.imports import kinds, read
from claims.desk.imports.limits import LIMITS
from claims.desk.imports.rows import Row
from tests.claims.desk.imports.wordpress import HEAD, TAIL, export, php, post
from tests.properties import examples

REVIEW = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://checks.example/own/",
    "claimReviewed": "Twelve bridges ]]> & more.",
    "datePublished": "2025-06-20",
    "author": {"@type": "Organization", "name": "Checks", "url": "https://checks.example/"},
    "itemReviewed": {"@type": "Claim", "author": {"name": "The mayor"}},
    "reviewRating": {"@type": "Rating", "alternateName": "False", "ratingValue": "1", "bestRating": 5},
}
FULL_FACT = {
    "claimreviewed": "It costs ten\r\nmillion – or so.",
    "date": "2025-06-19",
    "appearance": {"original": "", "url": ["https://post.example/a"]},
    "assessment": "Wrong",
    "author": "The mayor",
    "job-title": "Mayor",
    "image": "",
    "location": "",
    "numeric-rating": "2",
    "anchor": "second",
}
PLAIN = {name: value for name, value in REVIEW.items() if name not in ("url", "datePublished", "author")}


def script(node: Any) -> str:
    return f'<p>Text.</p><script type="application/ld+json">{json.dumps(node)}</script>'


def rows(data: bytes) -> list[Row]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return list(kinds.rows("wordpress", file, "export.xml", {}))


def test_a_claim_review_in_the_content_of_a_post_is_found_as_it_is_given() -> None:
    (row,) = rows(export(post(7, content=script({"@graph": [REVIEW, {"@type": "WebPage"}]}))))
    assert (row.problems, row.where) == ((), "post 7")
    assert row.values["address"] == row.reference == "https://checks.example/own/"
    assert row.values["claim"] == "Twelve bridges ]]> & more."
    assert (row.values["claimant"], row.values["label"], row.values["publisher"]) == ("The mayor", "False", "Checks")
    assert (row.values["value"], row.values["best"], row.values["reviewed_on"]) == ("1", "5", "2025-06-20")


@pytest.mark.parametrize(
    "of",
    [{"content": script(PLAIN)}, {"fields": {"schema": json.dumps([PLAIN])}}],
    ids=["content", "field"],
)
def test_what_a_claim_review_does_not_say_the_post_and_the_site_say(of: dict[str, Any]) -> None:
    (row,) = rows(export(post(7, **of)))
    assert row.problems == ()
    assert (row.values["address"], row.values["title"]) == ("https://checks.example/7/", "Check 7")
    assert (row.values["reviewed_on"], row.values["language"]) == ("2025-06-21", "en-GB")
    assert (row.values["publisher"], row.values["publisher_address"]) == ("Ostwick Checks", "https://checks.example")


def test_the_fields_of_full_facts_plugin_are_read_although_xml_changed_their_line_ends() -> None:
    first = FULL_FACT | {"anchor": "", "assessment": "Correct"}
    found = rows(export(post(7, fields={"_fullfact_all_claims": php([first, FULL_FACT])})))
    assert [row.problems for row in found] == [(), ()]
    assert [row.values["label"] for row in found] == ["Correct", "Wrong"]
    assert [row.values["address"] for row in found] == ["https://checks.example/7/", "https://checks.example/7/#second"]
    second = found[1].values
    assert (second["claimant"], second["value"], second["claimed_on"]) == ("The mayor", "2", "2025-06-19")
    assert "million – or so." in second["claim"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (post(1, content="<p>Nothing.</p>"), "no ClaimReview"),
        (post(1, content=script(REVIEW), status="draft"), "isn’t public"),
        (post(1, content=script(REVIEW), post_password="secret"), "isn’t public"),
        (post(1, fields={"_fullfact_all_claims": 'O:8:"stdClass":0:{}'}), "damaged"),
        (post(1, fields={"_fullfact_all_claims": php([FULL_FACT])[:-9]}), "damaged"),
        (post(1, fields={"schema": '{"@type": "ClaimReview",'}), "valid JSON"),
        (post(1, fields={"schema": '{"@type": "ClaimReview", "url": ' + "[" * 20_000}), "within objects"),
        (post(1, content=script(REVIEW | {"claimReviewed": "x" * 100_001})), "too long"),
        (post(1, content=script({**REVIEW, "claimReviewed": ""})), ""),
    ],
    ids=["none", "draft", "password", "object", "cut", "broken JSON", "deep JSON", "long", "no claim"],
)
def test_a_post_without_a_fact_check_says_why_and_the_others_come_in(given: str, reason: str) -> None:
    refused, fine = rows(export(given, post(2, content=script(REVIEW))))
    assert refused.where == "post 1"
    assert refused.problems
    assert reason in str(refused.problems[0])
    assert fine.problems == ()


def test_a_packed_export_is_read() -> None:
    assert len(rows(gzip.compress(export(post(1, content=script(REVIEW)))))) == 1


def test_what_is_no_post_is_left_out() -> None:
    assert rows(export(post(1, post_type="attachment"), post(2, post_type="nav_menu_item"))) == []


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (export(post(1)).replace(b"<rss", f"{BOMB}<rss".encode(), 1).replace(b"Facts", b"&c;"), "document type"),
        (export(post(1)).replace(b"<rss", f"{OUTSIDE}<rss".encode(), 1).replace(b"Facts", b"&a;"), "document type"),
        (export(post(1))[:-60], "isn’t valid XML"),
        (b"<rss><channel><title>News</title><item><title>x</title></item></channel></rss>", "isn’t an export"),
        (b"{}", "isn’t an export"),
        (b"", "isn’t an export"),
        (b"<a>" * 100_000, "isn’t an export"),
        (HEAD.encode() + b"<item><title>" + b"x" * 11_000_000 + b"</title></item>" + TAIL.encode(), "isn’t valid XML"),
        (export("<item><title>\xff</title></item>").decode().encode("latin-1"), "isn’t valid XML"),
    ],
    ids=["entities", "outside entity", "cut", "a feed", "JSON", "nothing", "deep", "a cell of 11 MB", "encoding"],
)
def test_a_hostile_export_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(kinds.Unreadable, match=sentence):
        rows(data)


@examples(100)
@given(
    st.recursive(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers(0, 99).map(str),
        lambda inner: st.dictionaries(st.text("ab", min_size=1), inner, max_size=3),
        max_leaves=6,
    )
)
def test_what_php_serialised_is_read(value: Any) -> None:
    written = php(value).encode()
    assert read._php(written, 0, 30) == (value, len(written))


def test_memory_does_not_grow_with_the_posts() -> None:
    def peak(count: int) -> int:
        data = export(*(post(number, content="<p>x</p>" * 300) for number in range(count)))
        tracemalloc.start()
        for _line in read.wordpress(BytesIO(data), LIMITS.as_json(len(data))):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(400) < 1.5 * peak(40) + 100_000
