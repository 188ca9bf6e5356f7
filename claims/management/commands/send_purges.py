"""Purge what changed from the caches in front of the site: see docs/how-to/deploy.md."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.models import Purge
from claims.outlets.purges import Sender
from claims.record import purging
from factcheck.core import daemon


class Command(BaseCommand):
    """1. Takes all purges that are due, and sends them as one to each cache in `CACHE_PURGE_URL`.
    2. Continues until it is stopped by SIGTERM or Ctrl-C. With --once, until nothing is due.
    """

    help = (
        "Send the purges that public acts queued to the caches in CACHE_PURGE_URL: each at once, and again 3 seconds "
        "later. Several can run at the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        daemon.add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only print how many purges wait.")
        parser.add_argument(
            "--everything", action="store_true", help="First queue a purge of all pages, as after an upgrade."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"{Purge.objects.count():,} purges wait.")
            return
        if not settings.CACHE_PURGE_URL:
            raise CommandError("CACHE_PURGE_URL isn't set, so there is no cache to purge.")
        if options["everything"]:
            purging.note_everything()
        sender = Sender(self._report if options["verbosity"] else lambda _line: None)
        daemon.run(sender.work, once=options["once"], parent=options["parent"])
        if sender.failures and options["once"]:
            raise CommandError("The purges couldn't be sent. The log says why. They still wait.")

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
