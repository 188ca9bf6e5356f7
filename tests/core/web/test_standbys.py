"""Readers are served by real streaming standbys, whatever happens to one of them, to all of them or to the primary."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from deploy.drills.servers import Fleet, Server
from factcheck.core.postgres.standbys import Position, Primary
from tests.core.web.test_outages import until_served
from tests.fleet import WEB, fleet, manage
from tests.publisher import Publisher, publishing
from tests.server import PATIENCE, Site, serving

# The tables of the servers are copied from the database of the tests.
pytestmark = pytest.mark.django_db
DOORS = ["/", "/claims/", "/es/claims/", "/claims.csv", "/claims.atom", "/api/v1/claims/", "/claims/?q=bridge"]


@pytest.fixture(scope="module")
def machines(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Fleet]:
    """A primary and two standbys."""
    with django_db_blocker.unblock(), fleet() as (made, primary):
        made.standby(primary, "one")
        made.standby(primary, "two")
        yield made


@pytest.fixture(scope="module")
def publisher(machines: Fleet) -> Iterator[Publisher]:
    with publishing(machines.servers[0].url()) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site(machines: Fleet, publisher: Publisher, folder: Path) -> Iterator[Site]:
    publisher.publish("The bridge cost 4 million euros.")
    with reading_site(machines, folder, lag="1") as made:
        yield made


@contextmanager
def reading_site(machines: Fleet, folder: Path, *, lag: str) -> Iterator[Site]:
    """The site with both standbys, once it reads from them."""
    primary, *standbys = machines.servers
    urls = " ".join(server.url(WEB) for server in standbys)
    options = ["--workers=1", "--threads=4"]
    variables = {"DATABASE_URL": primary.url(WEB), "DATABASE_REPLICA_URLS": urls, "REPLICA_LAG": lag}
    with serving(folder, *options, **variables, READER_TIME_LIMIT="5000") as made:
        until_used(made, *standbys)
        yield made


def until_used(site: Site, *standbys: Server) -> None:
    """Wait until readers' pages come from each of these standbys."""
    for standby in standbys:
        (since,) = standby.query("SELECT clock_timestamp()::text")[0]
        # The thread that watches the standbys asks for something else.
        its_own = "query LIKE '%pg_control_system%' OR query LIKE 'SET %'"
        since_then = f"usename = '{WEB}' AND query_start > '{since}' AND NOT ({its_own})"
        while not standby.query(f"SELECT 1 FROM pg_stat_activity WHERE {since_then}"):  # noqa: S608 — ours
            assert site.client.get("/claims/").status_code == 200


def shows(site: Site, statement: str) -> bool:
    page = site.client.get("/claims/")
    assert page.status_code == 200
    return statement in page.text


def until_logged(site: Site, text: str) -> None:
    """Ask for pages until the log has this text."""
    while text not in site.log.read_text():
        assert site.client.get("/claims/").status_code == 200


@contextmanager
def load(site: Site) -> Iterator[list[list[int]]]:
    """Four readers who ask for one page after the other. Gives the statuses that each of them got."""
    statuses: list[list[int]] = [[] for _ in range(4)]
    over = threading.Event()

    def read(got: list[int]) -> None:
        with httpx.Client(base_url=site.client.base_url, timeout=PATIENCE) as client:
            while not over.is_set():
                # Two files at a time are all that a process sends, so a third is 503 for another reason.
                got.extend(client.get(path).status_code for path in DOORS if not path.endswith(".csv"))

    readers = [threading.Thread(target=read, args=[got]) for got in statuses]
    for reader in readers:
        reader.start()
    try:
        yield statuses
    finally:
        over.set()
        for reader in readers:
            reader.join()


def test_readers_read_from_standbys_and_who_is_signed_in_from_the_primary(
    machines: Fleet, publisher: Publisher, folder: Path
) -> None:
    _, *standbys = machines.servers
    with reading_site(machines, folder, lag="3600") as site:
        for standby in standbys:
            standby.query("SELECT pg_wal_replay_pause()")
        try:
            slug = publisher.publish("The paused standbys don't have this.")
            assert not shows(site, "The paused standbys")
            counted = site.client.get("/api/v1/claims/")
            assert "The paused standbys" not in counted.text
            assert "RateLimit" in counted.headers, "requests are counted at the primary"
            # An address that a standby doesn't have yet is looked up at the primary.
            for path in (f"/claims/{slug}/", f"/api/v1/claims/{slug}/", f"/claims/{slug}/card.png"):
                assert site.client.get(path).status_code == 200, path
            assert site.client.get("/claims/nothing/").status_code == 404
            page = site.client.get("/claims/", headers={"Cookie": "sessionid=of-an-editor"})
            assert "The paused standbys" in page.text
            assert site.client.get("/admin/login/").status_code == 200
        finally:
            for standby in standbys:
                standby.query("SELECT pg_wal_replay_resume()")


