"""Published claims in bulk, straight into the record's tables and search: for measurements only.

`scratch()` makes an empty database beside the one that DATABASE_URL names, and drops it in the end.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# Shared data is not ours to ship; a benchmark that needs it says so and stops.
DATA = Path(os.environ.get("BENCHMARK_DATA", ROOT.parent / "shared" / "data"))
BATCH = 500


@contextmanager
def scratch() -> Iterator[None]:
    """Set Django up on an empty database of its own."""
    address = os.environ["DATABASE_URL"]
    name = f"{urlsplit(address).path.removeprefix('/')}_benchmark"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            os.environ.update(
                DATABASE_URL=urlsplit(address)._replace(path=f"/{name}").geturl(),
                DEBUG="on",
                DJANGO_SETTINGS_MODULE="factcheck.settings",
                PYTHONPATH=str(ROOT),
            )
            subprocess.run([sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"], check=True)  # noqa: S603
            sys.path.insert(0, str(ROOT))
            yield
        finally:
            os.environ["DATABASE_URL"] = address
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def measured(*arguments: str) -> tuple[float, float]:
    """Run one of our programs; returns seconds and the most memory it held, in MB."""
    started = time.monotonic()
    command = [sys.executable, str(ROOT / arguments[0]), *arguments[1:]]
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    assert status == 0, arguments
    return time.monotonic() - started, usage.ru_maxrss / 1024


def content(slug: str, statement: str, **given: Any) -> dict[str, Any]:
    """A revision's body with these values, and plain ones elsewhere."""
    return {
        "schema": 1,
        "slug": slug,
        "statement": statement,
        "kind": "other",
        "checkable": True,
        "why_not_checkable": "",
        "claimant": None,
        "claimed_on": "",
        "date_note": "",
        "places": [],
        "language": "en",
        "topics": [],
        "selection_reason": "",
        "rating": {"slug": "false", "label": "False", "definition": "", "value": 1, "worst": 1, "best": 5},
        "summary": "",
        "explanation": "",
        "method": "",
        "missing": [],
        "notice": "",
        "appearances": [],
        "evidence": [],
        "revision": {"number": 1, "act": "publish"},
    } | given


def publish(contents: Iterable[dict[str, Any]]) -> int:
    """Put these bodies into the record, and index them; returns how many."""
    from django.db import transaction  # noqa: PLC0415 — Django is set up only now
    from django.utils import timezone  # noqa: PLC0415

    from claims.models import Claim, IndexEntry, PublishedClaim, Revision  # noqa: PLC0415
    from claims.record.canonical import canonical  # noqa: PLC0415
    from claims.record.rows import columns, entries  # noqa: PLC0415
    from claims.search import indexing  # noqa: PLC0415

    now = timezone.now()
    contents = iter(contents)
    done = 0
    while batch := list(islice(contents, BATCH)):
        # The database compares each claim with its public row when the transaction ends.
        with transaction.atomic():
            claims = Claim.objects.bulk_create(
                Claim(slug=body["slug"], statement=body["statement"], version=1) for body in batch
            )
            revisions = Revision.objects.bulk_create(
                Revision(
                    claim=claim, slug=claim.slug, number=1, act="publish", signed_by="x", at=now,
                    body=canonical(body),
                )
                for claim, body in zip(claims, batch, strict=True)
            )  # fmt: skip
            published = PublishedClaim.objects.bulk_create(
                PublishedClaim(
                    claim=revision.claim, revision=revision, first_published_at=now, revised_at=now,
                    is_corrected=False, **columns(revision.content),
                )
                for revision in revisions
            )  # fmt: skip
            names = {(entry.kind, entry.slug): entry for body in batch for entry in entries(body)}
            IndexEntry.objects.bulk_create(
                (
                    IndexEntry(kind=one.kind, slug=one.slug, name=one.name, sort_key=one.sort_key, body=one.body)
                    for one in names.values()
                ),
                ignore_conflicts=True,
            )
            indexing.write(published)
        done += len(batch)
    return done
