"""Write a static copy of the public site: see docs/how-to/keep-a-mirror.md."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.outlets.mirror import site
from factcheck.core import progress
from factcheck.core.database import repeatable_read
from factcheck.core.folder import Folder, FolderError
from factcheck.core.web.visitor import visits

_MOST_NAMED = 20


class Command(BaseCommand):
    """1. Requests the public pages and files as an anonymous visitor, in this process and in one database snapshot:
       those that a public act can have changed since the last run, or all.
    2. Writes the files that differ from those in DIR, removes what is no longer public, and writes the checksums last.
    3. Prints broken links.
    """

    help = "Write a static copy of the public site into DIR, or bring the copy there up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="DIR", type=Path, help="A new or empty folder, or one that this command wrote."
        )
        parser.add_argument(
            "--all", action="store_true", help="Make every page again, also those that no public act concerned."
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help="Leave out downloads, and new claims beside others, unless something was withdrawn or redacted.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only print what would be written and removed.")

    def handle(self, *_: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            with (
                Folder(options["folder"], dry_run=options["dry_run"]) as folder,
                repeatable_read(),
                visits() as visitor,
            ):
                mirror = site.Mirror(folder, visitor, everything=options["all"], quick=options["quick"])
                total = sum(1 for _ in site.addresses(mirror.changes))
                with self._progress(total, is_shown=options["verbosity"] > 0) as advance:
                    mirror.write(advance)
                removed = folder.finish()
        except (FolderError, site.Unanswered) as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"Can't write {error.filename or options['folder']}: {error.strerror}.") from error
        if options["dry_run"]:
            self.stdout.writelines([f"write {path}\n" for path in mirror.changed])
            self.stdout.writelines([f"remove {path}\n" for path in removed])
        self._warn(mirror)
        if not options["verbosity"]:
            return
        written, gone = ("to write", "to remove") if options["dry_run"] else ("written", "removed")
        self.stdout.write(
            f"{mirror.pages:,} pages and {folder.files - mirror.pages:,} other files, {folder.bytes / 1e6:,.1f} MB, "
            f"in {time.monotonic() - started:.1f} s: {len(mirror.changed):,} {written}, "
            f"{folder.files - len(mirror.changed):,} unchanged, {len(removed):,} {gone}."
        )

    def _progress(self, total: int, *, is_shown: bool) -> AbstractContextManager[Callable[[int], None]]:
        return progress.show("Mirroring", total, sys.stderr) if is_shown else nullcontext(lambda _steps: None)

    def _warn(self, mirror: site.Mirror) -> None:
        """Print problems that somebody should fix to standard error."""
        problems = [
            f"{page} links to {address}, which the site answers with {status}. It isn't in the copy."
            for address, (status, page) in mirror.broken_links.items()
        ]
        problems += [
            f"{first} and {second} differ only by case. A file system that ignores case keeps only one of them."
            for first, second in mirror.folder.case_conflicts
        ]
        for problem in problems[:_MOST_NAMED]:
            self.stderr.write(problem)
        if len(problems) > _MOST_NAMED:
            self.stderr.write(f"And {len(problems) - _MOST_NAMED:,} more like these.")
