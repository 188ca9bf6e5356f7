"""Undo an import: see docs/how-to/import-checks.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.choices import ImportState
from claims.desk import rules
from claims.desk.imports import runs
from claims.management.commands.import_checks import person
from claims.models import ImportRun


class Command(BaseCommand):
    help = (
        "Undo an import: rows that it created go, and rows that it changed are as they were. If something else used "
        "or changed one of them since, nothing is undone, and those rows are printed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="The number of the import.")
        parser.add_argument("--by", metavar="USERNAME", help="The person who undoes it.")
        parser.add_argument("--dry-run", action="store_true", help="Only say if it can be undone.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            run = ImportRun.objects.get(pk=options["run"])
        except (ImportRun.DoesNotExist, OverflowError):
            raise CommandError(f"There is no import {options['run']}.") from None
        if run.state == ImportState.UNDONE:
            self.stdout.write(f"Import {run.pk} is undone already.")
            return
        by = person(options["by"])
        try:
            runs.undo(run, by=by, dry_run=options["dry_run"])
        except runs.NotUndone as refused:
            for one in refused.obstacles:
                self.stderr.write(str(one))
            raise CommandError(str(refused)) from None
        except (runs.Refused, rules.Refused) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Import {run.pk} {'can be undone' if options['dry_run'] else 'is undone'}.")
