"""What one site publishes, another imports: import(export(x)) = x, in every format and for all fields that it has."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import orjson
from django.conf import settings
from hypothesis import assume, given

from claims.desk.imports import kinds, read
from claims.desk.imports.limits import LIMITS
from claims.desk.imports.rows import Row
from claims.formats import claimreview, datafeed, factchecktools
from claims.formats.files import FILES
from claims.record.canonical import canonical
from claims.record.publications import Publication
from factcheck.core.fields import dates
from tests.claims.formats.made import publications
from tests.properties import examples

Write = Callable[[Publication], bytes]


def of_file(name: str) -> Write:
    return lambda one: b"".join(FILES[name].write([one]))


def of_feed(one: Publication) -> bytes:
    return orjson.dumps({"@type": "DataFeed", "dataFeedElement": [None, datafeed.published_item(one), {"item": []}]})


# What isn't in a format: the others give no numbers, no headline, or only whole days.
NO_TITLE, NO_NUMBERS = {"title"}, {"value", "worst", "best"}
FORMATS: dict[str, tuple[str, str, Write, set[str]]] = {
    "claims.json": ("factcheck", "json", of_file("claims.json"), set()),
    "claims.ndjson": ("factcheck", "jsonl", of_file("claims.ndjson"), set()),
    "claims.csv": ("factcheck", "csv", of_file("claims.csv"), set()),
    "claims.parquet": ("factcheck", "parquet", of_file("claims.parquet"), set()),
    "ClaimReview": (
        "claimreview",
        "json",
        lambda one: orjson.dumps(claimreview.serialise(claimreview.review(one))),
        NO_TITLE,
    ),
    "ClaimReview, a line each": (
        "claimreview",
        "jsonl",
        lambda one: orjson.dumps(datafeed.published_item(one)) + b"\n",
        NO_TITLE | {"language", "claimed_on"},
    ),
    "feed of Data Commons": ("claimreview", "json", of_feed, NO_TITLE | {"language", "claimed_on"}),
    "answer of Google's API": (
        "claimreview",
        "json",
        lambda one: orjson.dumps({"claims": [factchecktools.claim_of(one)]}),
        NO_TITLE | NO_NUMBERS | {"claimed_on", "publisher_address"},
    ),
    "web page": (
        "html",
        "html",
        lambda one: (
            b'<html><script type="application/ld+json">'
            + orjson.dumps(claimreview.serialise(claimreview.review(one))).replace(b"<", b"\\u003c")
            + b"</script></html>"
        ),
        NO_TITLE,
    ),
}


def rows(kind: str, reader: str, data: bytes) -> list[Row]:
    """The rows of a file, read in this process: hundreds of starts of another take too long."""
    lines = list(read.answer(BytesIO(data), reader, LIMITS.as_json(len(data))))
    assert "done" in lines[-1], lines[-1]
    return list(kinds.KINDS[kind].rows(lines[:-1], {}))


def said(one: Publication) -> dict[str, str]:
    """What a publication says, in the words of an import."""
    content = one.content
    rating = content["rating"]
    return {
        "reference": one.address,
        "claim": content["statement"],
        "claimant": content["claimant"]["name"] if content["claimant"] else "",
        "title": content["headline"],
        "publisher": settings.SITE_NAME,
        "address": one.address,
        "publisher_address": f"{settings.SITE_URL}/",
        "claimed_on": content["claimed_on"],
        "reviewed_on": dates.local_day(one.first_published_at).isoformat(),
        "language": content["language"],
        "label": rating["label"],
        **{name: str(rating.get(name, "")) for name in ("value", "worst", "best")},
    }


def whole(one: Publication) -> Publication:
    """The publication with a claim and a label, what people in it have, and made no later than it can be."""
    content = one.content
    content["statement"] = content["statement"] or "Ostwick has two bridges."
    content["rating"]["label"] = content["rating"]["label"] or "False"
    if content["claimant"]:
        content["claimant"] |= {"wikidata": "", "affiliations": []}
    if content["claimed_on"] > "2025":
        content["claimed_on"] = "2025-06"
    for place in content["appearances"]:
        place["date"] = place["date"] and "2025-06"
    return replace(one, body=canonical(content))


@examples(60)
@given(one=publications().map(whole))
def test_what_one_site_publishes_another_imports_unchanged_in_every_format(one: Publication) -> None:
    expected = said(one)
    assume("\ufffe" not in json.dumps(one.content, ensure_ascii=False))
    for name, (kind, reader, write, left_out) in FORMATS.items():
        (row,) = (row for row in rows(kind, reader, write(one)) if not row.problems)
        compared = expected.keys() - left_out
        assert {field: row.values[field] for field in compared} == {field: expected[field] for field in compared}, name


# The values of evidence.csv and appearances.csv that are texts of any length.
LONG_TEXTS = {"evidence": ["finding", "quote", "note"], "appearances": ["exact"]}


@examples(30)
@given(one=publications().map(whole))
def test_evidence_and_appearances_come_in_the_same_from_each_format(one: Publication) -> None:
    assume("\ufffe" not in json.dumps(one.content, ensure_ascii=False))
    for table, names in LONG_TEXTS.items():
        in_csv, in_parquet = (rows("parts", form, of_file(f"{table}.{form}")(one)) for form in ("csv", "parquet"))
        assert [(row.values, row.problems) for row in in_csv] == [(row.values, row.problems) for row in in_parquet]
        assert len(in_csv) == bool(one.content[table])
        for row in (row for row in in_csv if not row.problems):
            for number, part in enumerate(one.content[table], 1):
                start = f"evidence_{number}_" if table == "evidence" else f"article_{number}_" if number > 1 else ""
                assert [row.values.get(start + name, "") for name in names] == [part[name] for name in names]
