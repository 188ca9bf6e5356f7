"""The data can be in any usable folder. Others are refused with a one-line message."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.devdb.conftest import Machine


def refusal(machine: Machine) -> str:
    """The output of `migrate` without a server: one line and no traceback."""
    done = machine.manage("migrate")
    assert done.returncode == 1
    assert done.stdout.count("\n") <= 1
    [line] = done.stderr.splitlines()
    assert line.startswith("PostgresError: ")
    return line


@pytest.mark.parametrize("name", ["with a space", "straße-データ", "l" * 200], ids=["space", "unicode", "long"])
def test_any_name(machines: Callable[..., Machine], folder: Path, name: str) -> None:
    machine = machines(folder / name)
    machine.variables["LANG"] = "C"
    with machine.application() as application:
        assert application.ask("select 1") == 1


def test_no_home(new_machine: Machine) -> None:
    new_machine.variables["HOME"] = ""
    with new_machine.application() as application:
        assert application.ask("select 1") == 1


def test_another_temporary_folder_leads_to_the_same_server(machine: Machine, folder: Path) -> None:
    with machine.application() as first:
        first.ask("create table mine as select 1 as n")
        machine.variables["TMPDIR"] = str(folder)
        with machine.application() as second:
            assert second.ask("select n from mine") == 1


def test_a_read_only_folder_is_refused(ordinary: Machine) -> None:
    ordinary.data_folder.parent.chmod(0o555)
    output = refusal(ordinary)
    assert "cannot be made: Permission denied" in output
    assert "DATA_FOLDER" in output


def test_a_folder_of_somebody_else_is_refused(
    ordinary: Machine, machines: Callable[..., Machine], database: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to create the folder for another account")
    roots = machines(ordinary.data_folder).receive(database)
    with roots.application() as application:
        application.ask("select 1")
        assert "belongs to factcheck" in refusal(ordinary)
        assert "belongs to factcheck" in ordinary.manage("db", "status").stderr


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=25m,mode=755", "tmpfs", str(disk)], check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("needs root and the right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_named(small_disk: Path, machines: Callable[..., Machine]) -> None:
    machine = machines(small_disk / "data")
    output = refusal(machine)
    assert "No space left on device" in output
    assert "Free 100 MB there" in output
    assert str(machine.places.log) in output
    assert not list(machine.places.home.glob("cluster*"))


def test_a_folder_that_is_not_a_database_is_refused(new_machine: Machine) -> None:
    (new_machine.data_folder / "postgres" / "cluster").mkdir(parents=True)
    assert "it has no PG_VERSION" in refusal(new_machine)


def test_a_broken_configuration_is_named(machine: Machine) -> None:
    places = machine.places
    with (places.cluster / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    output = refusal(machine)
    assert "postgresql.conf" in output
    assert str(places.log) in output


def test_a_socket_folder_of_another_user_is_refused(machine: Machine) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to create a folder for another account")
    with machine.application() as application:
        application.ask("select 1")
        sockets = Path(machine.server.socket_folder)
    machine.end()
    sockets.mkdir()
    try:
        output = refusal(machine)
    finally:
        sockets.rmdir()
    assert "belongs to somebody else" in output
