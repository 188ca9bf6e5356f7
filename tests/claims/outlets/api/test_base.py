"""All addresses of the API handle parameters, methods, headers, caches and errors alike. No request causes a 500."""

from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from claims.models import PublishedClaim
from claims.outlets.api.schema import document
from factcheck.core.web import errors, limits
from factcheck.core.web.caching import SHARED
from factcheck.core.web.limits import Limit
from tests.claims.outlets.pages.pages import API, claim_api_addresses
from tests.factories import corrected, published, withdrawn

pytestmark = pytest.mark.django_db

CLAIMS = "/api/v1/claims/"
HOSTILE = [
    "\x00",
    "é",
    "a" * 5_000,
    "%",
    "[]",
    "{}",
    "-1",
    "1e9",
    "9" * 400,
    "' OR 1=1 --",
    "<script>",
    "\u202e",
    "null",
]


def problem(client: Client, address: str, status: int, **headers: str) -> dict[str, Any]:
    """The problem details of the response to this request, which must have this status."""
    response = client.get(address, headers=headers)
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert {"type", "title", "detail"} < found.keys()
    return found


def parameters_of(path: str) -> list[str]:
    """The names of all parameters of an address, from the schema."""
    return [parameter["name"] for parameter in document()["paths"][path]["get"]["parameters"]]


# Parameters


def test_an_unknown_parameter_is_refused_with_the_known_ones(client: Client) -> None:
    found = problem(client, f"{CLAIMS}?colour=red&utm_source=x&topic=water", 400)
    assert set(found["errors"]) == {"colour", "utm_source"}
    assert "It accepts q, rating, topic," in found["errors"]["colour"][0]
    assert found["type"].endswith("/api/#parameters")
    assert problem(client, "/api/v1/?x=1", 400)["errors"] == {
        "x": ["This endpoint doesn't have this parameter. It accepts none."]
    }


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=tomorrow", "Write the date as 2025-06-21"),
        ("kind=x", "Select a valid choice"),
        ("rating=a+b", "isn't a valid name"),
        ("&".join(f"rating=r{n}" for n in range(21)), "Choose at most 20"),
        ("year=0", "greater than or equal to 1"),
        ("page_size=0", "greater than or equal to 1"),
        ("page_size=101", "less than or equal to 100"),
        ("page_size=x", "Enter a whole number"),
        ("cursor=x", "This isn't a cursor of this list"),
        ("fields=statement,secret", "A claim has no field “secret”. Use only: slug, statement"),
        ("topic=", "Give it a value, or leave it out"),
        ("cursor=", "Give it a value, or leave it out"),
    ],
)
def test_an_invalid_value_is_refused_with_what_to_do(client: Client, query: str, sentence: str) -> None:
    found = problem(client, f"{CLAIMS}?{query}", 400)
    assert list(found["errors"]) == [query.split("=", maxsplit=1)[0]]
    assert sentence in found["errors"][query.split("=", maxsplit=1)[0]][0]


def test_several_mistakes_are_reported_together(client: Client) -> None:
    assert set(problem(client, f"{CLAIMS}?since=x&page_size=0&fields=x&y=1", 400)["errors"]) == {
        *("since", "page_size", "fields", "y")
    }


@pytest.mark.parametrize("path", [CLAIMS, "/api/v1/topics/", "/api/v1/corrections/", "/api/v1/statistics/"])
@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_of_any_parameter_breaks_an_address(client: Client, path: str, value: str) -> None:
    for name in parameters_of(path):
        assert client.get(f"{path}?{name}={quote(value)}").status_code in {200, 400, 414}
        assert client.get(f"{path}?{quote(value)}={name}").status_code in {400, 414}
    assert client.get(f"{path}{quote(value)}/").status_code == 404


