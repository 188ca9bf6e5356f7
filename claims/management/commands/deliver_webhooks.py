"""Send the messages that wait for webhook subscribers: see docs/how-to/receive-webhooks.md."""

import os
import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from claims.choices import DeliveryState
from claims.outlets import webhooks as sending


class Command(BaseCommand):
    """1. Takes the messages that are due, one subscriber after the other, several at a time.
    2. Sends each, and writes down whether it arrived, is tried again, or is given up.
    3. Goes on until it is told to stop, by SIGTERM or Ctrl-C; with --once, until nothing is due.
    """

    help = "Send the messages that wait for webhook subscribers. Several can run beside each other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when nothing is due.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many messages are due.")
        parser.add_argument("--parent", type=int, metavar="PID", help="End when this process, which started us, ends.")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = sending.due()
            subscribers = due.values("subscriber").distinct().count()
            self.stdout.write(f"{due.count():,} messages are due, to {subscribers:,} of the subscribers.")
            return
        self.is_stopped = False
        tell = self._tell if options["verbosity"] else lambda _line: None
        parent = options["parent"]
        before = {} if options["once"] else {number: signal.signal(number, self._stop) for number in _STOPS}
        try:
            done = sending.deliver(
                once=options["once"],
                is_over=lambda: self.is_stopped or (parent is not None and os.getppid() != parent),
                tell=tell,
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        tell(
            f"{done[DeliveryState.DELIVERED]:,} delivered, {done[DeliveryState.WAITING]:,} to be tried again, "
            f"{done[DeliveryState.GIVEN_UP]:,} given up."
        )

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopped = True


_STOPS = (signal.SIGTERM, signal.SIGINT)
