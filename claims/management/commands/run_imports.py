"""Check and apply the imports that editors asked for at the desk: see docs/how-to/import-checks.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.desk.imports import queue
from factcheck.core import daemon


class Command(BaseCommand):
    """1. Takes the import that has waited longest, and checks or applies it.
    2. Takes an import again that another process left a minute ago, and goes on after its last batch.
    3. Continues until it is stopped by SIGTERM or Ctrl-C. With --once, until none waits.
    """

    help = (
        "Check and apply the files that editors uploaded for import. If it is killed, the next run goes on after the "
        "last rows that were stored. Several can run at the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        daemon.add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only print which imports wait.")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["dry_run"]:
            for run in queue.waiting():
                self.stdout.write(f"Import {run.pk}, {run}: {run.get_state_display()}.")
            return
        report = self._report if options["verbosity"] else lambda _line: None
        daemon.run(lambda: queue.work(report), once=options["once"], parent=options["parent"])

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
