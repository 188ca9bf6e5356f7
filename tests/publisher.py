"""A process with a database of its own that publishes a claim for each line that it reads, and prints the slug."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings


class Publisher:
    """The process, as a test uses it."""

    def __init__(self, url: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.publisher"],
            cwd=settings.BASE_DIR,
            env={**kept, "DATABASE_URL": url, "DEBUG": "on", "DJANGO_SETTINGS_MODULE": "factcheck.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def publish(self, statement: str) -> str:
        """Publish a claim with this statement. Returns its slug once it is committed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(statement) + "\n")
        self._process.stdin.flush()
        slug = self._process.stdout.readline().strip()
        assert slug, "the publisher ended"
        return slug

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def publishing(url: str) -> Iterator[Publisher]:
    """A publisher that ends with the block."""
    made = Publisher(url)
    try:
        yield made
    finally:
        made.close()


def main() -> None:
    """Publish what comes on standard input."""
    django.setup()
    from tests.factories import ClaimFactory, published  # noqa: PLC0415 — Django is set up only now

    for line in sys.stdin:
        print(published(ClaimFactory.create(statement=json.loads(line))).slug, flush=True)


if __name__ == "__main__":
    main()
