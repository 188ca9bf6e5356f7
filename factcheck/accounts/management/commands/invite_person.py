"""Make an account from the command line, such as that of the first chief editor: see docs/reference/roles.md."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from factcheck.accounts import people
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES


class Command(BaseCommand):
    help = "Make a confirmed account with a role, and print the link by which its owner sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=list(ROLES))
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--initials", default="", help="Default: made from the name. They never change.")
        parser.add_argument("--email", default="")

    def handle(self, *_: Any, **options: Any) -> None:
        names = ("username", "first_name", "last_name", "initials", "email")
        person = User(**{name: options[name] for name in names})
        try:
            person.full_clean(exclude=["password"])
            people.invite(person, roles=[Group.objects.get(name=options["role"])], by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except IntegrityError as error:
            raise CommandError("Somebody else uses this name, or one that looks like it.") from error
        except Group.DoesNotExist as error:
            raise CommandError("The roles aren't in the database yet. Run `manage.py migrate` first.") from error
        self.stdout.write(people.link_for(person))
