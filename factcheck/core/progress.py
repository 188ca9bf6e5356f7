"""How far a long command has come: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown(title: str, total: int | None, stream: TextIO) -> Iterator[Callable[[int], None]]:
    """Show on `stream` how many of `total` steps are done; call what it yields with the steps just done.

    `total` is None when nobody knows it yet.
    """
    if stream.isatty():
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
        with Progress(*columns, console=Console(file=stream), transient=True) as progress:
            task = progress.add_task(title, total=total)
            yield lambda steps: progress.advance(task, steps)
        return
    done, next_line = 0, time.monotonic() + _SECONDS_BETWEEN_LINES

    def count(steps: int) -> None:
        nonlocal done, next_line
        done += steps
        if time.monotonic() >= next_line:
            stream.write(f"{title}: {done:,}\n" if total is None else f"{title}: {done:,} of {total:,}\n")
            stream.flush()
            next_line = time.monotonic() + _SECONDS_BETWEEN_LINES

    yield count
