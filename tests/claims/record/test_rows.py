"""The rows for lists and the index, value by value, as they follow from a body; and the bytes of a body."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from claims.choices import EntryKind
from claims.record.canonical import canonical, moment
from claims.record.rows import Entry, columns, count_origins, entries
from claims.schema import Content

PAPER, BUREAU = {"slug": "paper", "name": "Paper"}, {"slug": "bureau", "name": "Bureau"}
ARTICLE = {"slug": "article", "title": "Äpfel", "publisher": PAPER}
OTHER = {"slug": "other", "title": "Other", "publisher": PAPER}
BO = {"slug": "bo", "name": "Bo Lee"}
REPORT = {"slug": "report", "title": "Report", "publisher": BUREAU}


def evidence(stance: str, origin: str, source: Content = REPORT) -> Content:
    return {"stance": stance, "origin": origin, "source": source}


@pytest.fixture
def body() -> Content:
    return {
        "slug": "the-claim",
        "statement": "Rents rose.",
        "headline": "Rents fell.",
        "summary": "They fell.",
        "notice": "Moved.",
        "kind": "statistic",
        "language": "en",
        "rating": {"slug": "false", "label": "False", "value": 1},
        "claimant": {"slug": "ada", "name": "Ada Reyes"},
        "claimed_on": "2024-02",
        "parts": ["one", "two"],
        "topics": [{"slug": "rents", "name": "Rents"}, {"slug": "homes", "name": "Homes"}],
        "appearances": [
            {"source": ARTICLE, "attributed_to": None},
            {"source": OTHER, "attributed_to": BO},
            {"source": ARTICLE, "attributed_to": BO},
        ],
        "evidence": [
            evidence("refutes", "census"),
            evidence("refutes", " Census"),
            evidence("supports", "survey", ARTICLE),
            evidence("context", "memoir"),
        ],
    }


def test_the_columns_of_a_list_are_those_of_the_body(body: Content) -> None:
    assert columns(body) == {
        "slug": "the-claim",
        "statement": "Rents rose.",
        "headline": "Rents fell.",
        "summary": "They fell.",
        "notice": "Moved.",
        "kind": "statistic",
        "language": "en",
        "rating": "false",
        "rating_label": "False",
        "rating_value": 1,
        "claimant": "ada",
        "claimant_name": "Ada Reyes",
        "attributed": ["bo"],
        "topics": ["rents", "homes"],
        "articles": ["article", "other"],
        "outlets": ["paper"],
        "sources": ["article", "other", "report"],
        "parts": ["one", "two"],
        "supports": 1,
        "refutes": 2,
        "origins": 2,
        "claimed_from": datetime.date(2024, 2, 1),
        "claimed_until": datetime.date(2024, 2, 29),
    }


def test_what_a_body_lacks_is_empty_in_its_columns(body: Content) -> None:
    found = columns(body | {"claimant": None, "claimed_on": "", "rating": {"slug": "unclear", "label": "Unclear"}})
    empty = {"claimant": "", "claimant_name": "", "rating_value": None, "claimed_from": None, "claimed_until": None}
    assert {name: found[name] for name in empty} == empty


def test_one_origin_counts_once_however_it_is_spelled_and_only_if_it_takes_a_side() -> None:
    pieces = [evidence("supports", "Census "), evidence("refutes", "census"), evidence("context", "memoir")]
    assert count_origins(pieces) == 1
    assert count_origins([]) == 0


def test_the_index_has_each_name_of_the_body_once(body: Content) -> None:
    assert list(entries(body)) == [
        Entry(EntryKind.RATING, "false", "False", body["rating"]),
        Entry(EntryKind.CLAIMANT, "ada", "Ada Reyes", body["claimant"]),
        Entry(EntryKind.CLAIMANT, "bo", "Bo Lee", BO),
        *(Entry(EntryKind.TOPIC, topic["slug"], topic["name"], topic) for topic in body["topics"]),
        Entry(EntryKind.OUTLET, "paper", "Paper", PAPER),
        Entry(EntryKind.ARTICLE, "article", "Äpfel", ARTICLE),
        Entry(EntryKind.ARTICLE, "other", "Other", OTHER),
        Entry(EntryKind.SOURCE, "article", "Äpfel", ARTICLE),
        Entry(EntryKind.SOURCE, "other", "Other", OTHER),
        Entry(EntryKind.SOURCE, "report", "Report", REPORT),
    ]
    unnamed = body | {"claimant": None, "appearances": [{"source": ARTICLE, "attributed_to": None}]}
    assert EntryKind.CLAIMANT not in {entry.kind for entry in entries(unnamed)}


def test_names_are_sorted_without_case_and_accents_by_as_much_as_the_index_holds() -> None:
    assert Entry(EntryKind.ARTICLE, "a", "Äpfel", ARTICLE).sort_key == "apfel"
    assert len(Entry(EntryKind.ARTICLE, "a", "x" * 501, ARTICLE).sort_key) == 500


def test_a_time_is_written_in_utc_wherever_it_was_measured() -> None:
    at = datetime.datetime(2025, 6, 21, 1, 2, 3, 45, tzinfo=ZoneInfo("America/Denver"))
    assert moment(at) == "2025-06-21T07:02:03.000045Z"


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1, 0])
def test_whole_numbers_that_every_reader_knows_exactly_are_kept(number: int) -> None:
    assert canonical({"b": [number, None, True], "a": "e\u0301"}) == f'{{"a":"é","b":[{number},null,true]}}'


@pytest.mark.parametrize("value", [2**53, -(2**53), 1.0, b"x", {1}, {"é": 1}, {1: 1}, "\ud800"])
def test_anything_else_is_refused_in_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"(The record|Keys of the record|[Tt]ext).*\.$"):
        canonical({"a": value})
