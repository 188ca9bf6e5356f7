"""Send the mails to colleagues that acts at the desk queued."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.desk import notices
from claims.models import Notice
from factcheck.core import daemon


class Command(BaseCommand):
    """1. Sends each mail that is due, and tries again later what the mail server didn't take.
    2. Continues until it is stopped by SIGTERM or Ctrl-C. With --once, until nothing is due.
    """

    help = (
        "Send the mails to colleagues that acts at the desk queued: sent back, assigned, approved, mentioned. It needs "
        "EMAIL_HOST. Several can run at the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        daemon.add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only print how many mails wait.")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"{Notice.objects.count():,} mails wait.")
            return
        if not settings.EMAIL_HOST:
            raise CommandError("EMAIL_HOST isn't set, so there is no mail server. Set it in the environment.")
        daemon.run(notices.send_next, once=options["once"], parent=options["parent"])
