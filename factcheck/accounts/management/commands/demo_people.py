"""`manage.py demo_people`: create the demo accounts, or give them new passwords."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from factcheck.accounts import demo


class Command(BaseCommand):
    help = "Create two demo editors and a chief editor with random passwords, which are printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new-passwords", action="store_true", help="Set new passwords for existing accounts too.")

    def handle(self, *_: Any, **options: Any) -> None:
        passwords = demo.create_accounts(new_passwords=options["new_passwords"])
        self.stdout.write(f"  {'role':<14} {'user name':<10} password")
        for person in demo.PEOPLE:
            password = passwords.get(person, "(unchanged; `make passwords` sets new ones)")
            self.stdout.write(f"  {person.role:<14} {person.username:<10} {password}")
