"""A signature is one person's, initials stay, and nobody is confirmed by who invited them."""

import pytest
from django.db import DatabaseError, IntegrityError

from factcheck.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "other",
    [
        ("Ana", "Kovač"),
        ("ana", "KOVAČ"),
        ("Ana", "Kovac"),  # without the accent
        ("Аnа", "Kоvač"),  # Cyrillic а and о
        ("Αna", "Kovač"),  # Greek Α
        ("Ａｎａ", "Ｋｏｖａｃ"),  # full width
        ("Ana ", " Kovač."),
        ("Ana\u200b", "Ko\u00advač"),  # characters that nobody sees
        ("AnaKovač", ""),
        ("", "Ana-Kovač"),
        ("Ana", "K0vač"),
    ],
)
def test_two_people_cannot_sign_with_names_that_look_alike(other: tuple[str, str]) -> None:
    UserFactory.create(first_name="Ana", last_name="Kovač")
    with pytest.raises(IntegrityError, match="signature_is_one_persons"):
        UserFactory.create(first_name=other[0], last_name=other[1])


def test_the_rule_holds_for_rows_that_no_form_wrote() -> None:
    UserFactory.create(first_name="Ana", last_name="Kovač")
    other = UserFactory.create(first_name="Bo", last_name="Li")
    with pytest.raises(IntegrityError, match="signature_is_one_persons"):
        User.objects.filter(pk=other.pk).update(first_name="ANA", last_name="Kovac")


@pytest.mark.parametrize("name", ["Anna", "Hana", "Ana B.", "Ana-Maria", "安娜", "آنا", "Иван"])
def test_names_that_differ_are_two_peoples(name: str) -> None:
    UserFactory.create(first_name="Ana")
    assert UserFactory.create(first_name=name).signature_key


def test_a_user_name_is_a_signature_where_there_is_no_other() -> None:
    UserFactory.create(username="ana")
    with pytest.raises(IntegrityError, match="signature_is_one_persons"):
        UserFactory.create(username="someone", first_name="Ana")


def test_everybody_has_initials_of_their_own() -> None:
    people = [("Ana", "Kovač"), ("Alan", "King"), ("Li", ""), ("王", "伟"), ("", "")]
    initials = [UserFactory.create(first_name=first, last_name=last).initials for first, last in people]
    assert initials[:2] == ["ak", "ak2"]
    assert len(set(initials)) == len(people)
    assert all(initials)


def test_initials_stay_as_they_are() -> None:
    person = UserFactory.create(first_name="Ana", last_name="Kovač")
    person.first_name = "Anna"
    person.save()
    assert User.objects.get(pk=person.pk).initials == "ak"
    with pytest.raises(DatabaseError, match="stay as they are"):
        User.objects.filter(pk=person.pk).update(initials="other")


def test_who_invited_a_person_does_not_confirm_them() -> None:
    chief, other = UserFactory.create(role="Chief editor"), UserFactory.create(role="Chief editor")
    invited = UserFactory.create(invited_by=chief, confirmed_at=None)
    assert not invited.is_confirmed
    invited.confirm(by=other)
    assert User.objects.get(pk=invited.pk).is_confirmed
    with pytest.raises(IntegrityError, match="person_confirmed_by_another"):
        invited.confirm(by=chief)


def test_nobody_confirms_themselves() -> None:
    person = UserFactory.create(confirmed_at=None)
    with pytest.raises(IntegrityError, match="person_confirmed_by_another"):
        person.confirm(by=person)


def test_the_command_line_confirms_without_a_name() -> None:
    person = UserFactory.create(confirmed_at=None)
    person.confirm()
    assert User.objects.get(pk=person.pk).is_confirmed
