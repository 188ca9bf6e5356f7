"""Clients of Google's Fact Check Tools API find this site's claims, page through them and get errors they can read."""

import datetime
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from claims.formats.factchecktools import MAX_PAGE_SIZE
from claims.models import PublishedClaim, Rating
from factcheck.core.web import limits
from factcheck.core.web.caching import SHARED
from tests.factories import ClaimFactory, corrected, published, withdrawn
from tests.guards import without_guards
from tests.once import once
from tests.properties import examples

pytestmark = pytest.mark.django_db

SEARCH = "/v1alpha1/claims:search"
ALL = {"reviewPublisherSiteFilter": "127.0.0.1"}


def answer(client: Client, **parameters: Any) -> dict[str, Any]:
    response = client.get(SEARCH, parameters)
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    found: dict[str, Any] = json.loads(response.content)
    return found


def slugs(found: dict[str, Any]) -> list[str]:
    return [claim["claimReview"][0]["url"].split("/")[-2] for claim in found.get("claims", [])]


def pages(client: Client, **parameters: Any) -> Iterator[list[str]]:
    """The slugs on each page, to the last page."""
    while True:
        found = answer(client, **parameters)
        yield slugs(found)
        if "nextPageToken" not in found:
            return
        parameters["pageToken"] = found["nextPageToken"]


def refusal(client: Client, address: str, *, status: int = 400) -> dict[str, Any]:
    response = client.get(address)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    error: dict[str, Any] = json.loads(response.content)["error"]
    assert error["code"] == status
    return error


def set_first_published(slug: str, days_ago: int) -> None:
    """Move the first publication of a claim into the past."""
    at = timezone.now() - datetime.timedelta(days=days_ago)
    with without_guards("claims_publishedclaim"):
        PublishedClaim.objects.filter(slug=slug).update(first_published_at=at)


