"""What one process remembers of a server that doesn't answer, so that only one request at a time waits for it."""

import threading
import time
from collections import defaultdict

# After a failed connection the next one is tried this many seconds later.
PAUSE = 1.0


class Outage:
    """Decides which requests may try to connect. All but one are refused at once while the database doesn't answer.

    Without this, each request would hold its thread for the whole time limit, and pages that need no database would
    wait for a free thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: float | None = None

    def may_try(self, seconds: float) -> bool:
        """True if the caller may try to connect, which takes it at most this long. Then it reports what happened."""
        with self._lock:
            if self._next_try is None:
                return True
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + seconds
            return True

    def begin(self) -> None:
        """Report that the database didn't answer."""
        with self._lock:
            self._next_try = time.monotonic() + PAUSE

    def end(self) -> None:
        """Report that the database answered."""
        with self._lock:
            self._next_try = None


# By the alias of the database.
outages: defaultdict[str, Outage] = defaultdict(Outage)
