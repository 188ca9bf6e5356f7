"""Tests of citations: each names one version and its verdict, and no text breaks its format."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from claims.formats.citation import Citation
from claims.schema import Content
from factcheck.core.text import one_line
from tests.properties import examples

ADDRESS = "https://check.example/claims/three-bridges/revisions/2/"
# Any text that the record can store: everything except lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["\\", "}", "{", "}}", "{\\", '"', "@misc{x,", "%", "a, b = {c}", "</script>", "\n\n", "\\end{document}", "$&#_^~"]
)
SPELLED = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciicircum{}": "^",
    r"\textasciitilde{}": "~",
    **{f"\\{character}": character for character in "#$%&_"},
}


def content(**changes: object) -> Content:
    return {
        "slug": "three-bridges",
        "statement": "The council built 3 bridges.",
        "language": "en",
        "rating": {"slug": "false", "label": "False"},
        "notice": "",
        "revision": {"number": 2, "at": "2026-11-03T23:59:59.000000Z"},
    } | changes


def cited(address: str = ADDRESS, site: str = "The Daily Check", **changes: object) -> Citation:
    return Citation(content=content(**changes), site=site, address=address)


def fields_of(entry: str) -> tuple[str, dict[str, str]]:
    """The key and fields of one BibTeX entry, parsed as BibTeX does: it counts braces and ignores backslashes."""
    head = re.match(r"@misc\{([^,\s{}]+),\n", entry)
    assert head
    fields, at = {}, head.end()
    while field := re.compile(r"  ([a-z]+) = ").match(entry, at):
        start = at = field.end()
        if entry[at] != "{":
            at = entry.index(",", at)
            fields[field[1]] = entry[start:at]
        else:
            depth = 0
            while True:
                depth += {"{": 1, "}": -1}.get(entry[at], 0)
                at += 1
                if depth == 0:
                    break
            fields[field[1]] = entry[start + 1 : at - 1]
        assert entry[at : at + 2] == ",\n"
        at += 2
    assert entry[at:] == "}\n"
    return head[1], fields


def untexed(text: str) -> str:
    pattern = "|".join(map(re.escape, SPELLED))
    assert not re.search(r"[\\{}#$%&_^~]", re.sub(pattern, "", text)), text
    return re.sub(pattern, lambda match: SPELLED[match[0]], text)


def test_each_form_names_the_verdict_the_version_the_day_and_the_address() -> None:
    assert cited().plain() == (
        "The Daily Check. False: “The council built 3 bridges”. Fact-check, version 2, 3 November 2026. " + ADDRESS
    )
    assert cited().apa() == (
        "The Daily Check. (2026, November 3). False: “The council built 3 bridges” [Fact-check, version 2]. " + ADDRESS
    )
    assert fields_of(cited().bibtex()) == (
        "three-bridges-v2",
        {
            "author": "{The Daily Check}",
            "title": "{False: “The council built 3 bridges”}",
            "year": "2026",
            "month": "nov",
            "note": "Fact-check, version 2",
            "url": ADDRESS,
        },
    )
    (item,) = json.loads(cited().csl())
    assert item["issued"] == {"date-parts": [[2026, 11, 3]]}
    assert (item["type"], item["version"], item["URL"]) == ("webpage", "2", ADDRESS)
    assert item["author"] == [{"literal": "The Daily Check"}]


def test_every_form_includes_the_notice() -> None:
    proposed = cited(notice="Proposed, not yet reviewed.")
    for form in (proposed.plain(), proposed.apa(), proposed.bibtex(), proposed.csl()):
        assert "Proposed, not yet reviewed" in form


@examples(300)
@given(statement=TEXT, label=TEXT, notice=TEXT, site=TEXT, address=TEXT)
def test_no_text_breaks_a_form(statement: str, label: str, notice: str, site: str, address: str) -> None:
    citation = cited(
        address=address, site=site, statement=statement, notice=notice, rating={"slug": "x", "label": label}
    )
    title = f"{one_line(label)}: “{one_line(statement).removesuffix('.')}”"

    key, fields = fields_of(citation.bibtex())
    assert key == "three-bridges-v2"
    assert list(fields) == ["author", "title", "year", "month", "note", "url"]
    assert untexed(fields["title"][1:-1]) == title
    assert untexed(fields["author"][1:-1]) == one_line(site)
    untexed(fields["note"])

    (item,) = json.loads(citation.csl())
    assert item["title"] == title
    assert item["URL"] == address
    assert "\n" not in citation.plain() + citation.apa() or "\n" in address
