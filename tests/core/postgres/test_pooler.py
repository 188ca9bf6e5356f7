"""The site behind PgBouncer in transaction mode: limits and roles hold although no two transactions share a session."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from deploy.drills.servers import DATABASE, Server
from tests.core.web.test_outages import check_unavailable, until_served
from tests.fleet import WEB, fleet, manage
from tests.pooler import PROGRAM, pooling
from tests.publisher import publishing
from tests.server import serving

# The tables of the server are copied from the database of the tests. Without a pooler no server is needed.
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not PROGRAM, reason="there is no pgbouncer")]
_CHECK = "from factcheck.core.checks import check_database as check; print(*[found.id for found in check(None)])"


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with django_db_blocker.unblock(), fleet() as (_, primary):
        yield primary


def url(folder: str, user: str = WEB) -> str:
    return f"postgresql://{user}@{quote(folder, safe='')}/{DATABASE}"


def test_a_claim_is_published_and_read_through_a_pooler(server: Server, tmp_path: Path) -> None:
    with pooling(server) as folder:
        with publishing(url(folder), DATABASE_POOLER="on") as publisher:
            slug = publisher.publish("The pooler passes this on.")
        # More threads than sessions, so each session serves several.
        options = ["--workers=1", "--threads=6"]
        with serving(
            tmp_path, *options, DATABASE_URL=url(folder), DATABASE_POOLER="on", READER_TIME_LIMIT="700"
        ) as site:
            for path in ("/", f"/claims/{slug}/", "/claims/?q=pooler", "/claims.csv", "/api/v1/claims/", "/-/ready"):
                assert until_served(site.client, path).status_code == 200, path
            assert site.client.get("/admin/login/").status_code == 200
            with psycopg.connect(server.url()) as other:
                other.execute("LOCK TABLE claims_publishedclaim IN ACCESS EXCLUSIVE MODE")
                check_unavailable(site.client.get("/claims/"))
                assert site.client.get("/admin/login/").status_code == 200, "the server answered, so it isn't away"
            assert until_served(site.client, "/claims/").status_code == 200
            assert "canceling statement due to statement timeout" in server.log


_LIMITS = """
from django.db import OperationalError, connection
from factcheck.core.postgres.base import time_limit
asked = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
cursor = connection.cursor()
with time_limit(0.3):
    cursor.execute(asked)
    print(cursor.fetchone())
    try:
        cursor.execute("SELECT pg_sleep(60)")
    except OperationalError as error:
        print(error)
cursor.execute(asked)
print(cursor.fetchone())
"""


def test_a_limit_ends_with_its_transaction(server: Server) -> None:
    with pooling(server, size=1) as folder:
        found = manage("shell", "--command", _LIMITS, url=url(folder), DATABASE_POOLER="on").splitlines()
    # The last line is what the next client of the only session gets.
    assert found[-3:] == ["('300ms', '5s')", "canceling statement due to statement timeout", "('0', '0')"]


def test_the_role_of_the_web_processes_holds_through_a_pooler(server: Server) -> None:
    with pooling(server) as folder:
        assert manage("shell", "--command", _CHECK, url=url(folder), DATABASE_POOLER="on").splitlines()[-1] == ""
        with psycopg.connect(url(folder), autocommit=True) as web:
            for statement in ("SET ROLE NONE", "RESET ROLE", "RESET SESSION AUTHORIZATION"):
                web.execute(statement.encode())
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    web.execute("UPDATE claims_revision SET number = number")


def test_the_checks_find_a_pooler_that_logs_in_as_the_owner(server: Server) -> None:
    with pooling(server, user="factcheck_owner") as folder:
        assert "factcheck.E002" in manage("shell", "--command", _CHECK, url=url(folder), DATABASE_POOLER="on")


def test_the_checks_find_a_pooler_that_drops_the_limits(server: Server) -> None:
    with pooling(server, ignores="options") as folder:
        assert "factcheck.E013" in manage("shell", "--command", _CHECK, url=url(folder))
