"""The first connection starts one server, which only its owner can reach."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from factcheck.devdb import processes
from tests.devdb.conftest import Machine


def test_first_connection_makes_a_private_server_and_the_second_finds_it(new_machine: Machine) -> None:
    machine = new_machine
    with machine.application() as first, machine.application() as second:
        assert first.ask("select current_user || ' ' || current_database()") == "factcheck factcheck"
        server = machine.server
        assert second.ask("select 1") == 1
        assert machine.server == server

        assert first.ask("show listen_addresses") == ""
        assert first.ask("show fsync") == "on"
        assert first.ask("show jit") == "off"
        assert first.ask("show server_encoding") == "UTF8"
        assert first.ask("select datlocale from pg_database where datname = 'factcheck'") == "C.UTF-8"
        assert first.ask("select lower('Ä') || upper('ß')") == "äß"
        sockets = Path(server.socket_folder)
        assert len(str(sockets)) < 50
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(machine.places.home.stat().st_mode) == 0o700
        assert machine.places.cluster.stat().st_uid == sockets.stat().st_uid != 0


def test_a_stopped_server_starts_again_with_its_data(machine: Machine) -> None:
    with machine.application() as first:
        first.ask("create table kept as select 7 as n")
        before = machine.server
    machine.end()
    assert not Path(before.socket_folder).exists()
    with machine.application() as second:
        assert second.ask("select n from kept") == 7
        assert machine.server.postmaster != before.postmaster


def test_ten_processes_that_start_at_once_share_one_server(new_machine: Machine) -> None:
    machine = new_machine
    applications = [machine.application() for _ in range(10)]
    for application in applications:
        application.send("select pg_postmaster_start_time()::text")
    assert len({application.answer() for application in applications}) == 1
    users = {user.pid for user in processes.holders(machine.places.lease)}
    assert users >= {application.process.pid for application in applications}


def test_two_data_folders_have_two_servers(machines: Callable[..., Machine], folder: Path, database: Path) -> None:
    one, other = (machines(folder / name).receive(database) for name in ("one", "other"))
    with one.application() as first, other.application() as second:
        first.ask("create table mine as select 1")
        assert "does not exist" in second.ask("select * from mine")
        assert one.server.socket_folder != other.server.socket_folder


def test_nothing_starts_before_a_connection(new_machine: Machine) -> None:
    checked = new_machine.manage("check")
    assert "no issues" in checked.stdout + checked.stderr
    assert not new_machine.data_folder.exists()


def test_a_pool_finds_the_server(machine: Machine) -> None:
    machine.variables["POOL"] = "yes"
    with machine.application() as application:
        assert application.ask("select 1") == 1


def test_dbshell_uses_the_psql_of_the_server(machine: Machine) -> None:
    shell = machine.manage("dbshell", "--", "-At", stdin="select 40 + 2;")
    assert (shell.stdout, shell.stderr) == ("42\n", "")


FORKING = """
import os, subprocess, sys, time
import django
django.setup()
from django.db import connection
from factcheck.devdb import processes
from factcheck.devdb.places import choose
from django.conf import settings

connection.ensure_connection()
connection.close()
program = subprocess.Popen(["sleep", "60"])
lease = choose(settings.DATA_FOLDER).lease
child = os.fork()
if child == 0:
    assert [p.pid for p in processes.holders(lease)] == [os.getppid()], "the child kept its parent's lease"
    connection.ensure_connection()
    assert sorted(p.pid for p in processes.holders(lease)) == sorted([os.getppid(), os.getpid()])
    os._exit(0)
print("child", os.waitpid(child, 0)[1])
program.kill()
program.wait()
"""


def test_a_forked_child_takes_its_own_lease_and_a_program_inherits_none(machine: Machine) -> None:
    done = machine.run("-c", FORKING)
    assert done.stdout == "child 0\n", done.stderr


SUITE = """
import pytest
from django.db import connection

@pytest.mark.django_db
@pytest.mark.parametrize("number", range(4))
def test_database(number):
    with connection.cursor() as cursor:
        cursor.execute("select current_database(), pg_postmaster_start_time()::text")
        print(*cursor.fetchone(), file=open(f"{number}.txt", "w"))
"""


def test_a_suite_under_xdist_shares_one_server(machine: Machine, folder: Path) -> None:
    (folder / "test_suite.py").write_text(SUITE)
    machine.variables["PYTHONPATH"] = str(machine.checkout)
    machine.variables["PYTHONWARNINGS"] = ""
    machine.checkout = folder
    done = machine.run("-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", str(folder))
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    output = [(folder / f"{number}.txt").read_text().split(maxsplit=1) for number in range(4)]
    assert {name for name, _ in output} == {"test_factcheck_gw0", "test_factcheck_gw1"}
    assert len({start for _, start in output}) == 1


def test_the_server_does_not_keep_the_output_of_its_starter_open(machine: Machine) -> None:
    """If the server kept the output of its starter open, `manage.py migrate | tee` would hang."""
    with machine.application() as keeper:
        keeper.ask("select 1")
        server = machine.server
        for pid in (server.supervisor, server.postmaster):
            assert os.getsid(pid) != os.getsid(0)
            targets = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
            assert not any(target.startswith(("/dev/pts", "/dev/tty")) for target in targets)
            assert os.readlink(f"/proc/{pid}/fd/1") == str(machine.places.log)
    done = machine.manage("db", "start")
    assert done.returncode == 0
    assert machine.manage("db", "stop").stdout == "The server is stopped.\n"
