"""The progress of a long command: a bar on a terminal, otherwise a line every few seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def show(title: str, total: int | None, stream: TextIO) -> Iterator[Callable[[int], None]]:
    """Show on `stream` how many of `total` steps are done. Yields a function to call with the number of new steps.

    `total` is None when it isn't known yet.
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
