"""Sample publications with arbitrary text, made without a database."""

import datetime
from typing import Any

from hypothesis import strategies as st

from claims.choices import Act, PageKind
from claims.record.body import Signing
from claims.record.canonical import canonical
from claims.record.publications import Publication
from claims.schema import SCHEMA
from factcheck.core.text import clean

AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
# Any text that the record can store, often with characters that spreadsheets, parsers or escapes misinterpret.
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])).map(clean),
    st.text("=+-@'\"<>&;\t\n\r,_x04[]\ufffe\uffff\U0001f600 é").map(clean),
    st.sampled_from(["<r><t>1</t></r>", "=HYPERLINK(1)", "_x0041_", "]]>", "\\u0000", "true", "1", "a\n- b", "x;=1"]),
)


def source(**given: Any) -> dict[str, Any]:
    return {
        "slug": "source",
        "title": "Title",
        "publisher": {"slug": "paper", "name": "The paper", "address": ""},
        "kind": "news-report",
        "address": "",
        "archived_address": "",
        "address_is_private": False,
        "authors": [],
        "published": "",
        "language": "",
        "interest": "",
        "summary": "",
        "is_copy": False,
        "original_address": "",
    } | given


def content(**given: Any) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "slug": "bridge",
        "statement": "The bridge is red.",
        "kind": "other",
        "checkable": True,
        "why_not_checkable": "",
        "claimant": None,
        "claimed_on": "",
        "date_note": "",
        "about_on": "",
        "places": [],
        "language": "en",
        "topics": [],
        "selection_reason": "",
        "rating": {"slug": "false", "label": "False", "definition": "", "value": 1, "worst": 1, "best": 5},
        "headline": "",
        "summary": "",
        "explanation": "",
        "method": "",
        "missing": [],
        "notice": "",
        "parts": [],
        "parts_rule": "",
        "appearances": [],
        "evidence": [],
        "others": [],
        "pictures": [],
        "original": None,
        "revision": Signing(number=1, act=Act.PUBLISH, at=AT, signed_by="").as_content(),
    } | given


def publication(**given: Any) -> Publication:
    return Publication(canonical(content(**given)), AT, pages=tuple(PageKind))


def evidence(text: str = "x", texts: list[str] | None = None) -> dict[str, Any]:
    own_texts = dict.fromkeys(["finding", "quote", "locator", "origin", "secondary_reason", "note"], text)
    document = source(title=text, authors=texts or [], interest=text)
    return {"source": document, "stance": "refutes", "primary": False, **own_texts}


def appearance(text: str = "x", texts: list[str] | None = None) -> dict[str, Any]:
    own_texts = dict.fromkeys(["exact", "prefix", "suffix", "locator", "date"], text)
    quoted = {"slug": "minister", "name": text, "kind": "person", "role": text, "affiliations": [], "wikidata": ""}
    return {
        "source": source(title=text, authors=texts or [], summary=text),
        "position": 3,
        "attributed_to": quoted if text else None,
        **own_texts,
    }


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    """Any publication that is possible."""
    text, texts = st.deferred(lambda: TEXT), st.lists(TEXT, max_size=3)
    names = ["statement", "summary", "notice", "explanation", "method", "date_note", "selection_reason", "headline"]
    off_scale = draw(st.booleans())
    rating = {"slug": "x", "label": draw(text)} | ({} if off_scale else {"value": 2, "worst": 1, "best": 5})
    claimant = {"slug": "mayor", "name": draw(text), "kind": "person", "role": draw(text)}
    return publication(
        **{name: draw(text) for name in names},
        places=draw(texts),
        missing=draw(texts),
        rating=rating,
        claimant=draw(st.sampled_from([None, claimant])),
        claimed_on=draw(st.sampled_from(["", "0001", "1492-10-12", "2025-06", "9999-12-31"])),
        evidence=draw(st.lists(st.builds(evidence, text, texts), max_size=2)),
        appearances=draw(st.lists(st.builds(appearance, text, texts), max_size=2)),
    )