def test_a_standby_that_lags_is_left_out_and_comes_back(site: Site, machines: Fleet, publisher: Publisher) -> None:
    late = machines.servers[1]
    late.query("SELECT pg_wal_replay_pause()")
    publisher.publish("The late standby doesn't have this.")
    until_logged(site, "replica_1 is left out: it is more than 1 seconds behind the primary")
    while not shows(site, "The late standby"):
        pass
    assert all(shows(site, "The late standby") for _ in range(20))
    late.query("SELECT pg_wal_replay_resume()")
    until_logged(site, "replica_1 is used again")
    until_used(site, late)


@pytest.mark.parametrize("fault", ["kill", "suspend"])
def test_no_reader_gets_an_error_when_a_standby_dies_under_load(fault: str, site: Site, machines: Fleet) -> None:
    standby = machines.servers[2]
    site.log.write_text("")
    with load(site) as statuses:
        until_used(site, standby)
        getattr(standby, fault)()
        until_logged(site, "replica_2 is left out")
        # Also those that were waiting for it: what they had asked for then is answered, and what they asked for next.
        before = [len(got) for got in statuses]
        while any(len(got) < count + 2 for got, count in zip(statuses, before, strict=True)):
            time.sleep(0.02)
        standby.start() if fault == "kill" else standby.resume()
        until_logged(site, "replica_2 is used again")
        until_used(site, standby)
    assert {status for got in statuses for status in got} == {200}


def test_the_primary_answers_when_all_standbys_are_away(site: Site, machines: Fleet, publisher: Publisher) -> None:
    _, *standbys = machines.servers
    for standby in standbys:
        standby.kill()
    publisher.publish("Only the primary has this.")
    while not shows(site, "Only the primary"):
        pass
    for path in DOORS:
        assert site.client.get(path).status_code == 200
    for standby in standbys:
        standby.start()
    until_used(site, *standbys)


def test_standbys_serve_readers_while_the_primary_is_away(site: Site, machines: Fleet) -> None:
    primary, *standbys = machines.servers
    until_used(site, *standbys)
    primary.kill()
    try:
        for path in [*DOORS, "/-/ready"]:
            assert site.client.get(path).status_code == 200, path
        assert site.client.get("/claims/", headers={"Cookie": "sessionid=of-an-editor"}).status_code == 503
    finally:
        primary.start()
    assert until_served(site.client, "/claims/").status_code == 200


def test_the_checks_of_a_deployment_look_at_each_standby(machines: Fleet) -> None:
    primary, one, _ = machines.servers
    urls = {
        "own": one.url(WEB),
        "owner": one.url(),
        "primary": primary.url(WEB),
        "away": "postgresql://web@127.0.0.1:9/x",
    }
    script = (
        "from factcheck.core.checks import check_standbys as check; "
        "print(*[f'{found.id} {found.msg}' for found in check(None)])"
    )
    found = {
        name: manage("shell", "--command", script, url=primary.url(WEB), DATABASE_REPLICA_URLS=url)
        for name, url in urls.items()
    }
    assert found["own"].splitlines()[-1] == ""
    assert "factcheck.E002 The web processes log in as factcheck_owner, a superuser" in found["owner"]
    assert "factcheck.E012 replica_1 of DATABASE_REPLICA_URLS isn't a hot standby of this database" in found["primary"]
    assert "factcheck.W003 replica_1 of DATABASE_REPLICA_URLS can't be checked" in found["away"]


def position(at: int, *, system: int = 1, is_standby: bool = True) -> Position:
    return Position(system, is_standby, at)


def test_a_standby_may_lag_as_long_as_the_limit_says() -> None:
    primary = Primary(lag=5)
    assert primary.fault_of(position(100)) == "the primary's position isn't known yet"
    for second, at in enumerate([100, 200, 300, 400, 500, 600, 700]):
        primary.see(position(at, is_standby=False), now=float(second))
    # Now it is second 6, and in second 1 the primary was at 200.
    assert primary.fault_of(position(200)) == ""
    assert primary.fault_of(position(199)) == "it is more than 5 seconds behind the primary"
    assert primary.fault_of(position(700, system=2)) == "it is a standby of another primary"
    assert primary.fault_of(position(700, is_standby=False)) == "it isn't a standby"


def test_a_standby_of_an_idle_primary_does_not_lag() -> None:
    primary = Primary(lag=5)
    for second in range(1000):
        primary.see(position(100, is_standby=False), now=float(second))
    assert primary.fault_of(position(100)) == ""


def test_while_the_primary_is_away_its_last_position_counts() -> None:
    primary = Primary(lag=5)
    primary.see(position(100, is_standby=False), now=0)
    primary.see(position(200, is_standby=False), now=1)
    primary.forget(now=60)
    assert primary.fault_of(position(199))
    assert primary.fault_of(position(200)) == ""


def test_after_a_failover_the_new_primary_counts() -> None:
    primary = Primary(lag=5)
    primary.see(position(500, is_standby=False), now=0)
    primary.see(position(400, is_standby=False), now=1)
    assert primary.fault_of(position(400)) == ""
