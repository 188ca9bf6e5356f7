"""The progress of a long command: a bar on a terminal, otherwise a line every few seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TextIO

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def show(title: str, total: int | None, stream: TextIO) -> Iterator[Callable[[int], None]]:
    """Show on `stream` how many of `total` steps are done. Yields a function to call with the number of new steps.

    `total` is None when it isn't known yet.
    """
    if stream.isatty():
        # Imported only here: without a terminal, as under cron, nothing needs them, and they take 50 ms.
        rich = import_module("rich.progress")
        console = import_module("rich.console").Console(file=stream)
        columns = [
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TimeRemainingColumn(),
        ]
        with rich.Progress(*columns, console=console, transient=True) as progress:
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
