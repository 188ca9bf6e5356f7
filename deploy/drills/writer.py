"""A process that writes rows to the site's database for as long as it runs, and prints the name of each that is safe.

It connects as the site does, by DATABASE_URL and with the time limit of the desk. After an error it tries the next row.
"""

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
_PAUSE = 0.02


def environment(url: str, **variables: str) -> dict[str, str]:
    """The environment of a process of the site with the database at this address."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
    return {**kept, "DEBUG": "on", "DJANGO_SETTINGS_MODULE": "factcheck.settings", "DATABASE_URL": url, **variables}


def manage(*arguments: str, url: str, **variables: str) -> str:
    """Run a command of the site on the database at this address. Returns its output; raises CalledProcessError."""
    command = [sys.executable, "manage.py", *arguments]
    env = environment(url, **variables)
    return subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


class Writers:
    """Running writers, and the rows that were acknowledged to them, each with the moment."""

    def __init__(self, url: str, number: int) -> None:
        self.acknowledged: list[tuple[float, str]] = []
        command = [sys.executable, "-m", "deploy.drills.writer"]
        self._processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, text=True)
            for _ in range(number)
        ]
        self._readers = [threading.Thread(target=self._read, args=[process]) for process in self._processes]
        for reader in self._readers:
            reader.start()

    def wait_for(self, rows: int, *, seconds: float = 60) -> None:
        """Wait until so many more rows are acknowledged. Raises TimeoutError if that takes longer."""
        wanted, until = len(self.acknowledged) + rows, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            if time.monotonic() > until:
                raise TimeoutError(f"No {rows} rows were written within {seconds:g} seconds.")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the processes, and keep what they had printed."""
        for process in self._processes:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        with process.stdout or sys.stdin as lines:
            for line in lines:
                if line.endswith("\n"):
                    at, _, slug = line.strip().partition(" ")
                    self.acknowledged.append((float(at), slug))


@contextmanager
def writing(url: str, number: int = 4) -> Iterator[Writers]:
    """Writers that end with the block."""
    made = Writers(url, number)
    try:
        yield made
    finally:
        made.stop()


def main() -> None:
    """Write rows until the process is killed."""
    django.setup()
    from django.conf import settings  # noqa: PLC0415 — Django is set up only now
    from django.db import Error, close_old_connections  # noqa: PLC0415

    from factcheck.core.postgres.base import time_limit  # noqa: PLC0415
    from sources.models import Publisher  # noqa: PLC0415

    number, own = 0, secrets.token_hex(4)
    while True:
        number += 1
        slug = f"drill-{own}-{number}"
        try:
            # As at the begin of a request.
            close_old_connections()
            with time_limit(settings.DESK_SECONDS):
                Publisher.objects.create(slug=slug, name=slug)
        except Error as error:
            print(str(error).splitlines()[0], file=sys.stderr, flush=True)
            time.sleep(_PAUSE * 5)
        else:
            # The clock is the same for all processes of the machine.
            print(time.monotonic(), slug, flush=True)
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
