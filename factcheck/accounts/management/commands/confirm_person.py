"""Confirm an account from the command line: see docs/reference/roles.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factcheck.accounts import people
from factcheck.accounts.models import User


class Command(BaseCommand):
    help = "Let a person submit and sign, where no second chief editor can confirm them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_: Any, username: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"Nobody has the user name {username}.")
        try:
            people.confirm(person, by=None)
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["verbosity"]:
            self.stdout.write(f"{person.signature} can submit and sign now.")
