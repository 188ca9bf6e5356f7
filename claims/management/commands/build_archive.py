"""Build the archive of all published data: see docs/how-to/take-the-data.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from claims.models import PublishedClaim
from claims.outlets import archive
from factcheck.core import progress
from factcheck.core.options import kept


class Command(BaseCommand):
    """1. Writes today's archive. The file appears under its name only when it is complete.
    2. With --keep removes the oldest archives.
    """

    help = "Write all published data into one dated zip file, which the site then offers at /data/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--keep", metavar="N", type=kept(1, 10_000, "archives"), help="Remove all but the newest N archives."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only print what would be written and removed.")

    def handle(self, *_: Any, **options: Any) -> None:
        today = timezone.localdate()
        claims = PublishedClaim.objects.count()
        if options["dry_run"]:
            name = archive.name_of(today)
            self.stdout.write(f"{claims:,} claims would be written to {archive.folder() / name}.")
            others = [found for found in archive.newest_first() if found.name != name]
            for found in others[options["keep"] - 1 :] if options["keep"] else []:
                self.stdout.write(f"Would remove {found.name}")
            return
        try:
            with progress.show("Building", claims * archive.PASSES, sys.stderr) as advance:
                made = archive.build(today, advance=advance)
            removed = list(archive.newest_first())[options["keep"] :] if options["keep"] else []
            for old in removed:
                archive.remove(old)
        except archive.BeingBuilt as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Can't write to {archive.folder()}: {error.strerror}.") from error
        for name, reason in made.left_out.items():
            self.stderr.write(f"{name} was left out. {reason}")
        if options["verbosity"]:
            self.stdout.write(
                f"{made.rows['claims']:,} claims in {made.size / 1e6:,.1f} MB, written to {made.path}; "
                f"{len(removed)} older archives removed."
            )
