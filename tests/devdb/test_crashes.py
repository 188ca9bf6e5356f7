"""After any process is killed, nothing is left running, no committed data is lost, and the next start works."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factcheck.devdb import processes, state
from factcheck.devdb.postmaster import SOCKET
from factcheck.devdb.supervisor import MAX_CRASHES, MAX_LOG_BYTES
from tests.devdb.conftest import LONGER_THAN_UNUSED, Machine, running_in, wait_for


def kill(*pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def stranger() -> Iterator[int]:
    """A running process that has nothing to do with a database."""
    process = subprocess.Popen(["sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


def test_the_server_ends_with_its_last_user(machine: Machine) -> None:
    with machine.application() as first, machine.application() as second:
        first.ask("select 1")
        second.ask("select 1")
        first.kill()
        assert not wait_for(lambda: not running_in(machine.data_folder), seconds=LONGER_THAN_UNUSED)
        second.kill()
        assert wait_for(lambda: not running_in(machine.data_folder))
        assert not machine.places.state.exists()


def test_a_user_who_comes_while_the_server_stops_gets_a_server(machine: Machine) -> None:
    for _ in range(2):
        with machine.application() as application:
            assert application.ask("select 1") == 1
            server = machine.server
            application.kill()
        assert wait_for(lambda: not machine.places.state.exists())
        with machine.application() as late:
            assert late.ask("select 1") == 1
            assert machine.server.supervisor != server.supervisor


def test_a_server_ends_with_its_killed_supervisor_and_its_users_get_another(machine: Machine) -> None:
    with machine.application() as first, machine.application() as second:
        first.ask("create table kept as select 7 as n")
        before = machine.server
        kill(before.supervisor)
        assert wait_for(lambda: not processes.exists(before.postmaster))
        first.ask("select 1")  # its connection ended with the server
        assert first.ask("select n from kept") == 7
        assert second.ask("select n from kept") == 7
        assert machine.server.supervisor != before.supervisor


def test_nothing_is_left_when_the_supervisor_is_killed_before_its_users(machine: Machine) -> None:
    with machine.application() as first, machine.application() as second:
        first.ask("select 1")
        second.ask("select 1")
        kill(machine.server.supervisor)
        first.kill()
        second.kill()
        assert wait_for(lambda: not running_in(machine.data_folder))


def test_nothing_is_left_when_all_but_the_server_is_killed_at_once(machine: Machine) -> None:
    with machine.application() as application:
        application.ask("select 1")
        kill(machine.server.supervisor, application.process.pid)
        assert wait_for(lambda: not running_in(machine.data_folder))


def test_a_server_that_is_kept_ends_with_its_killed_supervisor_too(machine: Machine) -> None:
    machine.manage("db", "start")
    kill(machine.server.supervisor)
    assert wait_for(lambda: not running_in(machine.data_folder))
    with machine.application() as application:
        assert application.ask("select 1") == 1


def test_a_killed_server_comes_back_with_everything_committed(machine: Machine) -> None:
    with machine.application() as first, machine.application() as second:
        first.ask("create table kept as select 7 as n")
        before = machine.server
        kill(before.postmaster)
        # Immediately, before the supervisor notices.
        assert second.ask("select n from kept") == 7
        first.ask("select 1")  # its connection ended with the server
        assert first.ask("select n from kept") == 7
        assert machine.server.supervisor == before.supervisor
        assert machine.server.postmaster != before.postmaster


def test_everything_is_killed_and_the_pids_are_reused(machine: Machine, stranger: int) -> None:
    with machine.application() as application:
        application.ask("create table kept as select 7 as n")
        server = machine.server
        kill(server.supervisor, server.postmaster, application.process.pid)
    assert wait_for(lambda: not running_in(machine.data_folder))
    lock_files = [machine.places.cluster / "postmaster.pid", Path(server.socket_folder) / f"{SOCKET}.lock"]
    for lock_file in lock_files:
        lines = lock_file.read_text().splitlines(keepends=True)
        lock_file.write_text("".join([f"{stranger}\n", *lines[1:]]))
    with machine.application() as application:
        assert application.ask("select n from kept") == 7
    assert processes.exists(stranger)


def test_an_interrupted_initdb_is_started_again(machines: Callable[..., Machine], folder: Path) -> None:
    for attempt in range(5):
        machine = machines(folder / f"data{attempt}")
        with machine.application() as application:
            application.send("select 1")
            assert wait_for((machine.data_folder / "postgres" / "cluster.making" / "base").exists)
            kill(*running_in(machine.data_folder), application.process.pid)
        assert wait_for(lambda at=machine.data_folder: not running_in(at))  # type: ignore[misc]
        if not machine.places.cluster.exists():
            break
        # On a busy machine initdb may have finished before it was killed.
    with machine.application() as application:
        assert application.ask("select 1") == 1
    assert [entry.name for entry in machine.places.home.glob("cluster*")] == ["cluster"]


def test_a_server_that_keeps_crashing_is_given_up_and_the_next_user_tries_again(machine: Machine) -> None:
    with machine.application() as application:
        application.ask("select 1")
        killed: set[int] = set()
        while machine.server.postmaster not in killed:
            killed.add(machine.server.postmaster)
            kill(*killed)
            assert wait_for(lambda: not running_in(machine.data_folder) or is_new_server(machine, killed))
            if not running_in(machine.data_folder):
                break
        assert len(killed) == MAX_CRASHES + 1
        assert f"ended {MAX_CRASHES + 1} times" in machine.places.log.read_text()
        application.ask("select 1")  # its connection ended with the server
        assert application.ask("select 2") == 2


def is_new_server(machine: Machine, killed: set[int]) -> bool:
    server = state.running(machine.places)
    return server is not None and server.postmaster not in killed


def test_removing_the_data_folder_ends_its_server(machine: Machine) -> None:
    with machine.application() as first:
        first.ask("select 1")
        home, server = machine.places.home, machine.server
        shutil.rmtree(home)
        kill(server.postmaster)
        assert wait_for(lambda: not running_in(machine.data_folder))
        assert not home.exists()
        with machine.application() as second:
            assert second.ask("select 1") == 1


def test_the_log_stays_small_while_the_server_writes_to_it(machine: Machine) -> None:
    with machine.application() as application:
        application.ask("select 1")
        log = machine.places.log
        with log.open("ab") as file:
            file.write(b"x" * (MAX_LOG_BYTES + 1))
        assert wait_for(lambda: log.stat().st_size < MAX_LOG_BYTES)
        application.ask("select 'no such' / 1")
        assert "invalid input syntax" in log.read_text()
        assert log.with_name("server.log.1").stat().st_size > MAX_LOG_BYTES