class TestSearch:
    def test_the_best_comes_first_with_a_query_and_the_newest_without(self, client: Client) -> None:
        published(slug="best", statement="The bridge cost three million.")
        published(slug="part", statement="The mayor built a bridge of wood and of stone over the river.")
        published(slug="other", statement="It rained.")
        assert slugs(answer(client, query="bridge three million")) == ["best"]
        assert slugs(answer(client, query="bridge")) == ["best", "part"]
        assert slugs(answer(client, **ALL)) == ["other", "part", "best"]

    def test_it_finds_what_the_site_finds_in_the_same_order(self, client: Client) -> None:
        for n in range(6):
            published(statement=f"The council spent {n} million on bridges" + " and roads" * (n % 3) + ".")
        found = json.loads(client.get("/claims.json", {"q": "roads council milion"}).getvalue())
        assert slugs(answer(client, query="roads council milion")) == [claim["slug"] for claim in found["claims"]]
        assert len(found["claims"]) > 3

    def test_nothing_found_is_an_empty_object(self, client: Client) -> None:
        published(statement="It rained.")
        assert answer(client, query="xylophone") == {}
        assert answer(client, query="???") == {}

    def test_another_site_has_no_checks_here(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL = "https://www.check.example"
        published(slug="rain", statement="It rained.")
        for ours in ("check.example", "www.check.example", "CHECK.example"):
            assert slugs(answer(client, reviewPublisherSiteFilter=ours)) == ["rain"]
        assert answer(client, query="rained", reviewPublisherSiteFilter="other.example") == {}

    def test_the_region_of_a_language_is_not_considered(self, client: Client) -> None:
        for tag in ("en", "en-GB", "es", "sr-Latn", "sr-Cyrl-RS", "sr"):
            published(slug=tag.lower(), language=tag)
        found = {tag: set(slugs(answer(client, languageCode=tag, **ALL))) for tag in ("en-US", "EN", "sr", "fr", "eng")}
        assert found == {
            "en-US": {"en", "en-gb"},
            "EN": {"en", "en-gb"},
            "sr": {"sr", "sr-latn", "sr-cyrl-rs"},
            "fr": set(),
            "eng": set(),
        }
        assert set(slugs(answer(client, languageCode="sr-Latn-RS", **ALL))) == {"sr", "sr-latn"}

    def test_age_is_that_of_the_claim_or_of_its_check_whichever_is_newer(self, client: Client) -> None:
        today = timezone.now().date()
        week_ago, month = today - datetime.timedelta(days=7), f"{today:%Y-%m}"
        published(slug="new-check", claimed_on="2001-01-01")
        published(slug="new-claim", claimed_on=week_ago.isoformat())
        published(slug="old", claimed_on="2001-01-01")
        published(slug="in-some-day-of-a-month", claimed_on=month)
        for slug in ("new-claim", "old", "in-some-day-of-a-month"):
            set_first_published(slug, 100)
        assert set(slugs(answer(client, maxAgeDays=7, **ALL))) == {"new-check", "new-claim"}
        assert set(slugs(answer(client, maxAgeDays=6, **ALL))) == {"new-check"}
        assert len(slugs(answer(client, maxAgeDays=100, **ALL))) == 4
        assert len(slugs(answer(client, maxAgeDays=2**31 - 1, **ALL))) == 4

    def test_a_correction_makes_no_check_a_new_one(self, client: Client) -> None:
        claim = published(slug="mended")
        published(slug="later")
        corrected(claim, summary="Mended.")
        assert slugs(answer(client, **ALL)) == ["later", "mended"]

    def test_what_is_withdrawn_or_a_draft_is_not_found(self, client: Client) -> None:
        ClaimFactory(statement="A bridge.")
        withdrawn(published(statement="A bridge."))
        assert answer(client, query="bridge") == {}

    def test_fields_and_line_breaks_are_as_asked_for(self, client: Client) -> None:
        published(slug="rain", statement="It rained.")
        parameters = {**ALL, "fields": "claims(text,claimReview/url)", "prettyPrint": "false"}
        line = client.get(SEARCH, parameters).content
        assert line == (
            b'{"claims":[{"text":"It rained.","claimReview":[{"url":"http://127.0.0.1:8000/claims/rain/"}]}]}\n'
        )
        pretty = client.get(SEARCH, {**parameters, "prettyPrint": "true"}).content
        assert pretty.startswith(b'{\n  "claims": [\n')
        assert json.loads(pretty) == json.loads(line)


def seven_claims() -> None:
    for n in range(7):
        published(slug=f"c{n}", statement="The council built a bridge" + " of wood" * (n % 2) + ".")


seven = once(seven_claims)


@pytest.mark.usefixtures("seven")
class TestPaging:
    @pytest.mark.parametrize("parameters", [ALL, {"query": "wood bridge"}, {"query": "-stone"}])
    @pytest.mark.parametrize("size", [1, 3, 7, 100])
    def test_the_pages_together_are_the_list(self, client: Client, parameters: dict[str, str], size: int) -> None:
        whole = slugs(answer(client, **parameters))
        assert len(whole) > 2
        found = list(pages(client, pageSize=size, **parameters))
        assert list(chain(*found)) == whole
        assert all(len(page) == size for page in found[:-1])
        assert found[-1]

    @pytest.mark.parametrize("parameters", [ALL, {"query": "wood bridge"}])
    def test_what_happens_meanwhile_moves_no_page(self, client: Client, parameters: dict[str, str]) -> None:
        whole = slugs(answer(client, **parameters))
        first = answer(client, pageSize=2, **parameters)
        published(slug="c9", statement="A wood bridge, wood bridge.")
        gone = PublishedClaim.objects.get(slug=slugs(first)[0]).claim
        withdrawn(gone)
        rest = list(pages(client, pageSize=2, pageToken=first["nextPageToken"], **parameters))
        assert [*slugs(first), *chain(*rest)] == whole

    @pytest.mark.parametrize("parameters", [ALL, {"query": "wood bridge"}])
    def test_a_page_follows_also_when_its_last_claim_was_withdrawn(
        self, client: Client, parameters: dict[str, str]
    ) -> None:
        whole = slugs(answer(client, **parameters))
        first = answer(client, pageSize=2, **parameters)
        withdrawn(PublishedClaim.objects.get(slug=slugs(first)[-1]).claim)
        rest = list(pages(client, pageSize=2, pageToken=first["nextPageToken"], **parameters))
        assert list(chain(*rest)) == whole[2:]

    def test_an_offset_passes_claims_over_and_counts_only_without_a_token(self, client: Client) -> None:
        whole = slugs(answer(client, **ALL))
        assert slugs(answer(client, offset=5, **ALL)) == whole[5:]
        assert answer(client, offset=7, **ALL) == {}
        found = answer(client, offset=2, pageSize=2, **ALL)
        following = answer(client, offset=2, pageSize=2, pageToken=found["nextPageToken"], **ALL)
        assert slugs(found) + slugs(following) == whole[2:6]

    def test_without_a_size_a_page_has_ten_and_never_more_than_the_most(self, client: Client) -> None:
        for _ in range(4):
            published()
        assert len(slugs(answer(client, **ALL))) == 10
        assert len(slugs(answer(client, pageSize=MAX_PAGE_SIZE + 1, **ALL))) == 11

    @pytest.mark.parametrize(
        "changed",
        [
            {"query": "bridges"},
            {"pageSize": 2},
            {"languageCode": "en"},
            {"maxAgeDays": 5},
            {"reviewPublisherSiteFilter": "127.0.0.1"},
        ],
    )
    def test_a_token_is_valid_only_for_its_own_search(self, client: Client, changed: dict[str, Any]) -> None:
        found = answer(client, query="bridge", pageSize=1)
        parameters = {"query": "bridge", "pageSize": 1, "pageToken": found["nextPageToken"]}
        assert len(slugs(answer(client, **parameters, fields="claims", key="other"))) == 1
        response = client.get(SEARCH, parameters | changed)
        assert response.status_code == 400
        assert "pageToken" in response.json()["error"]["message"]

    def test_a_forged_token_is_refused(self, client: Client) -> None:
        token = answer(client, pageSize=1, **ALL)["nextPageToken"]
        for forged in ("x", "CAo", token[:-1], token + "=", token.split(".")[0], f"x{token}", "é\0", "." * 5_000):
            error = refusal(client, f"{SEARCH}?reviewPublisherSiteFilter=127.0.0.1&pageSize=1&pageToken={forged}")
            assert error["status"] == "INVALID_ARGUMENT"
        refusal(client, f"{SEARCH}?reviewPublisherSiteFilter=other.example&pageToken={token}")


class TestRefusals:
    def test_they_have_the_format_that_clients_read(self, client: Client) -> None:
        assert refusal(client, f"{SEARCH}?query=a&pageSize=ten") == {
            "code": 400,
            "message": "pageSize must be a whole number from 0 to 2147483647.",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [
                        {
                            "field": "pageSize",
                            "description": "pageSize must be a whole number from 0 to 2147483647.",
                        }
                    ],
                }
            ],
        }
        assert "Unknown name" in refusal(client, f"{SEARCH}?query=a&pagesize=1")["message"]

    @pytest.mark.parametrize("address", ["/v1alpha1/claims:imageSearch?imageUri=x", "/v1alpha1/pages", "/v1alpha1/x/"])
    def test_what_is_not_offered_is_not_found(self, client: Client, address: str) -> None:
        assert refusal(client, address, status=404)["status"] == "NOT_FOUND"

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    @pytest.mark.parametrize("address", [SEARCH, "/v1alpha1/pages", "/$discovery/rest"])
    def test_nothing_is_written(self, address: str, method: str) -> None:
        client = Client(enforce_csrf_checks=True)
        response = getattr(client, method)(address, headers={"X-HTTP-Method-Override": "GET"})
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"
        assert response.json()["error"]["code"] == 405

    @examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(
            st.sampled_from(
                [
                    *("query", "languageCode", "reviewPublisherSiteFilter", "maxAgeDays", "pageSize", "pageToken"),
                    *("offset", "key", "alt", "fields", "prettyPrint", "$.xgafv"),
                ]
            )
            | st.text(max_size=5),
            st.binary(max_size=30)
            | st.sampled_from([b"0", b"1", b"-1", b"99999999999", b"en", b"json", b"*", b"claims/text", b"127.0.0.1"]),
        )
    )
    def test_any_bytes_in_any_parameter_are_answered(self, client: Client, parameters: dict[str, bytes]) -> None:
        response = client.get(f"{SEARCH}?{urlencode(parameters)}")
        assert response.status_code in {200, 400}
        assert (response.status_code == 400) == ("error" in json.loads(response.content))


