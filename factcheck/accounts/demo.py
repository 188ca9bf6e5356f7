"""The accounts of the demo: two editors, so that one can approve what the other submits, and a chief editor."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from factcheck.accounts.models import User


@dataclass(frozen=True)
class Person:
    """A demo account. `role` is the name of a group."""

    username: str
    first_name: str
    last_name: str
    role: str


SUBMITTER = Person("editor-a", "Demo editor", "A", "Editor")
APPROVER = Person("editor-b", "Demo editor", "B", "Editor")
PEOPLE = [SUBMITTER, APPROVER, Person("chief", "Demo chief editor", "C", "Chief editor")]


@transaction.atomic
def create_accounts(*, new_passwords: bool = False) -> dict[Person, str]:
    """Create the missing accounts. Returns the passwords that were set, which aren't stored in plain text anywhere.

    With `new_passwords`, existing accounts get a new password too and are reactivated.
    """
    passwords = {}
    for person in PEOPLE:
        user, created = User.objects.get_or_create(
            username=person.username,
            defaults={"first_name": person.first_name, "last_name": person.last_name, "is_staff": True},
        )
        if created:
            user.groups.add(Group.objects.get(name=person.role))
        if created or new_passwords:
            passwords[person] = secrets.token_urlsafe(12)
            user.set_password(passwords[person])
            user.is_active = True
            user.save()
    return passwords
