"""Publish the starter data, as two of the demo's editors."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.desk import starter
from claims.desk.rules import Refused
from factcheck.accounts import demo
from factcheck.accounts.models import User
from factcheck.core import progress


class Command(BaseCommand):
    help = "Publish the starter's claims: one demo editor submits, another approves. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only print what would be published.")

    def handle(self, *_: Any, **options: Any) -> None:
        claims = starter.waiting()
        if options["dry_run"]:
            for claim in claims:
                self.stdout.write(f"Would publish {claim.slug}")
            self.stdout.write(f"{len(claims)} claims would be published.")
            return
        with progress.show("Publishing", len(claims), sys.stderr) as advance:
            try:
                for _claim in starter.publish(
                    claims, submitter=_account(demo.SUBMITTER), approver=_account(demo.APPROVER)
                ):
                    advance(1)
            except Refused as refusal:
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{len(claims)} starter claims published.")


def _account(person: demo.Person) -> User:
    user = User.objects.filter(username=person.username).first()
    if user is None:
        raise CommandError(f"There is no account “{person.username}”. Run `manage.py demo_people` first.")
    return user