class TestResponses:
    @pytest.mark.parametrize("address", [f"{SEARCH}?query=bridge", SEARCH, "/v1alpha1/x", "/$discovery/rest"])
    def test_every_site_s_scripts_may_read_it_and_every_cache_may_keep_it(self, client: Client, address: str) -> None:
        published(statement="A bridge.")
        response = client.get(address, headers={"origin": "https://else.example"})
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Cache-Control"] == SHARED
        assert not response.cookies
        if response.status_code == 200:
            again = client.get(address, headers={"if-none-match": response.headers["ETag"]})
            assert again.status_code == 304
            assert again.headers["Access-Control-Allow-Origin"] == "*"
            assert client.head(address).content == b""

    def test_a_browser_may_ask_with_any_header(self, client: Client) -> None:
        allowed = client.options(SEARCH, headers={"origin": "https://else.example"})
        assert allowed.status_code == 204
        assert allowed.headers["Access-Control-Allow-Headers"] == "*"

    def test_too_many_requests_are_refused_in_the_same_format(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.LIMITS, "api", limits.Limit(requests=1, seconds=60))
        assert client.get("/$discovery/rest").status_code == 200
        assert refusal(client, f"{SEARCH}?query=a", status=429)["status"] == "RESOURCE_EXHAUSTED"
        last = client.get(SEARCH)
        assert 1 <= int(last.headers["Retry-After"]) <= 60
        assert last.headers["Cache-Control"] == "no-store"

    def test_a_page_costs_the_same_however_many_claims_there_are(self, client: Client) -> None:
        def count(**parameters: Any) -> int:
            with CaptureQueriesContext(connection) as queries:
                answer(client, **parameters)
            return len(queries)

        for _ in range(2):
            corrected(published(statement="A bridge."), summary="Mended.")
        token = answer(client, query="bridge", pageSize=1)["nextPageToken"]
        asked = [ALL, {"query": "bridge"}, {"query": "bridge", "pageSize": 1, "pageToken": token}]
        few = [count(**parameters) for parameters in asked]
        for _ in range(3):
            corrected(published(statement="A bridge."), summary="Mended.")
        assert [count(**parameters) for parameters in asked] == few
        assert max(few) <= 10


