"""A real server that dies, falls silent or takes no writes: 503, no connection leaks, and recovery by itself."""

from collections.abc import Iterator

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


def test_the_web_role_cannot_leave_its_role_or_change_the_record(server: Server) -> None:
    for statement in ("SET ROLE factcheck_owner", "SET SESSION AUTHORIZATION factcheck_owner"):
        with pytest.raises(Exception, match="permission denied"):
            server.query(statement, user=WEB)
