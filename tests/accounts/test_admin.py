"""People at the desk, and what chief editors can and can't change."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factcheck.accounts import roles
from factcheck.accounts.models import User
from tests.desk import ROLES, errors_of, filled_in, signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"
NEW = {"username": "ana"}


def page(person: User) -> str:
    return f"{LIST}{person.pk}/change/"


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def test_the_groups_are_those_of_the_table() -> None:
    assert set(roles.ROLES) == set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_a_chief_editor_cannot_give_rights_beyond_the_roles() -> None:
    chief, ana = signed_in("Chief editor"), UserFactory.create(role="Reporter", username="ana")
    owners = Group.objects.create(name="Owners")
    permission = Permission.objects.first()
    assert permission

    html = chief.get(page(ana)).content.decode()
    assert "Owners" not in html
    assert "superuser" not in html.lower()

    beyond: dict[str, Any] = {"is_superuser": "on", "user_permissions": [permission.pk], "is_staff": ""}
    chief.post(page(ana), filled_in(chief, page(ana)) | beyond | {"groups": [role("Editor")]})
    ana = User.objects.get(username="ana")
    assert (ana.is_superuser, ana.is_staff, ana.user_permissions.count()) == (False, True, 0)
    assert ana.groups.get().name == "Editor"

    refused = chief.post(page(ana), filled_in(chief, page(ana)) | {"groups": [owners.pk]})
    assert "not one of the available choices" in errors_of(refused)


def person_with_rights_beyond_roles(kind: str) -> User:
    person: User = UserFactory.create(role="Editor", is_superuser=kind == "superuser")
    if kind == "own right":
        person.user_permissions.add(Permission.objects.get(codename="delete_user"))
    if kind == "other group":
        person.groups.add(Group.objects.create(name="Owners"))
    return person


@pytest.mark.parametrize("kind", ["superuser", "own right", "other group"])
def test_a_chief_editor_cannot_change_people_with_rights_beyond_the_roles(kind: str) -> None:
    chief, person = signed_in("Chief editor"), person_with_rights_beyond_roles(kind)
    password = person.password

    assert chief.post(page(person), {"username": "mine"}).status_code == 403
    for name in ("link", "confirm"):
        assert chief.get(f"{LIST}{person.pk}/{name}/").status_code == 403
        assert chief.post(f"{LIST}{person.pk}/{name}/").status_code == 403

    person.refresh_from_db()
    assert (person.username != "mine", person.password) == (True, password)
    assert "hash" not in chief.get(page(person)).content.decode()


def test_a_deactivated_person_loses_access_at_once() -> None:
    chief, editor = signed_in("Chief editor"), UserFactory.create(role="Editor")
    theirs = signed_in("Editor")
    theirs.force_login(editor)
    assert theirs.get("/admin/").status_code == 200

    kept = filled_in(chief, page(editor))
    del kept["is_active"]
    chief.post(page(editor), kept)

    assert theirs.get("/admin/").status_code == 302


def test_a_superuser_can_make_superusers() -> None:
    client, person = signed_in("Chief editor", is_superuser=True), UserFactory.create(role="Editor")
    client.post(page(person), filled_in(client, page(person)) | {"is_superuser": "on"})
    assert User.objects.get(pk=person.pk).is_superuser


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_can_be_deleted(superuser: bool) -> None:
    client, person = signed_in("Chief editor", is_superuser=superuser), UserFactory.create()
    assert client.post(f"{LIST}{person.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": person.pk, "post": "yes"})
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("role_name", ["Reporter", "Editor", "Assessor"])
def test_other_roles_see_no_people(role_name: str) -> None:
    client, person = signed_in(role_name), UserFactory.create()
    for address in [LIST, f"{LIST}add/", page(person)]:
        assert client.get(address).status_code == client.post(address, NEW).status_code == 403
    assert client.get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("typed", ["null\0byte", "x" * 5000, "a b", ""])
@pytest.mark.parametrize("field", ["username", "first_name", "email", "groups", "initials"])
def test_hostile_text_never_breaks_a_form(field: str, typed: str) -> None:
    chief, person = signed_in("Chief editor"), UserFactory.create(role="Editor")
    assert chief.post(f"{LIST}add/", NEW | {field: typed}, follow=True).status_code == 200
    response = chief.post(page(person), filled_in(chief, page(person)) | {field: typed}, follow=True)
    assert response.status_code in {200, 409}, "409: two people can't sign with one name"
    assert chief.post("/admin/login/", {"username": typed, "password": typed}, follow=True).status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "password__startswith=md5", "groups__id__exact=x", "is_active=%00"])
def test_no_query_string_breaks_the_list_or_reveals_passwords(query: str) -> None:
    assert signed_in("Chief editor").get(f"{LIST}?{query}", follow=True).status_code in {200, 400}


def test_the_list_needs_the_same_number_of_queries_at_any_length() -> None:
    chief = signed_in("Chief editor")

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert chief.get(LIST).status_code == 200
        return len(queries)

    few = count_queries()
    UserFactory.create_batch(20, role="Editor")
    assert count_queries() == few