@pytest.fixture
def server(live_server: LiveServer, committed: None, settings: LazySettings) -> LiveServer:
    """The site on a real socket, with this address in SITE_URL."""
    settings.SITE_URL = live_server.url
    return live_server


class TestGooglesOwnClient:
    def test_built_from_our_description_it_searches_and_pages_to_the_end(self, server: LiveServer) -> None:
        for n in range(5):
            published(slug=f"c{n}", statement=f"The council built {n} bridges.", claimed_on="2025-06-21")
        published(statement="It rained.", rating=Rating.objects.get(slug="unverified"))
        description = httpx.get(f"{server.url}/$discovery/rest?version=v1alpha1").content
        assert httpx.get(f"{server.url}/discovery/v1/apis/factchecktools/v1alpha1/rest").content == description
        with discovery.build_from_document(description) as api:
            found = []
            request = api.claims().search(query="bridges", languageCode="en-US", maxAgeDays=10, pageSize=2, offset=1)
            while request is not None:
                page = request.execute()
                found += page["claims"]
                request = api.claims().search_next(request, page)
            assert slugs({"claims": found}) == ["c3", "c2", "c1", "c0"]
            assert found[0]["claimReview"][0]["textualRating"] == "Mostly false"
            assert found[0]["claimDate"] == "2025-06-21T00:00:00Z"
            empty = api.claims().search(query="xylophone", prettyPrint=False).execute()
            assert empty == {}
            texts = api.claims().search(query="rained", fields="claims/text", x__xgafv="2").execute()
            assert texts == {"claims": [{"text": "It rained."}]}

    def test_it_reports_a_bad_call_in_our_words(self, server: LiveServer) -> None:
        description = httpx.get(f"{server.url}/$discovery/rest").content
        with discovery.build_from_document(description, developerKey="any") as api:
            with pytest.raises(HttpError, match="one of them is required") as refused:
                api.claims().search(languageCode="en").execute()
            assert refused.value.status_code == 400
            assert refused.value.error_details[0]["fieldViolations"][0]["field"] == "query"
            with pytest.raises(HttpError, match="pageToken doesn't match"):
                api.claims().search(query="a", pageToken="CAo").execute()
            with pytest.raises(TypeError, match="unexpected keyword"):
                api.claims().search(imageUri="x")

    def test_with_google_s_description_one_host_name_is_all_that_changes(self, server: LiveServer) -> None:
        published(slug="c0", statement="The council built a bridge.")
        ours = {"api_endpoint": server.url}
        with discovery.build("factchecktools", "v1alpha1", developerKey="any", client_options=ours) as api:
            assert slugs(api.claims().search(query="bridge").execute()) == ["c0"]
            with pytest.raises(HttpError, match="no image search"):
                api.claims().imageSearch(imageUri="https://a.example/x.png").execute()
            with pytest.raises(HttpError, match="no pages methods"):
                api.pages().list(url="https://a.example").execute()
