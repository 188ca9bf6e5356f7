"""The files of a list: the same claims as the page, as of one moment, and never cut off without a sign."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Thread

import pytest
from arro3.io import read_parquet
from django.conf import LazySettings
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from claims.formats.files import FILES, SOURCE_LISTS
from claims.models import Claim
from claims.record import publications
from claims.search import candidates
from factcheck.core.web import streams
from factcheck.core.web.caching import SHARED
from tests.claims.outlets.pages.test_lists import chosen, of_three_dates
from tests.factories import ClaimFactory, TopicFactory, approved, published, withdrawn
from tests.once import once

QUERIES = ["", "q=zeppelin", "rating=true", "sort=newest-claim", "q=zeppelin&topic=water", "rating=nothing"]


def slugs_in(name: str, content: bytes) -> list[str]:
    """The slugs of the claims in a file, in its order, each once."""
    stem, _, ending = name.partition(".")
    column = "slug" if stem == "claims" else "claim"
    match ending:
        case "csv":
            table = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
            found = [row[column] for row in table]
        case "json":
            found = [claim["slug"] for claim in json.loads(content)["claims"]]
        case "ndjson":
            found = [json.loads(line)["slug"] for line in content.splitlines()]
        case "xlsx":
            rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(stem).to_python()
            found = [row[0] for row in rows[1:]]
        case _:
            found = list(map(str, read_parquet(content).read_all()[column].to_pylist()))
    return list(dict.fromkeys(found))


dated = once(of_three_dates)
claim = once(published)


@pytest.mark.usefixtures("dated")
class TestContent:
    @pytest.mark.parametrize("name", FILES)
    @pytest.mark.parametrize("query", QUERIES)
    def test_each_has_the_claims_of_the_page_in_its_order(self, client: Client, name: str, query: str) -> None:
        response = client.get(f"/{name}?{query}")
        assert response.status_code == 200
        assert slugs_in(name, response.getvalue()) == [claim.slug for claim in chosen(query).qs]

    @pytest.mark.parametrize("name", FILES)
    def test_each_has_a_type_a_name_and_a_link_to_its_licence(
        self, client: Client, name: str, settings: LazySettings
    ) -> None:
        settings.DATA_LICENSE = "https://licence.example/"
        response = client.get(f"/{name}?q=zeppelin")
        assert response.headers["Content-Type"] == FILES[name].content_type
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response.headers["Link"] == '<https://licence.example/>; rel="license"'
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == SHARED
        response.close()

    @pytest.mark.parametrize("name", FILES)
    def test_a_bad_value_is_refused_everywhere(self, client: Client, name: str) -> None:
        response = client.get(f"/{name}?since=tomorrow")
        assert response.status_code == 400
        assert response.content.startswith(b"since: ")

    def test_json_holds_whole_documents(self, client: Client) -> None:
        found = json.loads(client.get("/claims.json").getvalue())
        assert list(found) == ["license", "attribution", "claims"]
        assert {"address", "corrections", "evidence", "explanation", "revision"} <= set(found["claims"][0])

    def test_a_file_ignores_the_page_number(self, client: Client) -> None:
        assert len(slugs_in("claims.csv", client.get("/claims.csv?page=2").getvalue())) == 3


@pytest.mark.django_db
class TestConditions:
    @pytest.mark.parametrize("name", FILES)
    def test_a_file_that_the_client_has_is_not_written_again(self, client: Client, claim: Claim, name: str) -> None:
        tag = client.head(f"/{name}").headers["ETag"]
        with CaptureQueriesContext(connection) as queries:
            again = client.get(f"/{name}?utm_source=x", headers={"if-none-match": tag})
        assert (again.status_code, again.getvalue()) == (304, b"")
        _count, look_up = queries
        assert "claims_publishedclaim" not in look_up["sql"]
        withdrawn(claim)
        after = client.get(f"/{name}", headers={"if-none-match": tag})
        assert after.status_code == 200
        assert claim.slug.encode() not in after.getvalue()

    @pytest.mark.usefixtures("claim")
    @pytest.mark.parametrize("name", FILES)
    def test_head_writes_nothing(self, client: Client, name: str) -> None:
        with CaptureQueriesContext(connection) as queries:
            headed = client.head(f"/{name}")
        assert headed.getvalue() == b""
        assert "claims_revision" not in "".join(query["sql"] for query in queries if '"body"' in query["sql"])
        got = client.get(f"/{name}")
        # The number of requests left is another each time.
        assert {**headed.headers, "RateLimit": ""} == {**got.headers, "RateLimit": ""}
        got.close()

    def test_the_etag_depends_on_list_format_and_site(self, client: Client, settings: LazySettings) -> None:
        published()
        addresses = [*(f"/{name}" for name in FILES), "/claims.csv?rating=true", "/claims.csv?q=x", "/claims.csv?q=y"]
        tags = {client.head(address).headers["ETag"] for address in addresses}
        assert len(tags) == len(addresses)
        before = client.head("/claims.csv").headers["ETag"]
        settings.SITE_NAME = "Another"
        assert client.head("/claims.csv").headers["ETag"] != before

    def test_drafts_change_no_etag(self, client: Client) -> None:
        published()
        before = client.head("/claims.csv").headers["ETag"]
        ClaimFactory()
        approved(ClaimFactory())
        assert client.head("/claims.csv").headers["ETag"] == before


@pytest.mark.django_db
class TestBounds:
    def test_a_workbook_of_too_many_claims_is_refused_with_a_link(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(FILES, "claims.xlsx", replace(FILES["claims.xlsx"], most=1))
        published()
        published()
        for response in (client.get("/claims.xlsx"), client.head("/claims.xlsx")):
            assert response.status_code == 400
        text = client.get("/claims.xlsx").content.decode()
        assert "at most 1 claims" in text
        assert "/data/" in text
        assert client.get("/claims.csv").status_code == 200

    def test_pages_do_not_offer_it(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for files, name in [(FILES, "claims.xlsx"), (SOURCE_LISTS, "sources.bib")]:
            monkeypatch.setitem(files, name, replace(files[name], most=1))
        topic = TopicFactory.create()
        published()
        published(topics=[topic])
        everything = client.get("/claims/").content.decode() + client.get("/data/").content.decode()
        assert "/claims.csv" in everything
        assert "/claims.xlsx" not in everything
        assert "/sources.bib" not in everything
        one = client.get(f"/claims/?topic={topic.slug}").content.decode()
        assert f"/claims.xlsx?topic={topic.slug}" in one
        assert f"/sources.bib?topic={topic.slug}" in one

    def test_a_search_with_too_many_results_is_refused(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            published(statement="A zeppelin.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 2)
        response = client.get("/claims.csv?q=zeppelin")
        assert response.status_code == 400
        assert b"Add a rarer word" in response.content

    def test_one_stream_too_many_gets_503(self, client: Client) -> None:
        published()
        open_ones = [client.get("/claims.csv") for _ in range(streams.MAX_STREAMS)]
        busy = client.get("/claims.json")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "30")
        assert busy.headers["Cache-Control"] == "no-store"
        assert client.head("/claims.json").status_code == 200
        for response in open_ones:
            assert response.getvalue()
        assert client.get("/claims.json").getvalue()

    def test_a_missing_extra_is_reported(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "arro3.io", None)
        monkeypatch.delitem(sys.modules, "claims.formats.parquet", raising=False)
        response = client.get("/claims.parquet")
        assert response.status_code == 501
        assert b"requirements-extra.txt" in response.content


@pytest.mark.usefixtures("committed")
class TestOneMoment:
    @pytest.fixture(autouse=True)
    def _in_small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(publications, "_BATCH", 1)
        monkeypatch.setattr(streams, "BLOCK", 1)

    @pytest.mark.parametrize("name", ["claims.csv", "claims.json", "claims.ndjson"])
    def test_what_happens_while_a_file_is_read_is_not_in_it(self, client: Client, name: str) -> None:
        claims = [published() for _ in range(3)]
        response = client.get(f"/{name}")
        pieces = iter(response.streaming_content)  # type: ignore[attr-defined]
        begun = next(pieces) + next(pieces)

        in_another_thread(lambda: (withdrawn(claims[0]), published(slug="late")))
        found = slugs_in(name, begun + b"".join(pieces))
        assert sorted(found) == sorted(claim.slug for claim in claims)
        after = slugs_in(name, client.get(f"/{name}").getvalue())
        assert "late" in after
        assert claims[0].slug not in after

    @pytest.mark.parametrize("name", ["claims.csv", "claims.json", "claims.ndjson"])
    def test_a_file_that_is_cut_off_by_the_database_is_invalid(self, client: Client, name: str) -> None:
        for _ in range(3):
            published()
        pieces = iter(client.get(f"/{name}").streaming_content)  # type: ignore[attr-defined]
        content = next(pieces) + next(pieces)
        # Behind a pooler only the server knows the process.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            process = cursor.fetchone()[0]
        in_another_thread(partial(_terminate, process))
        rest: list[bytes] = []
        with pytest.raises(DatabaseError):
            rest.extend(pieces)
        content += b"".join(rest)
        assert content.endswith(streams.INCOMPLETE)
        with pytest.raises((ValueError, csv.Error)):
            slugs_in(name, content)
        assert len(slugs_in(name, client.get(f"/{name}").getvalue())) == 3

    def test_a_reader_who_leaves_ends_the_transaction(self, client: Client) -> None:
        for _ in range(3):
            published()
        response = client.get("/claims.csv")
        pieces = iter(response.streaming_content)  # type: ignore[attr-defined]
        assert not connection.in_atomic_block
        assert next(pieces)
        assert next(pieces)
        assert connection.in_atomic_block
        response.close()
        assert not connection.in_atomic_block


def in_another_thread(act: Callable[[], object]) -> None:
    """Call `act` in another thread, with its own database connection."""

    def run() -> None:
        act()
        connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def _terminate(backend: int) -> None:
    """End a connection, as the server does with one that is idle too long in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
