"""A database that is dead, silent, read-only or slow: 503 for those who need it, and the site recovers by itself."""

import re
from collections.abc import Iterator
from html import unescape
from types import SimpleNamespace

import httpx
import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from factcheck.core.postgres.outage import PAUSE, Outage
from tests.factories import UserFactory
from tests.pooler import without_pooler
from tests.relay import Relay, relay
from tests.server import Site, serving

ICON = "/static/factcheck/icon.svg"
APPLICATION = "site_of_the_test"
PASSWORD = "a long enough password"

pytestmark = without_pooler


@pytest.fixture(scope="module")
def relayed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Relay]:
    with django_db_blocker.unblock(), relay() as made:
        yield made


@pytest.fixture(scope="module")
def shared(relayed: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    options = ["--workers=1", "--threads=2"]
    url = f"{relayed.url}?application_name={APPLICATION}"
    with serving(tmp_path_factory.mktemp("site"), *options, DATABASE_URL=url, READER_TIME_LIMIT="700") as made:
        yield made


@pytest.fixture
def database(relayed: Relay, committed: None) -> Iterator[Relay]:
    yield relayed
    relayed.recover()


@pytest.fixture
def site(shared: Site, database: Relay) -> Site:
    """The site of all these tests, which has recovered from the last one. Nobody is signed in."""
    shared.client.cookies.clear()
    assert until_served(shared.client, "/claims/").status_code == 200
    shared.log.write_text("")
    return shared


def until_served(client: httpx.Client, path: str) -> httpx.Response:
    """The first answer that isn't 503. A fault that remains ends the test by pytest's own time limit."""
    while (response := client.get(path)).status_code == 503:
        pass
    return response


@pytest.fixture
def _password_of_the_site(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def sign_in(client: httpx.Client) -> None:
    UserFactory.create(username="ana", role="Editor", password=make_password(PASSWORD))
    token = csrf(client.get("/admin/login/"))
    fields = {"username": "ana", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/admin/login/", data=fields).status_code == 302


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def check_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("trouble", ["close", "silence", "trickle"])
def test_readers_and_programs_get_503_while_the_database_does_not_answer(
    trouble: str, site: Site, database: Relay
) -> None:
    getattr(database, trouble)()
    for path in ["/", "/claims/", "/es/claims/", "/claims.csv", "/claims.atom", "/sitemap.xml", "/claims/nothing/"]:
        check_unavailable(site.client.get(path))
    api = site.client.get("/api/v1/claims/")
    check_unavailable(api)
    assert api.headers["Content-Type"] == "application/problem+json"
    assert api.json()["status"] == 503
    for path in ["/robots.txt", "/.well-known/security.txt", ICON]:
        assert site.client.get(path).status_code == 200
    assert site.client.get("/nowhere/").status_code == 404
    log = site.log.read_text()
    assert "Traceback" not in log
    assert log.count("Service Unavailable: /claims/:") == 1

    database.open() if trouble == "close" else database.speak()
    assert until_served(site.client, "/claims/").status_code == 200


def test_answers_that_are_each_a_little_late_are_late_together(site: Site, database: Relay) -> None:
    """No statement takes as long as the limit, and no wait does."""
    database.delay = 0.3
    for path in ["/claims/", "/", "/api/v1/claims/"]:
        check_unavailable(site.client.get(path))
    assert "Traceback" not in site.log.read_text()
    database.speak()
    for path in ["/claims/", "/", "/api/v1/claims/"]:
        assert until_served(site.client, path).status_code == 200


@pytest.mark.parametrize("trouble", ["silence", "trickle"])
def test_connections_that_were_given_up_are_closed(trouble: str, site: Site, database: Relay) -> None:
    getattr(database, trouble)()
    for _ in range(20):
        check_unavailable(site.client.get("/claims/"))
    database.speak()
    for _ in range(20):
        until_served(site.client, "/claims/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [APPLICATION])
        # Each of the two threads keeps one.
        assert cursor.fetchone()[0] <= 2


@pytest.mark.usefixtures("_password_of_the_site")
def test_an_editor_keeps_what_was_typed_when_the_database_is_away(site: Site, database: Relay) -> None:
    sign_in(site.client)
    form = site.client.get("/admin/claims/claim/add/")
    typed = {"csrfmiddlewaretoken": csrf(form), "statement": 'The <b>"bridge"</b>\ncost 4 million.', "password1": "s"}
    database.close()
    page = site.client.post("/admin/claims/claim/add/?from=here", data=typed)
    check_unavailable(page)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    assert {name: unescape(value) for name, value in fields.items()} == {
        name: value for name, value in typed.items() if name != "password1"
    }
    assert 'action="/admin/claims/claim/add/?from=here"' in page.text
    database.open()
    while (again := site.client.post("/admin/claims/claim/add/", data=fields)).status_code == 503:
        pass
    assert again.status_code == 200


def test_a_forged_form_is_not_repeated(site: Site, database: Relay) -> None:
    database.close()
    response = site.client.post("/admin/login/", data={"username": "typed by a stranger"})
    assert response.status_code == 403
    assert "typed by a stranger" not in response.text


@pytest.mark.usefixtures("_password_of_the_site")
def test_a_read_only_database_serves_readers_and_the_api_and_refuses_the_desk(site: Site, database: Relay) -> None:
    sign_in(site.client)
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        database.cut()
        for path in ["/claims/", "/api/v1/claims/", "/claims.csv"]:
            assert until_served(site.client, path).status_code == 200
        page = site.client.get("/admin/login/")
        token = csrf(page) if page.status_code == 200 else site.client.cookies["csrftoken"]
        typed = {"username": "ana", "password": PASSWORD, "csrfmiddlewaretoken": token}
        check_unavailable(site.client.post("/admin/login/", data=typed))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


def test_a_slow_statement_is_cut_off_and_other_readers_are_served(site: Site) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE claims_publishedclaim, claims_facet IN ACCESS EXCLUSIVE MODE")
        check_unavailable(site.client.get("/claims/"))
        # The server answered, so the site doesn't take it for away.
        assert site.client.get("/admin/login/").status_code == 200
    assert until_served(site.client, "/claims/").status_code == 200


def test_one_request_at_a_time_tries_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("factcheck.core.postgres.outage.time", SimpleNamespace(monotonic=lambda: clock.now))
    outage = Outage()
    assert outage.may_try(2)
    outage.begin()
    assert not outage.may_try(2)
    clock.now += PAUSE
    assert outage.may_try(2)
    assert not outage.may_try(2), "the first is still trying"
    clock.now += 2
    assert outage.may_try(2), "the first never reported"
    outage.end()
    assert outage.may_try(2)
    assert outage.may_try(2)
