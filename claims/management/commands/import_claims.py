"""Import claims from a spreadsheet: see docs/how-to/import-a-spreadsheet.md."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from claims.choices import ImportTarget
from claims.desk.imports import kinds
from claims.desk.imports.columns import COLUMNS
from claims.desk.imports.mapping import Chosen, missing, proposed, proposed_ratings, tables_of
from claims.management.commands import import_checks
from claims.models import ImportRun, Rating
from factcheck.accounts.models import User


class Command(import_checks.Command):
    """1. Recognises the columns, or takes those of the mapping file.
    2. Checks every row. Nothing is written but the run.
    3. Stops if a rating of the file has no decision, and prints a mapping file to complete.
    4. Logs and edits claims, as the person who imports. Nothing is approved or published.
    """

    help = (
        "Import claims from a spreadsheet, CSV or XLSX, as claims of the desk. The same file twice changes nothing. "
        "undo_import undoes a run."
    )
    target = ImportTarget.CLAIMS

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="A CSV or XLSX file, or Parquet with parts.")
        parser.add_argument(
            "--kind",
            choices=self.kinds(),
            default="sheet",
            help="A sheet of claims, or parts: evidence.csv or appearances.csv of a site that uses Factcheck.",
        )
        parser.add_argument("--feed", required=True, help="Where the rows come from, such as our-archive.")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="The person who imports: an editor.")
        parser.add_argument(
            "--mapping",
            type=Path,
            metavar="FILE.json",
            help="The columns and ratings. By default those of the feed's last import, and the headings that we know.",
        )
        parser.add_argument("--whole", action="store_true", help="If one row is refused, import none.")
        parser.add_argument("--dry-run", action="store_true", help="Only check the file.")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="Write the outcome of every row to a file.")

    def handle(self, *_: Any, **options: Any) -> None:
        import_checks.check_feed(options["feed"])
        by = import_checks.person(options["by"])
        if by is None or not by.has_perm("claims.add_importrun"):
            raise CommandError(f"{options['by']} can't import claims. Choose an editor or a chief editor.")
        path = options["file"]
        given = _read(options["mapping"]) if options["mapping"] else {}
        is_sheet = options["kind"] == "sheet"
        mapping = {**_proposed(path, options["feed"]), **given} if is_sheet else {}
        if is_sheet and (names := missing(mapping["columns"])):
            raise CommandError(
                f"{path.name} has no column that we know for: {', '.join(names)}. Name it with --mapping: "
                f"{json.dumps({'columns': {**mapping['columns'], 'reference': 'HEADING'}}, ensure_ascii=False)}"
            )
        with import_checks.report_to(options["report"]) as report:
            if not self._import(path, mapping, by, report, options):
                raise CommandError(f"Not imported: {path.name}. See above for the reasons.")

    def _decided(self, run: ImportRun, by: User | None, options: dict[str, Any]) -> ImportRun:
        return run

    def _show_labels(self, run: ImportRun) -> None:
        labels = run.counts.get("ratings", {})
        mapping = {**run.mapping, "ratings": {**proposed_ratings(labels), **run.mapping.get("ratings", {})}}
        self.stdout.write("Decide which of our ratings each rating is. Leave it empty to leave the claim open.")
        self.stdout.write(f"Our ratings: {', '.join(Rating.objects.values_list('slug', flat=True))}")
        self.stdout.write("Save this, correct it, and give it with --mapping:")
        self.stdout.write(json.dumps(mapping, ensure_ascii=False, indent=2))


def _proposed(path: Path, feed: str) -> Chosen:
    try:
        with path.open("rb") as file:
            return proposed(tables_of("sheet", file, path.name), feed)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
    except kinds.Unreadable as error:
        raise CommandError(f"{path.name}: {error}") from None


def _read(path: Path) -> Chosen:
    """The mapping in a JSON file. Raises CommandError if it isn't one."""
    try:
        found: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise CommandError(f"{path} isn't valid JSON.") from None
    parts = {"columns": dict, "ratings": dict, "sheet": str, "dates": str}
    is_mapping = isinstance(found, dict) and all(
        isinstance(found.get(name, kind()), kind) for name, kind in parts.items()
    )
    if not is_mapping or found.keys() - parts or found.get("dates", "") not in {"", *kinds.ORDERS_OF_DATES}:
        raise CommandError(f"{path} must have only columns, ratings, sheet and dates (dmy or mdy).")
    names = found.get("columns", {})
    if unknown := sorted(names.keys() - COLUMNS.keys()):
        raise CommandError(f"{path}: we don't have the column {unknown[0]}. We have: {', '.join(COLUMNS)}.")
    texts = [*names.values(), *found.get("ratings", {}).values()]
    if not all(isinstance(text, str) for text in texts):
        raise CommandError(f"{path}: each column and each rating must be a text.")
    slugs = {"", *Rating.objects.values_list("slug", flat=True)}
    if wrong := sorted(set(found.get("ratings", {}).values()) - slugs):
        raise CommandError(f"{path}: we don't have the rating {wrong[0]}. We have: {', '.join(sorted(slugs - {''}))}.")
    mapping: Chosen = found
    return mapping
