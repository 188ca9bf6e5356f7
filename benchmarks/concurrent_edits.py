"""Edits that many people make of one row at the same moment, at every form of the desk that changes something.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/concurrent_edits.py [PEOPLE] [SECONDS]

Each person opens the form on a real server, replaces a text by a word of their own and sends the form back. A redirect
is an accepted edit. From the first text to the last, the accepted edits must be a chain, each made on the one before:
an edit beside the chain was lost. The last doors are rows within a form, which the people share out.
"""

import logging
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import bulk
import httpx

# The number of the field, the text before, the word, and what came of the edit
Edit = tuple[int, str, str, str]
OUTCOMES = ["accepted", "conflict", "busy", "other"]


@contextmanager
def server() -> Iterator[str]:
    """The site with several processes and threads, at its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "gunicorn", "factcheck.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8"]
    # Each conflict is a line of the log.
    process = subprocess.Popen([sys.executable, *command], cwd=bulk.ROOT, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                httpx.get(f"{address}/admin/login/")
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@dataclass(frozen=True)
class Place:
    """A field of a form, or of two rows in it, whose keys are in `keys`."""

    page: str
    form: str
    field: str
    rows: str = ""
    keys: tuple[str, ...] = ("",)

    def name(self, sent: dict[str, list[str]], number: int) -> str:
        """The name that the field has in the form, whichever place the row has now."""
        if not self.rows:
            return self.field
        row = next(row for row in range(len(self.keys)) if sent[f"{self.rows}-{row}-id"] == [self.keys[number]])
        return f"{self.rows}-{row}-{self.field}"


def edits(site: httpx.Client, place: Place, person: int, until: float) -> list[Edit]:
    """Edit until the time is over, each edit on what the form shows then."""
    from tests.claims.desk.admin.browser import fields_of  # noqa: PLC0415 — Django is set up only now

    done: list[Edit] = []
    number = person % len(place.keys)
    while time.monotonic() < until:
        sent = fields_of(site.get(place.page), place.form)
        name, word = place.name(sent, number), f"p{person}n{len(done)}"
        before, sent[name] = sent[name][0], [word]
        response = site.post(place.page, data=sent)
        done.append((number, before, word, outcome(response)))
    return done


def outcome(response: httpx.Response) -> str:
    """An edit is stored, shown beside what somebody else stored, or comes back because a lock was not free in time."""
    if response.status_code == 409:
        return "conflict" if 'class="module conflict"' in response.text else "busy"
    return "accepted" if response.status_code == 302 else "other"


def lost(done: list[Edit], number: int, last: str) -> int:
    """The accepted edits of a field that no later one was made on."""
    made_on = {word: before for one, before, word, came in done if one == number and came == "accepted"}
    chain = 0
    while last in made_on:
        last, chain = made_on[last], chain + 1
    return len(made_on) - chain


def measure(address: str, people: int, seconds: float) -> None:
    """Print one line for each door."""
    from django.test import Client  # noqa: PLC0415 — Django is set up only now

    from tests import doors, factories  # noqa: PLC0415
    from tests.claims.desk.admin.browser import fields_of  # noqa: PLC0415

    sites = []
    for _ in range(people):
        client = Client()
        client.force_login(factories.UserFactory.create(role="Chief editor"))
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        # A connection for each request: the server may close an idle one just as the next request is sent on it.
        limits = httpx.Limits(max_keepalive_connections=0)
        sites.append(httpx.Client(base_url=address, cookies=cookies, timeout=60, limits=limits))
    print(f"{'':24}{'edits':>8}" + "".join(f"{name:>10}" for name in OUTCOMES) + f"{'lost':>6}")
    for model, rows in [*((model, "") for model in doors.DOORS), *doors.FORMSETS]:
        door = doors.DOORS[model]
        row: Any = door.make()
        place = Place(doors.address(row), f"{model._meta.model_name}_form", door.one)
        if rows:
            keys = tuple(str(one.pk) for one in getattr(row, rows).all())
            place = replace(place, field=door.rows[rows], rows=rows, keys=keys)
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(people) as pool:
            tasks = [pool.submit(edits, site, place, one, until) for one, site in enumerate(sites)]
            done = [edit for task in tasks for edit in task.result()]
        last = fields_of(sites[0].get(place.page), place.form)
        outcomes = Counter(came for _number, _before, _word, came in done)
        missing = sum(lost(done, number, last[place.name(last, number)][0]) for number in range(len(place.keys)))
        title = f"{model._meta.verbose_name} {rows and f'({rows})'}"
        cells = "".join(f"{outcomes[name]:>10}" for name in OUTCOMES)
        print(f"{title:24}{len(done):>8}{cells}{missing:>6}", flush=True)


def main() -> None:
    """Measure every door on a database of its own."""
    people, seconds = (int(argument) for argument in [*sys.argv[1:], *["50", "5"][len(sys.argv) - 1 :]])
    with bulk.scratch():
        import django  # noqa: PLC0415 — settings come first

        os.chdir(bulk.ROOT)
        django.setup()
        logging.disable()
        from django.db import connections  # noqa: PLC0415

        with server() as address:
            measure(address, people, seconds)
        connections.close_all()


if __name__ == "__main__":
    main()