@given(raw=st.binary(max_size=60))
@example(raw=b"cursor=n.newest.9999999999999999.a")
@example(raw=b"cursor=p.newest-claim.999999999999999999.9999999.a")
@example(raw=b"cursor=n.newest-claim.1.0.a")
@example(raw=b"cursor=n.relevance.999999999999999999.999")
@example(raw=b"cursor=n.newest.1.a%0A")
@example(raw=b"cursor=n.newest.1.a\x00")
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_behind_the_question_mark_break_it(raw: bytes) -> None:
    answer = Client().get(CLAIMS, QUERY_STRING=raw.decode("latin-1"))
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "n", "n.newest", "n.newest.1", "n.newest.x.a", "n.newest.1.a.b", "n.newest.1.a b", "q.newest.1.a"),
        *(
            "n.newest-claim.1.a",
            "n.newest-claim.1.12345678.a",
            "n.relevance.1-.1",
            "n.relevance..1",
            "n.rest.1.1",
            "bmV3ZXN0",
            "n.slug.a",
        ),
        *(
            "n.newest.١.a",
            "n.newest.1.a\n",
            "n.newest.99999999999999999.a",
            "n.relevance." + "-".join("1" * 301) + ".1",
        ),
    ],
)
def test_an_invalid_cursor_is_refused(client: Client, cursor: str) -> None:
    assert set(problem(client, f"{CLAIMS}?cursor={quote(cursor)}", 400)["errors"]) == {"cursor"}


def test_a_long_address_is_refused_before_any_work(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = problem(client, f"{CLAIMS}?q={'a' * 4_001}", 414)
    assert "4000 characters" in found["detail"]
    assert len(queries) == 1  # the request is counted


# Methods and headers


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "PROPFIND", "X", "get_x", "INITIAL"]
)
@pytest.mark.parametrize("address", [CLAIMS, "/api/v1/", "/api/v1/schema.json", "/api/v1/claims/nothing/"])
def test_every_other_method_is_refused(address: str, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, address, b"{}", content_type="application/json")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "QUERY"])
@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/claims/a/b/", "/api/v2/", "/api/v1/claims//"])
def test_an_unknown_address_is_404_for_any_method(path: str, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        *(("*/*", 200), ("", 200), ("application/json", 200), ("text/html, application/*;q=0.1", 200)),
        *(("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", 200), ("APPLICATION/JSON; charset=x", 200)),
        *(("text/html", 406), ("text/csv, image/*", 406), ("json", 406), (";;;,,,", 406)),
        *(("text/html; x*=bogus''%ff", 406), ("application/json; x*=bogus''%ff", 200), ("é/\x7f", 406)),
    ],
)
def test_json_is_returned_unless_the_accept_header_excludes_it(client: Client, accept: str, status: int) -> None:
    answer = client.get(CLAIMS, headers={"accept": accept})
    assert answer.status_code == status
    assert answer.headers.get("Vary") == ("Accept-Encoding" if status == 200 else None)
    if status == 406:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"


def test_scripts_of_every_site_may_read_every_answer(client: Client) -> None:
    published()
    gone = withdrawn(published())
    etag = client.get(CLAIMS).headers["ETag"]
    for address, status, headers in [
        (CLAIMS, 200, {}),
        (CLAIMS, 304, {"if-none-match": etag}),
        (f"{CLAIMS}?x=1", 400, {}),
        (f"{CLAIMS}nothing/", 404, {}),
        (f"{CLAIMS}{gone.slug}/", 410, {}),
        (CLAIMS, 406, {"accept": "text/html"}),
        ("/api/v1/x/", 404, {}),
    ]:
        answer = client.get(address, headers={"origin": "https://evil.example", **headers})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_preflight_is_answered_without_a_query(client: Client) -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "GET"}
    with CaptureQueriesContext(connection) as queries:
        answer = client.options(f"{CLAIMS}?x=1", headers=asked | {"access-control-request-headers": "if-none-match"})
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert len(queries) == 0


# Caches


def test_an_answer_may_be_kept_for_a_minute_and_sets_nothing(client: Client) -> None:
    for address in API:
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == SHARED, address
        assert not answer.cookies


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_has_the_bytes_gets_304(client: Client, method: str) -> None:
    claim = published()
    for address in [*API, *claim_api_addresses(claim)]:
        etag = client.generic(method, address).headers["ETag"]
        for said in (etag, f'"other", W/{etag}', "*"):
            again = client.generic(method, address, headers={"if-none-match": said})
            assert (again.status_code, again.content) == (304, b""), address
            assert again.headers["ETag"] == etag
            assert again.headers["Cache-Control"] == SHARED
        assert client.generic(method, address, headers={"if-none-match": '"other"'}).status_code == 200


def test_head_says_what_get_would_give(client: Client) -> None:
    for address in [*API, *claim_api_addresses(published())]:
        got, headed = client.get(address), client.head(address)
        assert headed.content == b""
        for name in ("ETag", "Content-Length", "Content-Type", "Link", "Last-Modified"):
            assert headed.headers.get(name) == got.headers.get(name)


