"""Bring changes of names to the many claims that show them: see docs/how-to/deploy.md."""

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandError

from claims.desk import names
from claims.desk.rules import Busy
from claims.models import NameChange
from factcheck.core import daemon, progress
from factcheck.core.database import is_away

_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """1. Takes the oldest change that isn't finished, and revises the next claims that show it.
    2. Continues until it is stopped by SIGTERM or Ctrl-C. With --once, until no change is left.
    """

    help = (
        "Revise the published claims that show a name which two people changed, batch by batch. If it is stopped, "
        "the next run continues after the last batch. Several can run at the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        daemon.add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only print what is left to do.")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            changes = list(NameChange.objects.unfinished())
            for change in changes:
                self.stdout.write(f"{change}: {change.revised:,} of about {change.claims:,} claims are revised.")
            self.stdout.write(f"{len(changes):,} changes wait to be written.")
            return
        report = self.stdout.write if options["verbosity"] else lambda _line: None
        with Writer(report) as writer:
            daemon.run(writer.work, once=options["once"], parent=options["parent"])
        if writer.failed and options["once"]:
            raise CommandError(f"{len(writer.failed)} of the changes couldn't be written. The log says why.")


class Writer:
    """Writes one change after the other. A change that fails is skipped until the command is started again."""

    def __init__(self, report: Callable[[str], Any]) -> None:
        self.failed: set[int] = set()
        self._report = report
        self._change: NameChange | None = None
        self._bar = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def work(self) -> bool:
        """Revise the next claims of the oldest change. Returns False if no change is left."""
        change = NameChange.objects.unfinished().exclude(pk__in=self.failed).first()
        if change is None:
            return False
        if change != self._change:
            self._bar.close()
            self._change = change
            self._advance = self._bar.enter_context(progress.show(str(change), change.claims, sys.stderr))
        try:
            is_done = names.write_some(change)
        except Busy:
            return True  # another act held the lock for longer than the timeout
        except Exception as error:
            if is_away(error):
                raise
            _log.exception("%s can't be written.", change)
            self.failed.add(change.pk)
            return True
        done = change.revised
        change.refresh_from_db()
        self._advance(change.revised - done)
        if is_done:
            self._bar.close()
            self._report(f"{change}: done, {change.revised:,} claims revised.")
        return True
