"""The loop of commands that run until they are stopped: stop signals, pauses, and a database that is away."""

import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from django.db import InterfaceError, OperationalError, connection

from factcheck.core.text import one_line

# The pause when there is no work, and when the database is away.
SECONDS_BETWEEN = 0.5
_STOPS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of every such command: `run` takes them under the same names."""
    parser.add_argument("--once", action="store_true", help="End when there is nothing left to do.")
    parser.add_argument("--parent", type=int, metavar="PID", help="End when this process, which started us, ends.")


def run(work: Callable[[], bool], *, once: bool = False, parent: int | None = None) -> None:
    """Call `work` again and again until the process is stopped: by SIGTERM, by Ctrl-C, or by the end of `parent`.

    `work` does the next piece of work and returns True if there was any. After False it is called again in half a
    second. A piece that has begun is finished, so `work` should return within seconds.

    With `once` the loop ends when there is no work, and signals have their usual effect.

    If `work` raises OperationalError or InterfaceError, because the database is away or a lock isn't free, the loop
    logs that and goes on; with `once` it raises. Every other exception ends the loop, so `work` catches whatever
    concerns a single row and leaves that row for later.
    """
    with _stop_signals(is_on=not once) as stops:
        is_away = False
        while not stops and parent in {None, os.getppid()}:
            try:
                is_busy = work()
            except (OperationalError, InterfaceError) as error:
                if once:
                    raise
                if not is_away:
                    _log.warning("The database doesn't answer, or refuses: %s", one_line(str(error)))
                connection.close()
                is_away, is_busy = True, False
            else:
                is_away = False
            if not is_busy:
                if once:
                    return
                time.sleep(SECONDS_BETWEEN)


@contextmanager
def _stop_signals(*, is_on: bool) -> Iterator[list[int]]:
    """The stop signals that came so far. They have no other effect inside the block."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in _STOPS} if is_on else {}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
