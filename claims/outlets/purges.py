"""Sends the purges that `claims.record.purging` queued to the caches in `CACHE_PURGE_URL`.

The rows are the queue. A row is locked while its purge is sent and changed in the same transaction, so a killed sender
loses nothing: its rows are free again at once, and a purge does no harm twice.

One request has the tags in the forms of several caches: the header Surrogate-Key (Fastly, and nginx with the files in
`deploy/`) and JSON (Cloudflare).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from claims.models import Purge
from claims.record.purging import REMOVED
from factcheck.core import http
from factcheck.core.web.caching import RECORD, SITE

# A page that was made before the act may be stored after the first purge.
REPEATED_AFTER = timedelta(seconds=3)
# More tags than this purge the whole site. Caches take only so many in a request: Cloudflare 30.
MOST_TAGS = 30
_ROWS_AT_ONCE = 1_000
_SECONDS = 5.0
# The pause after each failure in a row. The longest is short, so that a cache that returns is purged within seconds.
_PAUSES = [0.5, 1, 2, 4]

_log = logging.getLogger(__name__)


class Failed(Exception):
    """A cache didn't take a purge. The message says which and why."""


def send_next() -> tuple[str, ...]:
    """Send all purges that are due, up to a thousand, as one. Returns its tags, or none if there is nothing to do.

    Raises Failed if a cache doesn't take it; the purges are then due as before, also for those that did.
    """
    now = timezone.now()
    with transaction.atomic():
        due = Purge.objects.filter(due_at__lte=now).select_for_update(skip_locked=True).order_by("pk")
        rows = list(due[:_ROWS_AT_ONCE])
        if not rows:
            return ()
        tags = _together(rows)
        _send_to_all(tags)
        again = Purge.objects.filter(pk__in=[row.pk for row in rows if not row.is_repeat])
        Purge.objects.filter(pk__in=[row.pk for row in rows if row.is_repeat]).delete()
        # A standby that lags makes the old page for longer.
        lag = timedelta(seconds=settings.REPLICA_LAG + 1 if settings.REPLICAS else 0)
        again.update(is_repeat=True, due_at=timezone.now() + max(REPEATED_AFTER, lag))
    return tags


def _together(rows: list[Purge]) -> tuple[str, ...]:
    """The tags of all rows, or the tag of the whole site in place of too many."""
    tags = {tag for row in rows for tag in row.tags}
    if SITE in tags or len(tags) > MOST_TAGS:
        tags = {SITE, *(tags & {RECORD, REMOVED})}
    return tuple(sorted(tags))


def _send_to_all(tags: tuple[str, ...]) -> None:
    """Send a purge to each cache, also to those after one that is away. Raises Failed if one doesn't take it."""
    failures = []
    for address in settings.CACHE_PURGE_URL:
        try:
            _send(address, tags)
        except Failed as failure:
            failures.append(str(failure))
    if failures:
        raise Failed(" ".join(failures))


def _send(address: str, tags: tuple[str, ...]) -> None:
    """Raises Failed."""
    name, _, value = settings.CACHE_PURGE_HEADER.partition(":")
    headers = {
        "Content-Type": "application/json",
        "Surrogate-Key": " ".join(tags),
        **({name.strip(): value.strip()} if value else {}),
    }
    content = orjson.dumps({"tags": tags})
    try:
        answer = http.send(
            "POST", address, content=content, headers=headers, seconds=_SECONDS, max_bytes=1_000, is_ours=True
        )
    except (http.Refused, http.NoAnswer) as error:
        raise Failed(f"{address}: {error}") from error
    if answer.status not in range(200, 300):
        raise Failed(f"{address} answered {answer.status}.")


@dataclass
class Sender:
    """Sends what is due, again and again. A failure is logged once, until a purge gets through."""

    report: Callable[[str], None]
    failures: int = 0
    _waits_until: float = 0.0

    def work(self) -> bool:
        """Send all purges that are due. Returns False, because those of the next half second can be sent as one."""
        if time.monotonic() < self._waits_until:
            return False
        try:
            while tags := send_next():
                self.report(f"Purged {' '.join(tags)}.")
                self.failures = 0
        except Failed as failure:
            self._waits_until = time.monotonic() + _PAUSES[min(self.failures, len(_PAUSES) - 1)]
            if not self.failures:
                _log.error("A cache doesn't take a purge, so readers may see old pages for a minute. %s", failure)
            self.failures += 1
        return False
