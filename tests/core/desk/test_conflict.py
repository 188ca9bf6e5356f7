"""Two people with one form: whatever each of them typed is stored or shown, at every form of the desk."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.db.models import Model
from django.forms import MultiWidget
from django.test import Client

from claims.models import Claim
from factcheck.accounts.models import User
from sources.models import Source
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.desk import errors_of, signed_in
from tests.doors import DOORS, FORMSETS, address, registered
from tests.factories import SubscriberFactory, TopicFactory, UserFactory
from tests.properties import IS_LONG, LONG

pytestmark = pytest.mark.django_db

# Also addresses that a subscriber can have, without a look-up of their names
THEIRS, MINE = "https://1.1.1.1/theirs", "https://1.1.1.1/mine"
SLUGS = {THEIRS: "theirs", MINE: "mine"}


def form_of(response: Any, row: Model) -> Fields:
    return fields_of(response, f"{row._meta.model_name}_form")


def opened(client: Client, row: Model) -> Fields:
    response = client.get(address(row))
    assert response.status_code == 200
    return form_of(response, row)


def opened_by_two(client: Client, row: Model) -> tuple[Fields, Fields]:
    """The form as both got it, before anybody saved."""
    fields = opened(client, row)
    return dict(fields), dict(fields)


def typed(field: str, text: str) -> list[str]:
    """A text that every field takes."""
    return [{"slug": SLUGS[text], "language": {THEIRS: "es", MINE: "de"}[text]}.get(field, text)]


def stored(row: Model, field: str) -> Any:
    return [getattr(type(row)._default_manager.get(pk=row.pk), field)]


def test_every_form_is_tested_here() -> None:
    assert registered()[0] == set(DOORS)


@pytest.mark.parametrize("model", DOORS)
def test_what_two_people_typed_into_different_fields_is_stored(model: type[Model]) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    theirs[door.one], mine[door.other] = typed(door.one, THEIRS), typed(door.other, MINE)
    before = stored(row, door.other)

    assert client.post(address(row), theirs).status_code == 302
    response = client.post(address(row), mine)
    assert response.status_code == 409
    assert "This was changed since you opened it" in errors_of(response)
    assert stored(row, door.other) == before

    again = form_of(response, row)
    assert (again[door.one], again[door.other]) == (theirs[door.one], mine[door.other])
    assert client.post(address(row), again).status_code == 302
    assert (stored(row, door.one), stored(row, door.other)) == (theirs[door.one], mine[door.other])


@pytest.mark.parametrize("model", DOORS)
def test_where_both_typed_into_one_field_the_page_shows_both(model: type[Model]) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    theirs[door.one], mine[door.one] = typed(door.one, THEIRS), typed(door.one, MINE)

    assert client.post(address(row), theirs).status_code == 302
    response = client.post(address(row), mine)
    assert response.status_code == 409
    shown = response.content.decode().partition('class="module conflict"')[2].partition("</section>")[0]
    assert theirs[door.one][0] in shown
    assert mine[door.one][0] in shown
    assert stored(row, door.one) == theirs[door.one]

    again = form_of(response, row)
    assert again[door.one] == mine[door.one]
    assert client.post(address(row), again).status_code == 302
    assert stored(row, door.one) == mine[door.one]


@pytest.mark.parametrize("model", DOORS if IS_LONG else [Claim, Source, User])
def test_who_saves_a_conflict_over_a_third_change_gets_another(model: type[Model]) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    client.post(address(row), theirs | {door.one: typed(door.one, THEIRS)})
    again = form_of(client.post(address(row), mine | {door.one: typed(door.one, MINE)}), row)
    client.post(address(row), opened(client, row) | {door.other: typed(door.other, THEIRS)})
    assert client.post(address(row), again).status_code == 409
    assert stored(row, door.one) == typed(door.one, THEIRS)


@pytest.mark.parametrize("model", DOORS)
def test_one_person_after_the_other_saves_without_a_conflict(model: type[Model]) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    for text in (THEIRS, MINE):
        sent = opened(client, row) | {door.one: typed(door.one, text)}
        assert client.post(address(row), sent).status_code == 302
    assert stored(row, door.one) == typed(door.one, MINE)


@pytest.mark.parametrize("model", DOORS)
def test_a_form_that_does_not_say_what_was_read_stores_nothing_yet(model: type[Model]) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    sent = opened(client, row) | {door.one: typed(door.one, MINE)}
    del sent["as_read"]
    before = stored(row, door.one)
    response = client.post(address(row), sent)
    assert response.status_code == 409
    assert stored(row, door.one) == before
    assert client.post(address(row), form_of(response, row)).status_code == 302
    assert stored(row, door.one) == typed(door.one, MINE)


def test_a_form_that_says_nonsense_about_what_was_read_stores_nothing_yet() -> None:
    row, client = TopicFactory.create(), signed_in("Chief editor")
    sent = opened(client, row) | {"name": ["Mine"]}
    for as_read in ("", "x", "[]", '{"": 1}', '{"": {}}', '{"gone-1": {}}', "[" * 100_000):
        assert client.post(address(row), sent | {"as_read": [as_read]}).status_code == 409, as_read
    assert stored(row, "name") == [row.name]


@pytest.mark.parametrize("model", DOORS)
def test_the_form_carries_no_value_in_what_it_says_was_read(model: type[Model]) -> None:
    """And no field has several inputs, of which the merge would read one."""
    row = DOORS[model].make()
    response = signed_in("Chief editor").get(address(row))
    prints = json.loads(form_of(response, row)["as_read"][0])
    assert "password" not in prints[""]
    assert all(len(text) == 16 for fields in prints.values() for text in fields.values())
    context = response.context
    forms = [context["adminform"].form, *(one.formset.empty_form for one in context["inline_admin_formsets"])]
    assert [
        name for form in forms for name, field in form.fields.items() if isinstance(field.widget, MultiWidget)
    ] == []


# Fields of other kinds than text


def test_a_person_who_was_deactivated_meanwhile_stays_so() -> None:
    person, client = UserFactory.create(role="Editor"), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, person)
    del theirs["is_active"]
    theirs["groups"] = [str(Group.objects.get(name="Reporter").pk)]
    assert client.post(address(person), theirs).status_code == 302
    response = client.post(address(person), mine | {"last_name": ["Mine"]})
    assert client.post(address(person), form_of(response, person)).status_code == 302
    person.refresh_from_db()
    assert (person.last_name, person.is_active, person.groups.get().name) == ("Mine", False, "Reporter")


def test_choices_that_both_made_are_shown_in_words() -> None:
    subscriber, client = SubscriberFactory.create(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, subscriber)
    one, other = mine["events"][:2]
    assert client.post(address(subscriber), theirs | {"events": [one, other]}).status_code == 302
    response = client.post(address(subscriber), mine | {"events": [other]})
    conflict = response.context["conflict"]
    [difference] = conflict.differences
    labels = dict(response.context["adminform"].form.fields["events"].choices)
    assert difference.typed == labels[other]
    assert set(difference.stored.splitlines()) == {labels[one], labels[other]}
    assert form_of(response, subscriber)["events"] == [other]


# Rows within a form


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_what_two_people_typed_into_different_rows_is_stored(model: type[Model], rows: str) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    theirs[f"{rows}-0-{door.rows[rows]}"], mine[f"{rows}-1-{door.rows[rows]}"] = [THEIRS], [MINE]

    assert client.post(address(row), theirs).status_code == 302
    response = client.post(address(row), mine)
    assert response.status_code == 409
    assert client.post(address(row), form_of(response, row)).status_code == 302
    assert set(getattr(row, rows).values_list(door.rows[rows], flat=True)) == {THEIRS, MINE}


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_where_both_typed_into_one_row_the_page_shows_both(model: type[Model], rows: str) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    name = f"{rows}-0-{door.rows[rows]}"
    assert client.post(address(row), theirs | {name: [THEIRS]}).status_code == 302
    response = client.post(address(row), mine | {name: [MINE]})
    shown = response.content.decode().partition('class="module conflict"')[2].partition("</section>")[0]
    assert THEIRS in shown
    assert MINE in shown
    assert form_of(response, row)[name] == [MINE]


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_a_row_that_somebody_took_out_is_kept_where_somebody_typed(model: type[Model], rows: str) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    assert client.post(address(row), theirs | {f"{rows}-0-DELETE": ["on"]}).status_code == 302
    response = client.post(address(row), mine | {f"{rows}-0-{door.rows[rows]}": [MINE]})
    assert "Somebody else removed this row" in response.content.decode()
    assert client.post(address(row), form_of(response, row)).status_code == 302
    assert getattr(row, rows).filter(**{door.rows[rows]: MINE}).count() == 1
    assert getattr(row, rows).count() == 2


@pytest.mark.parametrize(("model", "rows"), FORMSETS)
def test_a_row_that_i_take_out_and_they_changed_is_shown_first(model: type[Model], rows: str) -> None:
    door = DOORS[model]
    row, client = door.make(), signed_in("Chief editor")
    mine, theirs = opened_by_two(client, row)
    assert client.post(address(row), theirs | {f"{rows}-0-{door.rows[rows]}": [THEIRS]}).status_code == 302
    response = client.post(address(row), mine | {f"{rows}-0-DELETE": ["on"]})
    assert response.status_code == 409
    assert "You removed this row, but somebody else changed it." in response.content.decode()
    assert THEIRS in response.content.decode()
    assert getattr(row, rows).count() == 2


# At the same moment


# To empty the database after committed rows takes longer than to edit one, so all forms share it.


@pytest.mark.usefixtures("committed")
def test_a_form_whose_row_somebody_holds_comes_back_as_it_was_typed() -> None:
    client, other = signed_in("Chief editor"), connections.create_connection("default")
    try:
        with other.cursor() as theirs, connection.cursor() as ours:
            for model, door in DOORS.items():
                row = door.make()
                sent = opened(client, row) | {door.one: typed(door.one, MINE)}
                theirs.execute("BEGIN")
                theirs.execute(f'SELECT 1 FROM "{model._meta.db_table}" WHERE id = %s FOR UPDATE', [row.pk])  # noqa: S608
                ours.execute("SET lock_timeout = '50ms'")
                response = client.post(address(row), sent)
                ours.execute("RESET lock_timeout")
                theirs.execute("ROLLBACK")
                assert response.status_code == 409, model
                assert "try again in a moment" in errors_of(response), model
                assert form_of(response, row)[door.one] == typed(door.one, MINE), model
                assert client.post(address(row), form_of(response, row)).status_code == 302, model
    finally:
        other.close()


PEOPLE, EDITS = 3, LONG


def _appends(client: Client, row: Model, name: str, tokens: list[str]) -> tuple[list[str], int]:
    """Add each token to what the field has; returns those that were accepted, and how many conflicts were shown."""
    accepted, conflicts = [], 0
    try:
        for token in tokens:
            sent = opened(client, row)
            sent[name] = [f"{sent[name][0]} {token}"]
            response = client.post(address(row), sent)
            assert response.status_code in {302, 409}
            accepted += [token] if response.status_code == 302 else []
            conflicts += response.status_code == 409
    finally:
        connection.close()
    return accepted, conflicts


def _at_once(row: Model, names: list[str]) -> tuple[list[list[str]], int]:
    """Several people edit, each the field of their number; returns the accepted tokens of each, and all conflicts."""
    people = [(number, signed_in("Chief editor")) for number in range(PEOPLE)]

    def work(person: tuple[int, Client]) -> tuple[list[str], int]:
        number, client = person
        tokens = [f"{number}x{edit}" for edit in range(EDITS)]
        return _appends(client, row, names[number % len(names)], tokens)

    with ThreadPoolExecutor(PEOPLE) as pool:
        results = list(pool.map(work, people))
    return [accepted for accepted, _conflicts in results], sum(conflicts for _accepted, conflicts in results)


@pytest.mark.usefixtures("committed")
def test_each_accepted_edit_of_several_people_at_once_is_stored() -> None:
    for model, door in DOORS.items():
        row = door.make()
        accepted, conflicts = _at_once(row, [door.one])
        kept = stored(row, door.one)[0].split()
        assert [token for tokens in accepted for token in tokens if token not in kept] == [], model
        assert sum(map(len, accepted)) + conflicts == PEOPLE * EDITS, model
        assert any(accepted), model


@pytest.mark.usefixtures("committed")
def test_each_accepted_edit_of_different_rows_at_once_is_stored() -> None:
    for model, rows in FORMSETS:
        door = DOORS[model]
        row = door.make()
        accepted, _conflicts = _at_once(row, [f"{rows}-{number}-{door.rows[rows]}" for number in range(2)])
        kept = " ".join(getattr(row, rows).values_list(door.rows[rows], flat=True)).split()
        assert [token for tokens in accepted for token in tokens if token not in kept] == [], (model, rows)
        assert any(accepted), (model, rows)
