"""Send the messages that wait for webhook subscribers: see docs/how-to/receive-webhooks.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.choices import DeliveryState
from claims.outlets import webhooks as sending
from claims.record import outbox
from factcheck.core import daemon


class Command(BaseCommand):
    """1. Takes the messages that are due, one subscriber after the other, several at a time.
    2. Sends each, and records if it was delivered, is tried again, or is given up.
    3. Deletes messages that were delivered more than 30 days ago or given up more than 90 days ago, once an hour.
    4. Continues until it is stopped by SIGTERM or Ctrl-C. With --once, until nothing is due.
    """

    help = (
        "Send the messages that wait for webhook subscribers, and delete those that were delivered more than "
        f"{outbox.DELIVERED_KEPT.days} days ago or given up more than {outbox.GIVEN_UP_KEPT.days} days "
        "ago, except the newest of each subscriber. Several can run at the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        daemon.add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only print how many messages are due.")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = sending.due()
            subscribers = due.values("subscriber").distinct().count()
            self.stdout.write(f"{due.count():,} messages are due, to {subscribers:,} of the subscribers.")
            return
        report = self._report if options["verbosity"] else lambda _line: None
        done = sending.deliver(once=options["once"], parent=options["parent"], report=report)
        report(
            f"{done[DeliveryState.DELIVERED]:,} delivered, {done[DeliveryState.WAITING]:,} to be tried again, "
            f"{done[DeliveryState.GIVEN_UP]:,} given up."
        )

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
