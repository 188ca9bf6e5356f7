"""The hot standbys that readers' requests use, watched by a thread of each process.

A standby is used while it answers, belongs to the primary, and has replayed what the primary had written `REPLICA_LAG`
seconds ago. That is a comparison of positions in the log, so an idle primary, the clocks of the machines and a standby
that lost its connection make no difference. While the primary is away, its last known position counts.
"""

import itertools
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from factcheck.core.postgres.base import time_limit
from factcheck.core.text import one_line

# Seconds between two looks at all servers. Each costs a query of microseconds on each.
PAUSE = 1.0
_POSITION = """
    SELECT system_identifier, pg_is_in_recovery(), pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0'
    )::bigint FROM pg_control_system()
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """How far a server has written or replayed the log. `system` is the same for a primary and its standbys."""

    system: int
    is_standby: bool
    at: int


class Primary:
    """The positions that the primary had, as far back as the lag that a standby may have."""

    def __init__(self, lag: float) -> None:
        self._lag = lag
        self._seen: deque[tuple[float, Position]] = deque()

    def see(self, position: Position, now: float) -> None:
        """Add the position of now."""
        # Another server took over, perhaps a little further back.
        if self._seen and position.at < self._seen[-1][1].at:
            self._seen.clear()
        self._seen.append((now, position))
        self.forget(now)

    def forget(self, now: float) -> None:
        """Drop positions that no standby needs to be compared with any more."""
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._lag:
            self._seen.popleft()

    def fault_of(self, standby: Position) -> str:
        """The reason why the standby isn't used. Empty if it is."""
        if not self._seen:
            return "the primary's position isn't known yet"
        known = self._seen[0][1]
        if standby.system != known.system:
            return "it is a standby of another primary"
        if not standby.is_standby:
            return "it isn't a standby"
        return "" if standby.at >= known.at else f"it is more than {self._lag:g} seconds behind the primary"


class Watch:
    """Decides which standbys are used. Until it has looked at them, which takes a second, none is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = itertools.count()
        self._process = 0
        self._faults: dict[str, str] = {}
        self._used: tuple[str, ...] = ()

    def choose(self) -> str:
        """The alias of a standby, each in turn, or of the primary if none is used. Never waits for a server."""
        if self._process != os.getpid():
            self._begin()
        used = self._used
        return used[next(self._turns) % len(used)] if used else DEFAULT_DB_ALIAS

    def leave_out(self, alias: str, why: str) -> None:
        """Don't use the standby until the thread has looked at it again."""
        self._report(alias, why)

    def _begin(self) -> None:
        """Start the thread of this process. A forked process has none of its parent's."""
        with self._lock:
            if self._process == os.getpid():
                return
            self._process, self._faults, self._used = os.getpid(), {}, ()
        threading.Thread(target=self._watch, name="standbys", daemon=True).start()

    def _watch(self) -> None:
        primary = Primary(settings.REPLICA_LAG)
        while True:
            try:
                primary.see(position(DEFAULT_DB_ALIAS), time.monotonic())
            except Error:
                # Requests to the primary report it. The standbys go on with the last position that it had.
                primary.forget(time.monotonic())
            time.sleep(PAUSE)
            for alias in settings.REPLICAS:
                try:
                    self._report(alias, primary.fault_of(position(alias)))
                except Error as error:
                    self._report(alias, one_line(str(error)))

    def _report(self, alias: str, fault: str) -> None:
        with self._lock:
            before = self._faults.get(alias, "")
            self._faults[alias] = fault
            self._used = tuple(name for name in settings.REPLICAS if self._faults.get(name) == "")
        if fault and not before:
            _log.warning("%s is left out: %s", alias, fault)
        elif before and not fault:
            _log.warning("%s is used again", alias)


def position(alias: str) -> Position:
    """The position of a server. Raises Error if it doesn't answer within a second."""
    with time_limit(min(PAUSE, settings.READER_SECONDS)):
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute(_POSITION)
                row: tuple[Any, ...] = cursor.fetchone()
        except Error:
            connections[alias].close()
            raise
    return Position(*row)


watch = Watch()
