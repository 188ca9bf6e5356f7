"""Import fact-checks by other publishers: see docs/how-to/import-checks.md."""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug

from claims.choices import ImportOutcome, ImportState, ImportTarget
from claims.desk.imports import kinds, labels, pages, reviews, runs
from claims.desk.imports.rows import Problem, Row
from claims.models import ImportRun
from factcheck.accounts.models import User
from factcheck.core import progress
from factcheck.core.spreadsheet import escape_formulas

_COLUMNS = ["file", "row", "where", "outcome", "reference", "field", "reason", "remedy"]


class Command(BaseCommand):
    """1. Reads each file and checks every row. Nothing is written but the run.
    2. Stops if a label has no decision yet, and prints what is proposed for it.
    3. Writes the rows, batch by batch. If it's stopped, the same command goes on after the last batch.
    """

    help = (
        "Import fact-checks by other publishers from files: ClaimReview (JSON-LD, feeds of Data Commons, web pages), "
        "answers of Google's API, or tables. The same file twice changes nothing. undo_import undoes a run."
    )

    target = ImportTarget.FOREIGN

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Files. Those of gzip are unpacked.")
        parser.add_argument("--feed", required=True, help="Where the rows come from, such as politifact.")
        parser.add_argument("--kind", choices=self.kinds(), help="The format. By default the file's name says it.")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"For a table: the column of a field. Fields: {', '.join(reviews.FIELDS)}.",
        )
        parser.add_argument(
            "--value", action="append", default=[], metavar="FIELD=VALUE", help="For a table: one value for all rows."
        )
        parser.add_argument("--dates", choices=kinds.ORDERS_OF_DATES, help="The order of dates such as 03/04/2020.")
        parser.add_argument("--whole", action="store_true", help="If one row of a file is refused, import none of it.")
        parser.add_argument("--dry-run", action="store_true", help="Only check the files.")
        parser.add_argument("--labels", type=Path, metavar="FILE.csv", help="Decisions: publisher, label, meaning.")
        parser.add_argument("--accept-proposed", action="store_true", help="Decide each label as it is proposed.")
        parser.add_argument("--decline-rest", action="store_true", help="Import all other labels without a meaning.")
        parser.add_argument("--by", metavar="USERNAME", help="The person who imports.")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="Write the outcome of every row to a file.")

    def kinds(self) -> list[str]:
        """The formats of which the command can make something."""
        return sorted(name for name, kind in kinds.KINDS.items() if self.target in kind.targets)

    def handle(self, *_: Any, **options: Any) -> None:
        check_feed(options["feed"])
        mapping = _mapping(options)
        by = person(options["by"])
        if options["labels"]:
            self._decide(options["labels"], by)
        with report_to(options["report"]) as report:
            stopped = [file for file in options["files"] if not self._import(file, mapping, by, report, options)]
        if stopped:
            raise CommandError(f"Not imported: {', '.join(file.name for file in stopped)}. See above for the reasons.")

    def _import(
        self,
        path: Path,
        mapping: dict[str, Any],
        by: User | None,
        report: Callable[[str], runs.Report] | None,
        options: dict[str, Any],
    ) -> bool:
        """Check and apply one file. Returns False if it couldn't be imported."""
        kind = options["kind"] or kinds.guessed(path.name, mapping)
        if kind == "table" and not mapping.get("columns"):
            raise CommandError("Name the columns of the table: --column claim=TITLE --column reference=ID ….")
        try:
            file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from None
        with file:
            try:
                if kinds.KINDS[kind].is_fetched:
                    pages.addresses(file)
                run = runs.start(
                    file,
                    path.name,
                    feed=options["feed"],
                    kind=kind,
                    target=self.target,
                    mapping=mapping,
                    whole=options["whole"],
                    by=by,
                )
                return self._run(run, file, by, report(path.name) if report else None, options)
            except runs.NotNeeded as already:
                self.stdout.write(f"{path.name}: {already}")
                return True
            except (kinds.Unreadable, runs.Refused) as refused:
                self.stderr.write(f"{path.name}: {refused}")
                return False
            except runs.Overtaken:
                self.stderr.write(f"{path.name}: another process is importing it.")
                return False

    def _run(
        self, run: ImportRun, file: IO[bytes], by: User | None, report: runs.Report | None, options: dict[str, Any]
    ) -> bool:
        is_dry = options["dry_run"]
        if run.state != ImportState.APPLYING:
            with self._progress(f"Checking {run.file_name}", None, options) as advance:
                run = runs.check(run, file, advance=advance, report=report if is_dry else None, dry_run=is_dry)
            if run.state == ImportState.NEEDS_LABELS and not is_dry:
                run = self._decided(run, by, options)
        self._summarise(run)
        if run.state == ImportState.STOPPED or is_dry:
            return run.state != ImportState.STOPPED
        if run.state == ImportState.NEEDS_LABELS:
            self._show_labels(run)
            return False
        # The counts of a run that was interrupted are those of its rows so far.
        total = None if run.state == ImportState.APPLYING else run.counts.get("rows")
        with self._progress(f"Importing {run.file_name}", total, options) as advance:
            run = runs.apply(run, advance=advance, report=report)
        self.stdout.write(f"Import {run.pk} is done: {_counted(run.counts)}.")
        return True

    @contextmanager
    def _progress(self, title: str, total: int | None, options: dict[str, Any]) -> Iterator[Callable[[int], None]]:
        if not options["verbosity"]:
            yield lambda _rows: None
            return
        with progress.show(title, total, sys.stderr) as advance:
            yield advance

    # Labels

    def _decide(self, path: Path, by: User | None) -> None:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                count = labels.decide_all(csv.DictReader(file), by=by)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from None
        except (UnicodeDecodeError, csv.Error):
            raise CommandError(f"{path} isn't a CSV file in UTF-8.") from None
        except labels.Invalid as error:
            raise CommandError(f"{path}: {error}") from None
        self.stdout.write(f"{count:,} labels decided.")

    def _decided(self, run: ImportRun, by: User | None, options: dict[str, Any]) -> ImportRun:
        """Decide what the options say, and ask again."""
        if options["accept_proposed"] or options["decline_rest"]:
            labels.settle(run, accept_proposed=options["accept_proposed"], decline_rest=options["decline_rest"], by=by)
        return runs.ask_again(run)

    def _show_labels(self, run: ImportRun) -> None:
        self.stdout.write("Decide about these labels with --labels, --accept-proposed or --decline-rest:")
        self.stdout.write("publisher,label,meaning,rows")
        writer = csv.writer(self.stdout, lineterminator="\n")
        for one in labels.undecided(run):
            writer.writerow([one["publisher"], one["label"], one["proposed"], one["rows"]])

    def _summarise(self, run: ImportRun) -> None:
        self.stdout.write(f"{run.file_name} (import {run.pk}): {_counted(run.counts)}.")
        for reason, count in run.counts.get("reasons", {}).items():
            self.stdout.write(f"  {count:,} × {reason}")
        for one in run.counts.get("reversed", []):
            self.stdout.write(f"  {one['publisher']} has a reversed scale: a lower number means truer.")
        if run.reason:
            self.stdout.write(f"  {run.reason}")


