"""Tests of the schema of bodies: released schemas never change, and older bodies are upgraded when read."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from claims import schema
from claims.schema import CLAIM, NUMBER, RATING, SCHEMA, SOURCE, TEXT, TOMBSTONE, Field, Kind, Object

PAST = Path(settings.BASE_DIR, "tests/past")


def described(what: Object, version: int) -> dict[str, Any]:
    """An object of a schema as plain data: the kind of each field, and its flags."""
    fields: dict[str, Any] = {}
    for one in what.fields_in(version):
        kind = one.kind.name if isinstance(one.kind, Kind) else described(one.kind, version)
        flags = {"many": one.many, "may_be_null": one.is_nullable_in(version), "may_be_absent": one.may_be_absent}
        marks = [name for name, is_set in flags.items() if is_set]
        fields[one.name] = [kind, *marks] if marks else kind
    return fields


@pytest.mark.parametrize("version", range(1, SCHEMA + 1))
def test_a_schema_never_changes_once_bodies_have_it(version: int) -> None:
    frozen = json.loads((PAST / f"schema_{version}.json").read_text(encoding="utf-8"))
    assert described(CLAIM, version) == frozen


def test_every_field_is_explained_and_came_with_a_schema() -> None:
    def fields(what: Object) -> list[Field]:
        inner = [one for found in what.fields if isinstance(found.kind, Object) for one in fields(found.kind)]
        return [*what.fields, *inner]

    assert all(one.meaning and 1 <= one.since <= SCHEMA for one in fields(CLAIM))


# An object in its second schema: new fields at the top level, inside a list, and inside an object that may be null.
INNER = Object("Inner", "Inside.", (Field("name", TEXT, "A name."), Field("rank", NUMBER, "New.", since=2)))
OUTER = Object(
    "Outer",
    "Around it.",
    (
        Field("one", INNER, "One.", may_be_null=True),
        Field("several", INNER, "Several.", many=True),
        Field("title", TEXT, "New.", since=2),
        Field("tags", TEXT, "New.", many=True, since=2),
        Field("mark", NUMBER, "New, and only some have it.", may_be_absent=True, since=2),
    ),
)


@pytest.mark.parametrize("one", [None, {"name": "a"}])
def test_newer_fields_are_blank_in_an_older_object(one: Any) -> None:
    old = {"one": one, "several": [{"name": "b"}, {"name": "c"}]}
    assert OUTER.fits(old, 1)
    assert not OUTER.fits(old, 2)
    new = OUTER.upgraded(old)
    assert OUTER.fits(new, 2)
    assert new == {
        "one": one and {"name": "a", "rank": 0},
        "several": [{"name": "b", "rank": 0}, {"name": "c", "rank": 0}],
        "title": "",
        "tags": [],
    }


def test_a_body_of_an_older_schema_is_read_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"schema": 1, "slug": "a", "rating": {}, "statement": "They built three."}
    later = replace(CLAIM, fields=(*CLAIM.fields, Field("mood", TEXT, "New.", since=SCHEMA + 1)))
    monkeypatch.setattr(schema, "CLAIM", later)
    monkeypatch.setattr(schema, "SCHEMA", SCHEMA + 1)
    found = schema.read(orjson.dumps(body))
    assert (found["schema"], found["mood"], found["statement"]) == (SCHEMA + 1, "", "They built three.")
    tombstone = {"schema": 1, "slug": "a", "revision": {}}
    assert schema.read(orjson.dumps(tombstone)) == tombstone | {"schema": SCHEMA + 1}


# Valid and invalid values

SIGNING = {
    "number": 1,
    "act": "withdraw",
    "at": "2026-11-28T12:00:00.000000Z",
    "signed_by": "Ana",
    "reason": "",
    "approved_by": "",
    "approved_alone": False,
    "correction": "void",
}
GONE = {"schema": 1, "slug": "a", "revision": SIGNING}


def test_the_body_of_a_withdrawal_is_sound() -> None:
    assert schema.is_sound(GONE)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 0},
        {"schema": SCHEMA + 1},
        {"schema": True},
        {"schema": "1"},
        {"slug": None},
        {"secret": ""},
        {"revision": SIGNING | {"act": "explode"}},
        {"revision": SIGNING | {"correction": "huge"}},
        {"revision": SIGNING | {"number": "1"}},
        {"revision": SIGNING | {"approved_alone": 0}},
        {"revision": {name: value for name, value in SIGNING.items() if name != "reason"}},
    ],
)
def test_another_shape_is_not_sound(change: dict[str, Any]) -> None:
    assert not schema.is_sound(GONE | change)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING)
def test_any_value_can_be_checked(value: Any) -> None:
    assert schema.is_sound(value) in {True, False}
    assert TOMBSTONE.fits(value) in {True, False}


WORD = {"slug": "true", "label": "True", "definition": "It is so.", "translations": []}


@pytest.mark.parametrize(
    ("numbers", "fits"),
    [
        ({}, True),
        ({"value": 5, "worst": 1, "best": 5}, True),
        ({"value": 1, "worst": 1, "best": 2}, True),
        ({"value": 6, "worst": 1, "best": 5}, False),
        ({"value": 0, "worst": 0, "best": 5}, False),
        ({"value": 1, "worst": 2, "best": 5}, False),
        ({"value": 3, "worst": 3, "best": 3}, False),
        ({"value": 3, "worst": 5, "best": 1}, False),
        ({"value": 3}, False),
        ({"value": 3, "worst": 1}, False),
        ({"value": 3.0, "worst": 1, "best": 5}, False),
    ],
)
def test_a_rating_has_three_numbers_on_a_rising_scale_or_none(numbers: dict[str, Any], fits: bool) -> None:
    assert RATING.fits(WORD | numbers) is fits


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://user@news.example/", "news.example", 1, None])
def test_an_invalid_address_does_not_fit(address: Any) -> None:
    assert not SOURCE["address"].fits(address)
    assert SOURCE["address"].fits("")


@pytest.mark.parametrize("date", ["2025-13", "2025-6", "June", 2025])
def test_an_invalid_date_does_not_fit(date: Any) -> None:
    assert not SOURCE["published"].fits(date)
    assert SOURCE["published"].fits("2025-06")
