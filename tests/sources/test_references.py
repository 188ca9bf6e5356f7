"""What we export as CSL-JSON, RIS or BibTeX comes back unchanged; hostile lists are refused with a sentence."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core.fields.addresses import canonical
from factcheck.core.text import one_line
from sources import bibliographies, parse
from sources.bibliographies import MAX_BYTES, Unreadable, differences, logged, read
from sources.choices import Protection, SourceKind
from sources.references import FORMS, Reference, bibtex, csl, in_tex, ris
from tests.factories import SourceFactory
from tests.properties import examples

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    st.text(st.sampled_from("{}\\#$%&_~^`'\"-@,=; aZé\u00a0\ue000"), min_size=1, max_size=20),
    st.sampled_from(["and", "A and B", "ER  - ", "\\textbraceleft{}", "{", "x}", "--- `` ''", "@misc{a,", "\\'e"]),
).map(one_line)
NAMES = TEXTS.filter(bool)
ADDRESSES = st.sampled_from(
    [
        "",
        "https://post.example/bridges?a=1&b=%20#x_y~z",
        "https://doi.org/10.1234/ab_c(1)",
        "http://пример.example/ñ/{a}",
    ]
)
DATES = st.sampled_from(["", "2025", "2025-06", "2025-06-21", "0999-01-01"])
REFERENCES = st.builds(
    Reference,
    key=st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True),
    title=TEXTS.filter(bool),
    kind=st.sampled_from(SourceKind.values),
    authors=st.lists(NAMES, max_size=3).map(tuple),
    publisher=TEXTS,
    published=DATES,
    language=st.sampled_from(["", "en", "pt-BR", "zh-Hant-TW"]),
    address=ADDRESSES,
    archived_address=st.sampled_from(["", "https://archive.example/2025/https://post.example/x_y"]),
)


def parsed_here(data: bytes, _media_type: str) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(parse.bibliography(data)))
    except parse.RefusedFile as refused:
        return {"refused": refused.args[0], "at": refused.args[1:]}


@pytest.fixture(name="_here")
def _parsed_here() -> Iterator[None]:
    """Parse in this process, because a thousand starts of another take too long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bibliographies, "parsed", parsed_here)
        yield


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@examples(100)
@given(written=st.lists(REFERENCES, min_size=1, max_size=3))
def test_what_was_exported_comes_back_unchanged(form: Any, written: list[Reference]) -> None:
    entries = read("".join(form.write(written)).encode())
    assert [entry.problems for entry in entries] == [[]] * len(written)
    # A web address comes back as BibTeX needs it: with everything encoded that isn't ASCII.
    assert [on_the_web(entry.reference) for entry in entries if entry.reference] == [on_the_web(one) for one in written]


def on_the_web(reference: Reference) -> Reference:
    return replace(reference, address=canonical(reference.address) if reference.address else "")


@pytest.mark.usefixtures("_here")
@examples(200)
@given(
    text=st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    "@misc{",
                    "@string{a=",
                    "a,",
                    "title=",
                    "{",
                    "}",
                    '"',
                    "#",
                    "\n",
                    "\\",
                    "TY  - ",
                    "ER  - ",
                    "AU  - ,,",
                    "x",
                ]
            ),
            max_size=30,
        ).map("".join),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just("\ud800\0"),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "title", "author", "issued", "date-parts", "type", "URL", "DOI", "items"]),
                    inner,
                )
            ),
            max_leaves=8,
        ).map(json.dumps),
    )
)
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    with suppress(Unreadable):
        assert all(entry.reference or entry.problems for entry in read(text.encode("utf-8", errors="replace")))


ZOTERO = r"""% Exported by a reference manager
@string{post = "Ostwick " # "Post"}
@comment{ @misc{never, title={Never}} }
@article{ruiz2025, author = {Ruiz, Ana and {Ministry of Trade, Industry} and M\"uller, Jos{\'e}}, journal = post,
  title = "The {NASA} bridges -- ``all'' of Ko{\v{c}}evje \& Stra{\ss}e", date = {2025-06-21}, langid = {EN},
  url = {https://post.example/a\_b}, number = 3 }
@broken{no closing brace, title = {x
@book{lind, title={Bridges}, year=2019, month=jun, publisher={River Press}, doi={10.1234/abc}}"""
JABREF = ["TY  - JOUR", "AU  - Ruiz, Ana", "A1  - Lind, Bo, Jr.", "TI  - The bridges", "of Ostwick", "Y1  - 2025/06//"]
RIS = "\n".join(
    ["Provider: Somebody", *JABREF, "JO  - Bridges", "DO  - 10.1234/abc", "ER  -", "TY  - GEN", "TI  - Cut"]
)
CSL = {
    "items": [
        {
            "id": 7,
            "type": "article-journal",
            "title": "The bridges",
            "author": [{"given": "Vincent", "non-dropping-particle": "van", "family": "Gogh", "suffix": "Jr."}],
            "issued": {"date-parts": [["2025", 6]]},
            "container-title": "Bridges",
            "publisher": "River Press",
            "DOI": "doi:10.1234/abc",
            "language": "english",
            "note": "Read it.",
        },
        {"id": "empty"},
        "text",
    ]
}


