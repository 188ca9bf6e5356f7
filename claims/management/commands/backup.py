"""`manage.py backup`: a dump of the whole database, for `manage.py restore`."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from claims.models import Claim, Revision
from factcheck.core.options import kept
from factcheck.devdb import programs


class Command(BaseCommand):
    help = "Write a dump of the whole database into a folder. Only `restore` and pg_restore read it; keep it secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder of the dumps. It is created if it doesn't exist.")
        parser.add_argument(
            "--keep",
            metavar="N",
            type=kept(1, 10_000, "dumps"),
            help="Remove all but the newest N dumps of the folder.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only print what would be written.")

    def handle(self, *, folder: Path, keep: int | None, dry_run: bool, verbosity: int, **_: Any) -> None:
        target = folder / f"factcheck-{timezone.now():%Y-%m-%dT%H%M%SZ}.dump"
        holds = f"{Claim.objects.count():,} claims and {Revision.objects.count():,} versions"
        # Their names sort by their times.
        old = sorted(folder.glob("factcheck-*Z.dump"), reverse=True)[keep - 1 :] if keep else []
        if dry_run:
            self.stdout.write(f"{target} would have {holds}. {len(old)} older dumps would be removed.")
            return
        partial = target.with_suffix(".partial")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.touch(mode=0o600)
            # The roles of the server aren't in the dump: `restore --web-role` makes the one that is needed.
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={partial}"]
            programs.run("pg_dump", [*options, *(["--verbose"] if verbosity > 1 else [])])
            partial.rename(target)
        except programs.FAILURES as error:
            with suppress(OSError):
                partial.unlink()
            raise CommandError(f"Nothing was backed up: {programs.reason(error)}") from error
        for dump in old:
            try:
                dump.unlink(missing_ok=True)
            except OSError as error:
                raise CommandError(f"{target} was written, but {dump} can't be removed: {error.strerror}.") from error
        self.stdout.write(
            f"{target} has {holds} ({target.stat().st_size:,} bytes). {len(old)} older dumps were removed."
        )