def test_a_claim_has_the_time_of_its_last_change(client: Client) -> None:
    claim = published()
    address = f"{CLAIMS}{claim.slug}/"
    since = client.get(address).headers["Last-Modified"]
    assert client.get(address, headers={"if-modified-since": since}).status_code == 304
    assert client.get(address, headers={"if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"}).status_code == 200
    assert client.get(address, headers={"if-modified-since": "yesterday"}).status_code == 200
    assert client.get(f"{address}revisions/1/").headers["Last-Modified"] == since
    assert "Last-Modified" not in client.get(CLAIMS).headers


def test_a_change_is_another_etag(client: Client) -> None:
    claim = published()
    addresses = [CLAIMS, f"{CLAIMS}{claim.slug}/", f"{CLAIMS}{claim.slug}/revisions/", "/api/v1/statistics/"]
    before = [client.get(address).headers["ETag"] for address in addresses]
    first = client.get(f"{CLAIMS}{claim.slug}/revisions/1/").headers["ETag"]
    corrected(claim, summary="Other.")
    assert not set(before) & {client.get(address).headers["ETag"] for address in addresses}
    assert client.get(f"{CLAIMS}{claim.slug}/revisions/1/").headers["ETag"] == first


def test_a_condition_that_does_not_hold_is_412(client: Client) -> None:
    problem(client, CLAIMS, 412, **{"if-match": '"other"'})
    etag = client.get(CLAIMS).headers["ETag"]
    assert client.get(CLAIMS, headers={"if-match": etag}).status_code == 200


# Addresses, limits and server errors


def test_addresses_in_answers_follow_the_settings_alone(client: Client, settings: LazySettings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://check.example", ["*"]
    for _ in range(2):
        published()
    answer = client.get(f"{CLAIMS}?page_size=1&q=council", headers={"host": "evil.example", "x-forwarded-host": "evil"})
    content = answer.json()
    assert content["next"].startswith("https://check.example/api/v1/claims/?q=council&page_size=1&cursor=")
    assert content["previous"] is None
    assert f'<{content["next"]}>; rel="next"' in answer.headers["Link"]
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in answer.headers["Link"]
    assert b"evil" not in answer.content
    following = client.get(content["next"], headers={"host": "check.example"})
    assert f'<{following.json()["previous"]}>; rel="prev"' in following.headers["Link"]


def test_the_link_header_stays_short(client: Client) -> None:
    for _ in range(2):
        published()
    answer = client.get(f"{CLAIMS}?page_size=1&q=council+{'x' * 3_000}")
    assert len(answer.json()["next"]) > 3_000
    assert "Link" not in answer.headers


def test_over_the_limit_is_a_problem_that_every_site_may_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "api", Limit(requests=3, seconds=60))
    etag = client.get("/api/v1/").headers["ETag"]
    assert client.get("/api/v1/", headers={"if-none-match": etag}).status_code == 304
    assert client.get("/api/v1/nothing/").headers["RateLimit"].startswith('"api";r=0;t=')
    answer = client.get("/api/v1/", headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 429
    assert answer.json()["violated-policies"] == ["api"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/").status_code == 200


def test_a_wrong_host_is_a_problem_here_and_a_page_elsewhere(client: Client) -> None:
    problem(client, CLAIMS, 400, host="evil.example")
    assert client.get("/", headers={"host": "evil.example"}).headers["Content-Type"].startswith("text/html")


def test_too_many_parameters_are_a_problem(client: Client) -> None:
    problem(client, f"{CLAIMS}?{'&' * 10}{'&'.join(['a'] * 5_001)}", 400)


def test_a_server_error_is_a_problem_without_details(settings: LazySettings) -> None:
    client = Client(raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_publishedclaim RENAME TO elsewhere")
    answer = client.get(CLAIMS)
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The fault is ours. Try again later.",
    }
    assert errors.server_error(RequestFactory().get("/")).headers["Content-Type"].startswith("text/html")


def test_a_page_costs_as_many_queries_for_one_claim_as_for_many(client: Client) -> None:
    def counts() -> list[int]:
        found = []
        for address in [
            *API,
            f"{CLAIMS}?sort=newest-claim&cursor=p.newest-claim.1.none.a",
            f"{CLAIMS}?cursor=n.relevance.1.0",
        ]:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    corrected(published(), summary="Other.")
    small = counts()
    for _ in range(5):
        corrected(published(), summary="Other.")
    assert counts() == small
    assert PublishedClaim.objects.count() == 6
    assert max(small) <= 14