def test_bibtex_of_other_programs_is_understood() -> None:
    article, broken, book = read(ZOTERO.encode())
    assert article.reference == Reference(
        key="ruiz2025",
        title="The NASA bridges – “all” of Kočevje & Straße",
        kind=SourceKind.RESEARCH_REPORT,
        authors=("Ana Ruiz", "Ministry of Trade, Industry", "José Müller"),
        publisher="Ostwick Post",
        published="2025-06-21",
        language="en",
        address="https://post.example/a_b",
    )
    assert (broken.where, broken.reference) == ("Line 7", None)
    assert "Check its braces" in broken.problems[0]
    assert book.reference
    assert (book.reference.published, book.reference.address) == ("2019-06", "https://doi.org/10.1234/abc")


def test_ris_of_other_programs_is_understood() -> None:
    header, article, cut = read(RIS.encode())
    assert (header.where, header.reference) == ("Line 1", None)
    assert article.reference == Reference(
        title="The bridges of Ostwick",
        kind=SourceKind.RESEARCH_REPORT,
        authors=("Ana Ruiz", "Bo Lind Jr."),
        publisher="Bridges",
        published="2025-06",
        address="https://doi.org/10.1234/abc",
    )
    assert "doesn't end" in cut.problems[0]


def test_csl_json_of_other_programs_is_understood() -> None:
    article, empty, text = read(json.dumps(CSL).encode())
    assert article.reference == Reference(
        key="7",
        title="The bridges",
        kind=SourceKind.RESEARCH_REPORT,
        authors=("Vincent van Gogh Jr.",),
        publisher="Bridges",
        published="2025-06",
        address="https://doi.org/10.1234/abc",
    )
    assert "“english” (language)" in article.problems[0]
    assert "neither a title nor a web address" in empty.problems[0]
    assert "isn't an object" in text.problems[0]


def test_a_list_of_web_addresses_names_the_lines_that_are_none() -> None:
    entries = read("\ufeffhttps://a.example/x\r\n\r\n <b.example/y>\nsee above\njavascript:alert(1)\n".encode())
    assert [entry.reference.address for entry in entries if entry.reference] == [
        "https://a.example/x",
        "https://b.example/y",
    ]
    assert [entry.where for entry in entries if not entry.reference] == ["Line 4", "Line 5"]


HOSTILE = {
    "a list that is too big": (b"x" * (MAX_BYTES + 1), "Split it"),
    "too many addresses": (b"https://a.example/\n" * 1001, "more than 1,000"),
    "too many broken entries": (b"@misc{x\n" * 1001, "more than 1,000"),
    "deep JSON": (b"[" * 200_000, "couldn't read"),
    "JSON that is cut": (b'[{"id": 1}', "line 1, column 11"),
    "a field twice": (b'[{"id": 1, "id": 2}]', "same field twice"),
    "no number": (b'[{"id": NaN}]', "number"),
    "too many macros": (b"@string{a={x}}\n" * 2000, "far more than its size"),
    "a zip": (b"PK\x03\x04", "We read"),
    "binary": (b"\0\1\2", "We read"),
    "nothing": (b" \n", "empty"),
    "macros that double": (
        b"\n".join([b'@string{a = "' + b"x" * 50_000 + b'"}', *(b"@misc{k, title = a # a}" for _ in range(201))]),
        "far more than its size",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_list_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        read(data)


def test_half_of_a_character_is_refused_and_the_rest_is_kept() -> None:
    half, whole = read(b'[{"title": "x\\ud800"}, {"title": "y"}]')
    assert half.reference is None
    assert "half of a character" in half.problems[0]
    assert whole.reference


@pytest.mark.django_db
class TestLogged:
    def test_a_source_is_found_by_every_spelling_of_its_address_and_by_its_doi(self) -> None:
        page = SourceFactory.create(address="https://post.example/bridges", title="Bridges")
        paper = SourceFactory.create(address="https://doi.org/10.1234/abc")
        spelled = Reference(address="http://www.post.example/bridges/?utm_source=x", title="Another title")
        by_doi = read(b"@misc{x, title={T}, doi={10.1234/abc}}")[0].reference
        assert by_doi
        assert logged([spelled, by_doi, Reference(address="https://other.example/")]) == {spelled: page, by_doi: paper}
        assert differences(spelled, page) == ["title"]

    def test_a_source_without_address_is_found_by_its_key_and_title_together(self) -> None:
        source = SourceFactory.create(address="", title="The letter", slug="letter")
        own, other = Reference(key="letter", title="The letter"), Reference(key="letter", title="A letter")
        assert logged([own, other]) == {own: source}

    def test_nobody_finds_a_source_that_only_named_people_see(self) -> None:
        hidden = SourceFactory.create(address="https://post.example/x", protection=Protection.NAMED)
        assert logged([Reference(address=hidden.address), Reference(key=hidden.slug, title=hidden.title)]) == {}


def test_tex_is_escaped_so_that_tex_sets_the_same_text() -> None:
    assert in_tex("50 % -- {x}") == r"50 \% -{}- \textbraceleft{}x\textbraceright{}"


def test_each_format_names_what_a_reader_cites() -> None:
    one = Reference(key="b", title="Bridges", kind=SourceKind.NEWS_REPORT, publisher="Post", published="2025-06")
    assert "".join(bibtex([one])).startswith("@article{b,\n  title = {{Bridges}},\n  journal = {Post},")
    assert "T2  - Post\r\nPY  - 2025\r\nDA  - 2025/06//\r\n" in "".join(ris([one]))
    assert json.loads("".join(csl([one])))[0]["issued"] == {"date-parts": [[2025, 6]]}
