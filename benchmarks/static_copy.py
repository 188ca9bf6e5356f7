"""How long the static copy takes: to come up to date after one public act, and after none.

DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/static_copy.py 500
DATABASE_URL=… .venv/bin/python benchmarks/static_copy.py 100000 --of-record

The first writes a whole copy of 500 new claims, and times that too. The second takes the record of so many claims that
`build.py` keeps. A whole copy of it would take hours, so it puts one line into each file that belongs to a claim or a
name, as if the last run had written it: no run reads or writes such a file unless an act concerns it.
"""
# ruff: noqa: PLC0415 — settings come first

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bulk


def main(folder: Path) -> None:
    """Write the copy in the folder, or bring it up to date, and again after no act and after one."""
    from claims.models import Claimant, Topic
    from sources.models import Source
    from tests.factories import published

    with timed("lists and downloads" if folder.exists() else "everything"):
        write(folder)
    with timed("after no act"):
        write(folder)
    source = Source.objects.earliest("pk")
    claimant, topics = Claimant.objects.earliest("pk"), Topic.objects.order_by("pk")[:2]
    published(slug="the-act", claimant=claimant, topics=topics, appearances=[source], evidence=[source])
    with timed("quick, after one act"):
        write(folder, "--quick")
    with timed("complete, after that"):
        write(folder)


def write(folder: Path, *arguments: str) -> None:
    """Bring the copy up to date."""
    from django.core.management import call_command

    call_command("export_site", folder, *arguments, verbosity=0)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    started = time.monotonic()
    yield
    print(f"{what:<24}{time.monotonic() - started:8.1f} s", flush=True)


def pretend(root: Path) -> None:
    """Make a copy whose files of claims and names hold one line each."""
    from claims.outlets.mirror import site
    from claims.outlets.mirror.changes import MANIFEST, State, owner_of
    from claims.outlets.mirror.links import file_of
    from factcheck.core.folder import Folder

    with Folder(root) as folder:
        for address in site.addresses():
            file = file_of(address)
            if file and owner_of(file):
                folder.put(file, [b"Written before.\n"])
        folder.put(MANIFEST, [State.now().as_json()])
        folder.finish()
        print(f"{folder.files:,} files of claims and names", flush=True)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    of_record = "--of-record" in sys.argv
    with (
        bulk.scratch(copy_of=str(count) if of_record else ""),
        tempfile.TemporaryDirectory(prefix="factcheck-copy-") as temporary,
    ):
        import django

        django.setup()
        logging.disable()
        root = Path(temporary) / "copy"
        if of_record:
            pretend(root)
        else:
            from published_claims import Claims

            bulk.publish(Claims(count))
        main(root)
