"""A real server that dies, falls silent, takes no writes or is full: 503, no connection leaks, recovery by itself."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from deploy.drills.servers import Server
from tests.core.web.test_outages import ICON, check_unavailable, csrf, until_served
from tests.fleet import WEB, fleet
from tests.server import Site, serving

# The tables of the server are copied from the database of the tests.
pytestmark = pytest.mark.django_db
DOORS = ["/", "/claims/", "/es/claims/", "/claims.csv", "/claims.atom", "/api/v1/claims/", "/claims/nothing/"]
THREADS = 2


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with django_db_blocker.unblock(), fleet() as (_, primary):
        yield primary


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    options = ["--workers=1", f"--threads={THREADS}"]
    url = server.url(WEB)
    with serving(tmp_path_factory.mktemp("site"), *options, DATABASE_URL=url, READER_TIME_LIMIT="700") as made:
        assert until_served(made.client, "/claims/").status_code == 200
        yield made


def connections_of_the_site(server: Server) -> int:
    return int(server.query(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{WEB}'")[0][0])  # noqa: S608 — ours


@pytest.mark.parametrize(("fault", "end"), [("kill", "start"), ("stop", "start"), ("suspend", "resume")])
def test_readers_get_503_from_a_server_that_is_gone_and_pages_when_it_is_back(
    fault: str, end: str, site: Site, server: Server
) -> None:
    getattr(server, fault)()
    try:
        for path in DOORS:
            check_unavailable(site.client.get(path))
        assert site.client.get("/-/ready").status_code == 503
        for path in ("/-/live", "/robots.txt", ICON):
            assert site.client.get(path).status_code == 200
    finally:
        getattr(server, end)()
    for path in DOORS[:-1]:
        assert until_served(site.client, path).status_code == 200
    assert connections_of_the_site(server) <= THREADS


def test_a_server_without_writes_serves_readers_and_refuses_the_desk(site: Site, server: Server) -> None:
    token = csrf(site.client.get("/admin/login/"))
    server.query("ALTER SYSTEM SET default_transaction_read_only = on")
    server.query("SELECT pg_reload_conf()")
    while server.value("SHOW default_transaction_read_only") != "on":
        pass
    try:
        for path in DOORS[:-1]:
            assert until_served(site.client, path).status_code == 200
        typed = {"username": "ana", "password": "a password", "csrfmiddlewaretoken": token}
        check_unavailable(site.client.post("/admin/login/", data=typed))
    finally:
        for statement in ("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"):
            server.query(statement)
    assert site.client.get("/admin/login/").status_code == 200


@contextmanager
def small_disk(server: Server) -> Iterator[Path]:
    """A disk of 64 MB with all tables of the server, and its folder. Its log of changes is elsewhere."""
    folder = server.folder.parent / "disk"
    server.make(folder)
    if os.geteuid() != 0:
        pytest.skip("Only root can mount a small disk.")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], check=False).returncode:
        pytest.skip("No disk can be mounted here.")
    kinds, home = ("TABLE", "INDEX"), folder / "tables"
    try:
        server.make(home)
        server.query(f"CREATE TABLESPACE small LOCATION '{home}'")
        for kind in kinds:
            server.query(f"ALTER {kind} ALL IN TABLESPACE pg_default SET TABLESPACE small")
        yield folder
        for kind in kinds:
            server.query(f"ALTER {kind} ALL IN TABLESPACE small SET TABLESPACE pg_default")
        server.query("CHECKPOINT")
        server.query("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def fill(disk: Path, server: Server) -> Path:
    """Use all space of the disk, and that in the pages of the tables that requests write to. Returns the large file."""
    # An update of a row could use the place of an older version of it.
    server.query("TRUNCATE django_session, core_request_count")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    rows = {
        "django_session": "(session_key, session_data, expire_date) SELECT md5(random()::text), 'x', now()",
        "core_request_count": "(network, ends, requests) SELECT (random() * 1e15)::bigint, now() + interval '1 day', 1",
    }
    for table, values in rows.items():
        # First many at a time, then what room is left for single rows.
        for number in (50, 1):
            with suppress(psycopg.errors.DiskFull):
                while True:
                    server.query(f"INSERT INTO {table} {values} FROM generate_series(1, {number})")
    return filler


def test_a_full_disk_serves_readers_and_refuses_the_desk(site: Site, server: Server) -> None:
    token = csrf(until_served(site.client, "/admin/login/"))
    typed = {"username": "ana", "password": "a password", "csrfmiddlewaretoken": token}
    with small_disk(server) as disk:
        filler = fill(disk, server)
        for path in DOORS[:-1]:
            assert until_served(site.client, path).status_code == 200
        check_unavailable(site.client.post("/admin/login/", data=typed))
        assert "Traceback" not in site.log.read_text()
        filler.unlink()
        while (answer := site.client.post("/admin/login/", data=typed)).status_code == 503:
            pass
        assert answer.status_code == 200, "the password is wrong, and it was looked at"
        for path in DOORS[:-1]:
            assert until_served(site.client, path).status_code == 200
    assert connections_of_the_site(server) <= THREADS


def test_the_web_role_cannot_leave_its_role_or_change_the_record(server: Server) -> None:
    for statement in ("SET ROLE factcheck_owner", "SET SESSION AUTHORIZATION factcheck_owner"):
        with pytest.raises(Exception, match="permission denied"):
            server.query(statement, user=WEB)
