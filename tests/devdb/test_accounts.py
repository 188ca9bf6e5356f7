"""PostgreSQL refuses to run as root, but root can use the project without extra steps."""

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factcheck.devdb import binaries
from factcheck.devdb.places import ACCOUNT, SYSTEM_FOLDER
from factcheck.devdb.state import Order
from tests.devdb.conftest import CHECKOUT, Machine, skip_where_python_is_closed_to

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def owner(pid: int) -> str:
    return pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name


@needs_root
def test_root_hands_the_server_to_an_account_of_its_own(new_machine: Machine) -> None:
    with new_machine.application() as application:
        assert application.ask("select 1") == 1
        assert owner(new_machine.server.postmaster) == ACCOUNT
        status = Path(f"/proc/{new_machine.server.supervisor}/status").read_text()
        account = pwd.getpwnam(ACCOUNT).pw_uid
        assert f"Uid:\t{account}\t{account}\t{account}\t{account}" in status


def test_an_ordinary_user_runs_the_server_as_themselves(ordinary: Machine) -> None:
    with ordinary.application() as application:
        assert application.ask("select 1") == 1
        places = ordinary.places
        assert places.home.stat().st_uid == places.cluster.stat().st_uid
        assert owner(ordinary.server.postmaster) == (ordinary.user or owner(os.getpid()))


@needs_root
def test_root_uses_an_ordinary_users_folder_without_taking_it(
    ordinary: Machine, machines: Callable[..., Machine], database: Path
) -> None:
    roots = machines(ordinary.data_folder)
    with ordinary.receive(database).application() as application:
        application.ask("create table mine as select 1 as n")
    ordinary.end()
    with roots.application() as application:
        assert application.ask("select n from mine") == 1
        assert owner(roots.server.postmaster) == ordinary.user
        with ordinary.application() as again:
            assert again.ask("select n from mine") == 1


@pytest.fixture
def closed_home(folder: Path, machines: Callable[..., Machine]) -> Iterator[Machine]:
    """A checkout and its programs in a folder that only root can enter."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    checkout, site = home / "checkout", home / "site"
    for part in ("factcheck", "tests"):
        shutil.copytree(CHECKOUT / part, checkout / part)
    wheel = binaries.wheel_folder()
    assert wheel
    package = wheel.parent.parent
    shutil.copytree(package, site / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, site / libraries.name)
    before = set(SYSTEM_FOLDER.glob("programs-*"))
    yield machines(checkout / ".data", checkout=checkout, variables={"PYTHONPATH": str(site)})
    for made in set(SYSTEM_FOLDER.glob("programs-*")) - before:
        shutil.rmtree(made)


@needs_root
def test_root_in_a_closed_home_gets_copied_programs_and_data_elsewhere(closed_home: Machine) -> None:
    home = closed_home.checkout.parent
    with closed_home.application() as application:
        application.ask("create table kept as select 7 as n")
        server = closed_home.server
        assert Path(server.folder).is_relative_to(SYSTEM_FOLDER)
        assert closed_home.places.home.is_relative_to(SYSTEM_FOLDER)
        output = closed_home.manage("db", "status").stdout
        assert f"copied because {home} is closed to others" in output
        assert f"not in {closed_home.data_folder}: the server's account may not enter {home}" in output
    closed_home.end()
    # The data stays where it is, even if the folder is opened later.
    home.chmod(0o755)
    with closed_home.application() as application:
        assert application.ask("select n from kept") == 7


@needs_root
def test_a_database_that_became_unreachable_is_not_replaced_by_an_empty_one(
    machines: Callable[..., Machine], folder: Path, database: Path
) -> None:
    (folder / "open").mkdir()
    machine = machines(folder / "open" / "data").receive(database)
    with machine.application() as application:
        application.ask("select 1")
    machine.end()
    (folder / "open").chmod(0o700)
    output = machine.manage("db", "start").stderr
    assert f"holds a database, but the server's account may not enter {folder / 'open'}" in output
    assert "chmod o+x" in output
    (folder / "open").chmod(0o755)


TRACED = """
import sys
from factcheck.devdb import supervisor
late = open(sys.argv[2], "a", buffering=1)
sys.addaudithook(lambda event, details: late.write(details[0] + chr(10)) if event == "import" else None)
supervisor.main()
"""


def test_the_supervisor_imports_nothing_late(machine: Machine, folder: Path) -> None:
    """After switching to an ordinary user, it may not be able to read Python itself in a closed home."""
    with machine.application() as application:
        application.ask("select 1")
        server, home = machine.server, machine.places.home
    machine.end()
    shutil.rmtree(machine.places.cluster)
    owner_now = home.stat()
    order = Order(str(home), server.folder, server.origin, server.version, owner_now.st_uid, owner_now.st_gid).to_json()
    done = machine.run("-c", TRACED, order, str(folder / "late.txt"))
    assert done.stdout == '{"refusal": ""}\n', done.stderr
    assert machine.manage("db", "stop").returncode == 0
    assert (folder / "late.txt").read_text() == ""


WITHOUT_ACCOUNT = """
import os
os.setgid(47110815)
os.setuid(47110815)
import django
django.setup()
from django.db import connection
connection.ensure_connection()
"""


@needs_root
def test_a_user_id_without_an_account_is_refused_with_advice(new_machine: Machine) -> None:
    skip_where_python_is_closed_to(47110815)
    new_machine.data_folder.mkdir()
    os.chown(new_machine.data_folder, 47110815, 47110815)
    output = new_machine.run("-c", WITHOUT_ACCOUNT).stderr.splitlines()[-1]
    assert "PostgresError: PostgreSQL does not run as user id 47110815" in output


WITHOUT_USERADD = """
import pwd, shutil
from factcheck.devdb import errors, places
places.ACCOUNT = "no-such-account"
shutil.which = lambda *_, **__: None
try:
    places._service_account()
except errors.LaunchError as error:
    print(error)
"""


def test_a_system_without_useradd_is_refused_with_advice(new_machine: Machine) -> None:
    output = new_machine.run("-c", WITHOUT_USERADD).stdout
    assert "there is no useradd to make one" in output
    assert "Make an account 'no-such-account'" in output
