"""Real servers in temporary folders. These tests don't touch the project's own database.

To make PostgreSQL's data folder takes seconds, so the product makes one for all tests, and `machine` begins with a copy
of it. Tests of how it's made take a `new_machine`.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from factcheck.devdb import processes, state
from factcheck.devdb.places import SYSTEM_FOLDER, Places, choose, digest, first_closed_folder
from factcheck.devdb.state import Server
from factcheck.devdb.supervisor import LINGER_SECONDS, TICK_SECONDS
from tests.server import PATIENCE
from tests.shared import temporary_folder

CHECKOUT = Path(__file__).resolve().parents[2]
ORDINARY = "nobody"
# Within this time a server that nobody uses has noticed it, so one that still runs is being kept.
LONGER_THAN_UNUSED = LINGER_SECONDS + 5 * TICK_SECONDS


@pytest.fixture(autouse=True)
def _fast_and_plain() -> None:
    """Replaces the fixture of this name in tests/conftest.py, because these tests need no Django settings."""


@dataclass
class Machine:
    """Runs programs with one data folder: applications and `manage.py` commands."""

    data_folder: Path
    checkout: Path = CHECKOUT
    variables: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    applications: list["Application"] = field(default_factory=list)

    @property
    def places(self) -> Places:
        return choose(self.data_folder)

    @property
    def server(self) -> Server:
        found = state.running(self.places)
        assert found is not None, "no server runs"
        return found

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "DATA_FOLDER": str(self.data_folder),
            "DJANGO_SETTINGS_MODULE": "tests.devdb.bare_settings",
            "PYTHONWARNINGS": "error",
            **self.variables,
        }

    def receive(self, database: Path) -> Self:
        """Put a copy of this data folder of PostgreSQL in its place, as a user does with one from elsewhere.

        Of root's copies the product changes the owner itself.
        """
        home = self.places.home
        home.mkdir(parents=True, mode=0o700)
        shutil.copytree(database, home / "cluster")
        if self.user is not None:
            account = self.identity()
            for path in (self.data_folder, home, *home.rglob("*")):
                os.chown(path, account["user"], account["group"])
        return self

    def end(self) -> None:
        """End the server that nobody uses any more, at once: by itself it ends some seconds after its last user."""
        os.kill(self.server.supervisor, signal.SIGTERM)
        assert wait_for(lambda: not running_in(self.places.home))

    def application(self) -> "Application":
        started = Application(self)
        self.applications.append(started)
        return started

    def manage(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("-m", "django", *arguments, stdin=stdin)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            input=stdin,
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            **self.identity(),
        )

    def identity(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        account = pwd.getpwnam(self.user)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Application:
    """A running program that keeps its connection until it is closed or killed."""

    def __init__(self, machine: Machine) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.devdb.application"],
            cwd=machine.checkout,
            env=machine.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **machine.identity(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def send(self, statement: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the application ended"
        return json.loads(line)

    def ask(self, statement: str) -> Any:
        self.send(statement)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def wait_for(condition: Callable[[], bool], *, seconds: float = PATIENCE) -> bool:
    """True if the condition becomes true within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def running_in(folder: Path) -> list[int]:
    """The processes with the folder in their command: supervisors, servers, initdb."""
    found = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in found if pid != os.getpid() and str(folder) in (processes.command_line(pid) or "")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that everybody can enter, unlike pytest's own folders."""
    with temporary_folder("factcheck-test-") as path:
        yield path


@pytest.fixture(scope="session")
def database() -> Iterator[Path]:
    """PostgreSQL's data folder as the product made it here, and left it after an orderly end."""
    with temporary_folder("factcheck-made-") as path:
        machine = Machine(path / "data")
        with machine.application() as application:
            assert application.ask("select 1") == 1
        machine.end()
        yield machine.places.cluster


@pytest.fixture
def machines(folder: Path) -> Iterator[Callable[..., Machine]]:
    """Creates machines and removes everything they leave. They have a database once one is used, or received."""
    made: list[Machine] = []

    def make(data_folder: Path | None = None, **keywords: Any) -> Machine:
        made.append(Machine(data_folder or folder / "data", **keywords))
        return made[-1]

    yield make
    for machine in made:
        for application in machine.applications:
            application.kill()
    for machine in made:
        wanted = (machine.data_folder / "postgres").resolve()
        elsewhere = SYSTEM_FOLDER / digest(str(wanted))
        for home in (wanted, elsewhere):
            for pid in running_in(home):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            assert wait_for(lambda home=home: not running_in(home)), home  # type: ignore[misc]
        shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.fixture
def new_machine(machines: Callable[..., Machine]) -> Machine:
    """A machine without a database: its first user makes it."""
    return machines()


@pytest.fixture
def machine(machines: Callable[..., Machine], database: Path) -> Machine:
    """A machine whose database was made before."""
    return machines().receive(database)


def skip_where_python_is_closed_to(uid: int) -> None:
    for needed in (Path(sys.executable).resolve(), CHECKOUT / "manage.py"):
        if closed := first_closed_folder(needed, uid):
            pytest.skip(f"user id {uid} may not enter {closed}, so cannot run this Python or this checkout")


@pytest.fixture
def ordinary(machines: Callable[..., Machine], folder: Path) -> Machine:
    """A machine used by an ordinary user, without a database."""
    if os.geteuid() != 0:
        return machines()
    account = pwd.getpwnam(ORDINARY)
    skip_where_python_is_closed_to(account.pw_uid)
    own = folder / "own"
    own.mkdir()
    os.chown(own, account.pw_uid, account.pw_gid)
    return machines(own / "data", user=ORDINARY)