def _counted(counts: dict[str, Any]) -> str:
    outcomes = ", ".join(f"{counts.get(outcome, 0):,} {outcome}" for outcome in ImportOutcome.values)
    return f"{counts.get('rows', 0):,} rows: {outcomes}"


def check_feed(feed: str) -> None:
    """Raises CommandError if the feed's name isn't a slug."""
    try:
        validate_slug(feed)
    except ValidationError:
        raise CommandError("Name the feed with letters, digits and hyphens, such as politifact.") from None


def _mapping(options: dict[str, Any]) -> dict[str, Any]:
    """What the options say about columns, values and dates."""
    mapping: dict[str, Any] = {}
    for option, name in (("column", "columns"), ("value", "values")):
        for given in options[option]:
            field, sign, value = given.partition("=")
            if not sign or field not in reviews.FIELDS:
                raise CommandError(
                    f"--{option} {given}: write it as FIELD={option.upper()}. Fields: {', '.join(reviews.FIELDS)}."
                )
            mapping.setdefault(name, {})[field] = value
    if options["dates"]:
        mapping["dates"] = options["dates"]
    return mapping


def person(username: str | None) -> User | None:
    """The person with this user name. Raises CommandError if nobody has it."""
    if not username:
        return None
    try:
        return User.objects.get(username=username, is_active=True)
    except User.DoesNotExist:
        raise CommandError(f"Nobody has the user name {username}, or the account is closed.") from None


@contextmanager
def report_to(path: Path | None) -> Iterator[Callable[[str], runs.Report] | None]:
    """A function that writes the outcome of each row of a file to the CSV file at `path`, if there is one."""
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from None
    with file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)

        def of(name: str) -> runs.Report:
            def write(row: Row, outcome: ImportOutcome, problems: tuple[Problem, ...]) -> None:
                for problem in problems or (Problem("", ""),):
                    cells = [name, row.number, row.where, outcome.value, row.reference, *problem.as_json().values()]
                    writer.writerow([escape_formulas(cell) if isinstance(cell, str) else cell for cell in cells])

            return write

        yield of
