"""Rows in the desk's forms: whatever the hidden counts and keys say, no row is lost without a word.

The kinds of rows share their code and take turns: each sees a part of what can be broken, and all of it with LONG=10.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model

from claims.models import Claim
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.desk import errors_of, signed_in
from tests.doors import DOORS, FORMSETS, WITHOUT_TEXT, address, registered
from tests.properties import IS_LONG

pytestmark = pytest.mark.django_db

SENTENCE = "didn't get the rows below as this page sent them"
TYPED = "Typed for an hour"


def key(prefix: str, row: int) -> str:
    return f"{prefix}-{row}-id"


# What somebody makes of the hidden fields, given them, their prefix and the key of another parent's row
BROKEN: dict[str, Callable[[Fields, str, str], Any]] = {
    "no total": lambda sent, rows, _other: sent.pop(f"{rows}-TOTAL_FORMS"),
    "no initial": lambda sent, rows, _other: sent.pop(f"{rows}-INITIAL_FORMS"),
    "no counts": lambda sent, rows, _other: [sent.pop(f"{rows}-{name}_FORMS") for name in ("TOTAL", "INITIAL")],
    "another key": lambda sent, rows, other: sent.update({key(rows, 0): [other]}),
    "a key twice": lambda sent, rows, _other: sent.update({key(rows, 0): sent[key(rows, 1)]}),
    "no key": lambda sent, rows, _other: sent.update({key(rows, 0): [""]}),
    "an unknown key": lambda sent, rows, _other: sent.update({key(rows, 0): ["9" * 18]}),
    "a key of text": lambda sent, rows, _other: sent.update({key(rows, 0): ["x\0"]}),
} | {
    f"{name} {value}": lambda sent, rows, _other, name=name, value=value: sent.update({f"{rows}-{name}_FORMS": [value]})
    for name, values in {
        "TOTAL": ["-1", "0", "1", "1000000000", "9" * 40, "x", "", "\0", "1.5"],
        "INITIAL": ["-1", "0", "1", "1000000000", "x", ""],
        "MIN_NUM": ["-1", "5", "x"],
        "MAX_NUM": ["-1", "1", "x"],
    }.items()
    for value in values
}


def test_every_form_with_rows_is_tested_here() -> None:
    assert registered()[1] == set(FORMSETS) | WITHOUT_TEXT


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_counts_and_keys_that_the_page_never_sent_are_an_error(model: type[Model], rows: str) -> None:
    door, client = DOORS[model], signed_in("Chief editor")
    row, other = door.make(), door.make()
    before = list(getattr(row, rows).order_by("pk").values())
    sent = fields_of(client.get(address(row)), f"{model._meta.model_name}_form")
    sent |= {door.one: [TYPED], f"{rows}-1-{door.rows[rows]}": [f"{TYPED} too"]}
    mine = BROKEN if IS_LONG else list(BROKEN)[FORMSETS.index((model, rows)) :: len(FORMSETS)]
    for what in mine:
        damaged = dict(sent)
        BROKEN[what](damaged, rows, str(getattr(other, rows).first().pk))

        response = client.post(address(row), damaged)

        assert response.status_code == 200, what
        assert SENTENCE in errors_of(response).replace("&#x27;", "'"), what
        back = fields_of(response, f"{model._meta.model_name}_form")
        assert back[door.one] == [TYPED], what
        assert [f"{TYPED} too"] in back.values(), what
        assert list(getattr(row, rows).order_by("pk").values()) == before, what
        assert getattr(model._default_manager.get(pk=row.pk), door.one) != TYPED, what


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_the_form_that_came_back_can_be_saved(model: type[Model], rows: str) -> None:
    door, client = DOORS[model], signed_in("Chief editor")
    row = door.make()
    sent = fields_of(client.get(address(row)), f"{model._meta.model_name}_form")
    sent |= {f"{rows}-TOTAL_FORMS": ["-1"], f"{rows}-1-{door.rows[rows]}": [TYPED]}
    again = fields_of(client.post(address(row), sent), f"{model._meta.model_name}_form")
    assert client.post(address(row), again).status_code == 302
    assert getattr(row, rows).count() == 2
    assert getattr(row, rows).filter(**{door.rows[rows]: TYPED}).count() == 1


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_a_row_sent_for_another_parent_is_an_error(model: type[Model], rows: str) -> None:
    door, client = DOORS[model], signed_in("Chief editor")
    row, other = door.make(), door.make()
    sent = fields_of(client.get(address(row)), f"{model._meta.model_name}_form")
    response = client.post(address(row), sent | {f"{rows}-0-{model._meta.model_name}": [str(other.pk)]})
    assert SENTENCE in errors_of(response).replace("&#x27;", "'")


@pytest.mark.parametrize("total", ["-1", "0", "x", ""])
def test_no_claim_is_logged_without_the_evidence_typed_with_it(total: str) -> None:
    client, add = signed_in("Editor"), "/admin/claims/claim/add/"
    sent = fields_of(client.get(add), "claim_form") | {"statement": ["It rained."], "kind": ["event"]}
    response = client.post(add, sent | {"evidence-TOTAL_FORMS": [total], "evidence-0-finding": [TYPED]})
    assert SENTENCE in errors_of(response).replace("&#x27;", "'")
    assert fields_of(response, "claim_form")["evidence-0-finding"] == [TYPED]
    assert not Claim.objects.exists()
