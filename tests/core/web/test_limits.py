"""A network can't exceed its limit, whatever headers it sends and whichever process answers."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from factcheck.core.web import limits
from factcheck.core.web.context import MIRROR
from factcheck.core.web.limits import Limit, limited, network_of
from tests.pooler import without_pooler

pytestmark = pytest.mark.django_db
Ask = Callable[..., HttpResponseBase]


@pytest.fixture(autouse=True)
def _three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "doors", Limit(requests=3, seconds=60))
    monkeypatch.setitem(limits.LIMITS, "windows", Limit(requests=3, seconds=60))


@limited("doors")
def door(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@limited("windows", refuse=lambda _request, name, message: HttpResponse(f"{name}: {message}", status=429))
def window(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@limited("doors", counts=lambda request: "q" in request.GET)
def shelf(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def ask(address: str = "192.0.2.1", headers: dict[str, str] | None = None, view: Ask = door) -> HttpResponseBase:
    return view(RequestFactory(REMOTE_ADDR=address).get("/", headers=headers))


def statuses(*addresses: str) -> list[int]:
    return [ask(address).status_code for address in addresses]


def test_requests_over_the_limit_are_refused_with_retry_after() -> None:
    assert statuses(*["192.0.2.1"] * 3) == [200] * 3
    refused = ask()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert b'"violated-policies":["doors"]' in refused.getvalue()
    assert statuses("192.0.2.2") == [200]


def test_each_response_has_the_remaining_quota() -> None:
    said = [ask().headers for _ in range(5)]
    assert {headers["RateLimit-Policy"] for headers in said} == {'"doors";q=3;w=60'}
    left, window_ends = zip(*(headers["RateLimit"].rsplit(";t=", 1) for headers in said), strict=True)
    assert left == ('"doors";r=2', '"doors";r=1', '"doors";r=0', '"doors";r=0', '"doors";r=0')
    assert all(1 <= int(seconds) <= 60 for seconds in window_ends)


def test_each_limit_counts_separately_and_can_have_its_own_response() -> None:
    assert statuses(*["192.0.2.1"] * 4)[-1] == 429
    answers = [ask(view=window) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].getvalue().startswith(b"windows: Your network sent more than 3 requests")


def test_only_requests_that_count_are_counted_and_refused() -> None:
    def ask_for(query: str) -> HttpResponseBase:
        return shelf(RequestFactory(REMOTE_ADDR="192.0.2.1").get(f"/?{query}"))

    assert [ask_for("q=x").status_code for _ in range(4)][-1] == 429
    uncounted = ask_for("page=2")
    assert (uncounted.status_code, "RateLimit" in uncounted.headers) == (200, False)


def test_the_static_copy_has_no_limit_and_no_client_can_claim_to_be_it() -> None:
    factory = RequestFactory(REMOTE_ADDR="127.0.0.1")

    def copied() -> HttpResponseBase:
        request = factory.get("/")
        request.META[MIRROR] = True
        return door(request)

    answers = [copied() for _ in range(5)]
    assert [(answer.status_code, "RateLimit" in answer.headers) for answer in answers] == [(200, False)] * 5
    for name in (MIRROR, MIRROR.upper().replace(".", "_"), "X-Factcheck-Mirror"):
        assert "RateLimit" in door(factory.get("/", headers={name: "1"})).headers


def test_a_new_window_begins_after_the_old_one() -> None:
    assert statuses(*["192.0.2.1"] * 4)[-1] == 429
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_request_count SET ends = now() - interval '1 minute'")
    assert ask().headers["RateLimit"] == '"doors";r=2;t=60'


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP", "CF-Connecting-IP"]
)
def test_no_header_of_the_client_changes_its_network(header: str) -> None:
    assert [ask(headers={header: f"198.51.100.{n}"}).status_code for n in range(4)][-1] == 429


def test_behind_a_trusted_proxy_the_last_forwarded_address_counts(settings: LazySettings) -> None:
    settings.TRUSTED_PROXY = True
    noted = [{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7"} for n in range(4)]
    assert [ask("10.0.0.1", headers).status_code for headers in noted] == [200, 200, 200, 429]
    assert ask("10.0.0.1", {"X-Forwarded-For": "198.51.100.8"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:a:b:c:d", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix:", ""),
        ("999.1.1.1", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(RequestFactory(REMOTE_ADDR=address).get("/")) == network


@pytest.mark.parametrize("noted", ["", "unknown", "198.51.100.7, _hidden", "198.51.100.7,", "\x00é", "," * 5000])
def test_an_invalid_forwarded_address_falls_back_to_the_connection(noted: str, settings: LazySettings) -> None:
    settings.TRUSTED_PROXY = True
    request = RequestFactory(REMOTE_ADDR="192.0.2.9").get("/", headers={"X-Forwarded-For": noted})
    assert network_of(request) == "192.0.2.9"


def test_addresses_of_one_network_share_its_limit() -> None:
    assert statuses(*(f"2001:db8::{n:x}" for n in range(1, 5))) == [200, 200, 200, 429]
    assert statuses("2001:db8:0:1::1") == [200]


def test_counting_is_one_query_and_keeps_no_address() -> None:
    with CaptureQueriesContext(connection) as queries:
        ask()
    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT network::text FROM core_request_count")
        kept = cursor.fetchall()
    assert len(kept) == 1
    assert "192" not in queries[0]["sql"]


def test_expired_rows_are_deleted() -> None:
    statuses(*(f"192.0.2.{n}" for n in range(50)))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_request_count SET ends = now() - interval '1 minute'")
        statuses(*(f"198.51.100.{n}" for n in range(30)))
        cursor.execute("SELECT count(*) FROM core_request_count WHERE ends > now()")
        assert cursor.fetchone() == (30,)
        cursor.execute("SELECT count(*) FROM core_request_count")
        assert cursor.fetchone() == (30,)


@pytest.fixture
def _empty_count() -> Iterator[None]:
    """Empties the table after the test. It has no model, so Django doesn't."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_request_count")


@without_pooler
@pytest.mark.usefixtures("committed")
def test_a_database_that_cannot_count_still_answers(caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    try:
        answers = [ask() for _ in range(5)]
    finally:
        connection.close()
    assert [(answer.status_code, "RateLimit" in answer.headers) for answer in answers] == [(200, False)] * 5
    assert "limit=doors can't be counted" in caplog.text


@pytest.mark.usefixtures("committed", "_empty_count")
def test_many_connections_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "doors", Limit(requests=50, seconds=600))

    def crowd(number: int) -> list[int]:
        try:
            return statuses(*["192.0.2.1", f"198.51.100.{number}"] * 20)[::2]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = [status for answers in pool.map(crowd, range(8)) for status in answers]
    assert sorted(found) == [200] * 50 + [429] * 110


def test_the_first_refusal_of_a_window_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "django.security.limits"):
        statuses(*["192.0.2.1"] * 6)
    assert [record.getMessage() for record in caplog.records] == [
        "limit=doors network=192.0.2.1 sent more than 3 requests in 60 seconds"
    ]
