"""Write a Django fixture: see docs/how-to/export-and-load.md."""

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.desk import fixture_export as fixture
from claims.models import Claim, IndexEntry
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind
from factcheck.core import progress
from factcheck.core.database import repeatable_read
from sources.models import Source


class Command(BaseCommand):
    help = "Write the data as a Django fixture with natural keys, for `loaddata`: everything, or a part."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--published", action="store_true", help="Only what readers see, without drafts and people."
        )
        parser.add_argument("--article", metavar="SLUG", default="", help="Only this article and its claims.")
        parser.add_argument("--protected", action="store_true", help="Also the sources that only named people may see.")
        parser.add_argument(
            "--format", choices=fixture.FORMATS, help="Default: from the ending of the output file, else json."
        )
        parser.add_argument("--output", metavar="FILE", type=Path, help="Default: standard output.")

    def handle(self, *_: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        ending = output.suffix.removeprefix(".") if output else ""
        write = fixture.FORMATS[options["format"] or (ending if ending in fixture.FORMATS else "json")]
        if options["published"] and options["protected"]:
            raise CommandError("Readers see no protected source. Use either --published or --protected.")
        if not options["published"]:
            security.note(SecurityKind.EXPORT, about=options["article"] or "everything")
        started, size, records = time.monotonic(), 0, 0
        with repeatable_read(), self._opened(output) as file:
            parts = self._parts(**{name: options[name] for name in ("published", "protected", "article")})
            total = sum(part.rows.count() for part in parts)
            with progress.show("Exporting", total, sys.stderr) as advance:

                def counted(part: fixture.Part) -> Iterator[list[fixture.Record]]:
                    nonlocal records
                    for made in part:
                        yield made
                        records += len(made)
                        advance(1)

                for text in write(map(counted, parts)):
                    size += len(text.encode())
                    file.write(text)
        seconds = time.monotonic() - started
        self.stderr.write(f"Exported {records:,} records, {size / 1e6:,.1f} MB, in {seconds:.1f} s.", str)

    def _parts(self, *, published: bool, protected: bool, article: str) -> list[fixture.Part]:
        if published:
            if article and not IndexEntry.objects.filter(kind="article", slug=article).exists():
                raise CommandError(f"Readers see no article “{article}”. Copy the slug from its public address.")
            return fixture.published(article=article)
        if not article:
            return fixture.everything(protected=protected)
        if not Source.objects.filter(slug=article).exists():
            raise CommandError(f"There is no source “{article}”. Copy the slug from the list of sources at the desk.")
        claims = Claim.objects.filter(appearances__source__slug=article)
        return fixture.everything(claims, article=article, protected=protected)

    @contextmanager
    def _opened(self, output: Path | None) -> Iterator[Any]:
        """The output. A file appears under its name only when it is complete."""
        if output is None:
            self.stdout.ending = ""
            try:
                yield self.stdout
                self.stdout.flush()
            except BrokenPipeError:
                # Python flushes again at exit, which would fail again.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise CommandError("The program that read the output closed it.") from None
            return
        part = output.with_name(f".{output.name}.{os.getpid()}.part")
        try:
            with part.open("x", encoding="utf-8", newline="\n") as file:
                yield file
            part.replace(output)
        except OSError as error:
            raise CommandError(f"Can't write {output}: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)
