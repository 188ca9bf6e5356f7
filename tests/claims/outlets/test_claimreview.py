"""The ClaimReview feed: a client that follows it has the current claims, and nothing of withdrawn ones."""

import datetime
import json
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.choices import ClaimantKind
from claims.desk import workflow
from claims.models import Claim, PublishedClaim, Rating
from claims.outlets import claimreview as claimreview_feed
from factcheck.core.web import streams
from factcheck.core.web.caching import SHARED
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.properties import examples

pytestmark = pytest.mark.django_db

FEED, LINES = "/feeds/claimreview.json", "/feeds/claimreview.ndjson"
EMPTY = "1970-01-01T00:00:00.000000Z"
Item = dict[str, Any]


def feed(client: Client, since: str = "") -> Item:
    response = client.get(FEED, {"since": since} if since else {})
    found: Item = json.loads(response.getvalue())
    assert response.status_code == 200, found
    return found


def read(client: Client, address: str, **asked: Any) -> Any:
    """The response, read to its end. Until then it takes up one of the few places for streamed responses."""
    response = client.get(address, **asked)
    response.getvalue()
    return response


def items(client: Client, since: str = "") -> list[Item]:
    found: list[Item] = feed(client, since)["dataFeedElement"]
    return found


def slugs(found: list[Item]) -> list[str]:
    return [item["url"].split("/")[-2] for item in found]


def republished(claim: Claim) -> Claim:
    claim = approved(workflow.edit(claim, by=UserFactory(role="Editor"), version=claim.version))
    return workflow.publish(claim, by=UserFactory(role="Editor"), version=claim.version, reason="It was right.")


class TestTheFeed:
    def test_it_has_the_shape_of_data_commons(self, client: Client, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"
        published(
            slug="bridges",
            statement="They built three.",
            claimed_on="2025-06-21",
            claimant=ClaimantFactory(name="Ana Roe", kind=ClaimantKind.PERSON),
        )
        found = feed(client)
        (item,) = found.pop("dataFeedElement")
        assert found == {
            "@context": "https://schema.org",
            "@type": "DataFeed",
            "name": "The Daily Check",
            "url": "https://check.example/feeds/claimreview.json",
            "license": settings.DATA_LICENSE,
            "publisher": {"@type": "Organization", "name": "The Daily Check", "url": "https://check.example/"},
            "dateModified": item["dateModified"],
        }
        (review,) = item.pop("item")
        at = PublishedClaim.objects.get().first_published_at
        assert item == {
            "@type": "DataFeedItem",
            "dateCreated": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "dateModified": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "url": "https://check.example/claims/bridges/",
        }
        assert review["@type"] == "ClaimReview"
        assert review["url"] == item["url"]
        assert review["itemReviewed"]["datePublished"] == "2025-06-21"
        assert review["sdPublisher"]["name"] == "The Daily Check"

    def test_each_review_has_only_the_fields_that_feed_readers_accept(self, client: Client) -> None:
        for rating in Rating.objects.all():
            claim = ClaimFactory(rating=rating, claimed_on="2025-06", claimant__kind=ClaimantKind.PERSON)
            EvidenceFactory(claim=claim)
            corrected(published(claim), summary="Mended.")
        for item in items(client):
            (review,) = item["item"]
            assert set(review) <= {
                *("@context", "@type", "url", "datePublished", "claimReviewed", "author", "itemReviewed"),
                *("reviewRating", "sdPublisher"),
            }
            rating_node = review["reviewRating"]
            assert {"@type", "alternateName"} <= set(rating_node)
            assert set(rating_node) <= {
                *("@type", "alternateName", "ratingValue", "bestRating", "worstRating", "image", "ratingExplanation"),
            }
            assert all(isinstance(value, str) for value in rating_node.values())
            numbers = [
                int(rating_node[name]) for name in ("worstRating", "ratingValue", "bestRating") if name in rating_node
            ]
            assert numbers in ([], sorted(numbers))
            assert len(numbers) in {0, 3}
            assert {"@type", "url"} <= set(review["author"])
            assert {"@type", "name"} <= set(review["itemReviewed"]["author"])
            assert datetime.date.fromisoformat(review["datePublished"]).isoformat() == review["datePublished"]
            assert "datePublished" not in review["itemReviewed"]  # a month isn't a full date

    def test_the_newest_act_comes_last(self, client: Client) -> None:
        one, two, _three = (published(slug=slug) for slug in ("one", "two", "three"))
        corrected(one, summary="Mended.")
        withdrawn(two)
        found = items(client)
        assert slugs(found) == ["three", "one", "two"]
        assert [item["dateModified"] for item in found] == sorted(item["dateModified"] for item in found)
        assert found[1]["dateCreated"] < found[1]["dateModified"]
        assert feed(client)["dateModified"] == found[-1]["dateModified"]

    def test_a_withdrawn_claim_leaves_only_its_deletion(self, client: Client) -> None:
        gone = withdrawn(published(slug="gone", statement="Only in the withdrawn."), reason="The source was forged.")
        at = gone.revisions.get(act="withdraw").at
        assert items(client) == [
            {
                "@type": "DataFeedItem",
                "dateModified": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "dateDeleted": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "url": "http://127.0.0.1:8000/claims/gone/",
                "item": [],
            }
        ]

    def test_a_claim_is_in_it_once_however_often_it_was_published(self, client: Client) -> None:
        claim = published(slug="twice")
        created = items(client)[0]["dateCreated"]
        claim = republished(withdrawn(claim))
        (back,) = items(client)
        assert "dateDeleted" not in back
        assert back["dateCreated"] == created
        withdrawn(claim)
        (gone,) = items(client)
        assert gone["item"] == []

    def test_an_empty_feed_has_a_fixed_time(self, client: Client) -> None:
        ClaimFactory()
        assert feed(client)["dateModified"] == EMPTY
        assert client.get(LINES).getvalue() == b""

    def test_as_lines_it_has_the_same_items(self, client: Client) -> None:
        claims = [published() for _ in range(3)]
        withdrawn(claims[1])
        response = client.get(LINES)
        lines = response.getvalue().splitlines()
        assert response.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
        assert [json.loads(line) for line in lines] == items(client)
        since = items(client)[1]["dateModified"]
        assert client.get(LINES, {"since": since}).getvalue().splitlines() == lines[1:]


class TestSince:
    def test_it_selects_what_happened_then_or_later(self, client: Client) -> None:
        for slug in ("a", "b", "c"):
            published(slug=slug)
        withdrawn(published(slug="d"))
        at = [item["dateModified"] for item in items(client)]
        assert slugs(items(client, at[1])) == ["b", "c", "d"]
        assert slugs(items(client, at[3])) == ["d"]
        assert items(client, "9999-01-01") == []
        assert feed(client, "9999-01-01")["dateModified"] == at[3]

    def test_a_day_and_every_form_of_a_time_are_accepted(self, client: Client) -> None:
        published()
        (item,) = items(client)
        at = datetime.datetime.fromisoformat(item["dateModified"])
        there = at.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
        for text in (f"{at:%Y-%m-%d}", at.isoformat(), there.isoformat(), f"{at:%Y-%m-%dt%H:%M:%Sz}"):
            assert items(client, text) == [item]
        # An unescaped plus sign
        assert json.loads(client.get(f"{FEED}?since={there.isoformat()}").getvalue())["dataFeedElement"] == [item]
        later = at + datetime.timedelta(microseconds=1)
        assert items(client, later.isoformat()) == []

    @pytest.mark.parametrize(
        "since",
        [
            *("yesterday", "2026-02-30", "2026-03-05T03:00:00", "2026-03", "20260305", "2026-W01", "1e9", "٢٠٢٦-٠٣-٠٥"),
            *("2026-03-05T24:00:01Z", "2026-03-05T03:00:60Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"),
            *("0000-01-01", "2026-03-05T03:00:00+99:99", "\0", "x" * 5_000),
        ],
    )
    @pytest.mark.parametrize("address", [FEED, LINES])
    def test_anything_else_is_refused_with_what_to_write(self, client: Client, address: str, since: str) -> None:
        response = client.get(address, {"since": since})
        assert response.status_code == 400
        assert "Write since as a day" in response.json()["errors"]["since"][0]
        assert response.headers["Access-Control-Allow-Origin"] == "*"

    @examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=30) | st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat().encode()))
    def test_any_bytes_are_answered(self, client: Client, since: bytes) -> None:
        response = client.get(f"{FEED}?since={quote(since)}")
        assert response.status_code in {200, 400}
        json.loads(response.getvalue())


class Mirror:
    """A client that reads the whole feed once, and then only what is new since `dateModified` of the last response."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.since = ""
        self.kept: dict[str, Item] = {}

    def follow(self) -> None:
        found = feed(self.client, self.since)
        for item in found["dataFeedElement"]:
            if "dateDeleted" in item:
                self.kept.pop(item["url"], None)
            else:
                self.kept[item["url"]] = item
        self.since = found["dateModified"]


class Newsroom:
    """Three claims of one claimant, and all public acts on them."""

    ACTS: ClassVar[list[str]] = ["publish", "correct", "rerate", "rename", "withdraw", "redact", "draft"]

    def __init__(self) -> None:
        self.claimant = ClaimantFactory()
        self.claims = ClaimFactory.create_batch(3, claimant=self.claimant)
        self.acts = 0

    def do(self, act: str, number: int) -> None:
        self.acts += 1
        claim = Claim.objects.get(pk=self.claims[number].pk)
        shown = PublishedClaim.objects.filter(claim=claim).exists()
        match act:
            case "publish" if not shown:
                republished(claim) if claim.revisions.exists() else published(claim)
            case "correct" if shown:
                corrected(claim, summary=f"Summary {self.acts}.")
            case "rerate" if shown:
                other = Rating.objects.exclude(slug=claim.published.rating).order_by("slug")[self.acts % 5]
                corrected(claim, rating=other)
            case "redact" if shown and workflow.has_readable_past(claim):
                redacted(claim)
            case "withdraw" if shown:
                withdrawn(claim)
            case "rename":
                renamed(self.claimant, name=f"Claimant {self.acts}")
            case "draft":
                ClaimFactory(claimant=self.claimant)


class TestMirroring:
    @examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.sampled_from([*Newsroom.ACTS, "follow"]), st.integers(0, 2)), max_size=14))
    def test_a_follower_has_what_the_feed_has(self, client: Client, happening: list[tuple[str, int]]) -> None:
        with transaction.atomic():
            newsroom, mirror = Newsroom(), Mirror(client)
            for act, number in happening:
                mirror.follow() if act == "follow" else newsroom.do(act, number)
            mirror.follow()
            whole = {item["url"]: item for item in items(client) if "dateDeleted" not in item}
            assert mirror.kept == whole
            assert set(slugs([*whole.values()])) == set(PublishedClaim.objects.values_list("slug", flat=True))
            transaction.set_rollback(True)

    def test_the_next_request_returns_only_the_last_act(self, client: Client) -> None:
        for _ in range(3):
            published()
        assert len(items(client, feed(client)["dateModified"])) == 1


class TestHowItIsSent:
    @pytest.mark.parametrize("address", [FEED, LINES])
    def test_every_cache_may_keep_it_and_who_has_it_gets_304(self, client: Client, address: str) -> None:
        claim = published()
        response = read(client, address)
        assert response.headers["Cache-Control"] == SHARED
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
        tag = response.headers["ETag"]
        assert client.get(address, headers={"if-none-match": tag}).status_code == 304
        assert read(client, f"{address}?since=2020-01-01").headers["ETag"] != tag
        ClaimFactory()
        assert client.get(address, headers={"if-none-match": tag}).status_code == 304
        corrected(claim, summary="Mended.")
        assert read(client, address, headers={"if-none-match": tag}).status_code == 200
        assert client.head(address).getvalue() == b""
        assert client.post(address).status_code == 405

    def test_the_two_formats_have_different_etags(self, client: Client) -> None:
        assert read(client, FEED).headers["ETag"] != read(client, LINES).headers["ETag"]

    def test_one_stream_too_many_gets_503(self, client: Client) -> None:
        published()
        open_ones = [client.get(FEED) for _ in range(streams.MAX_STREAMS)]
        busy = client.get(LINES)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "30")
        for response in open_ones:
            assert response.getvalue()
        assert read(client, LINES).status_code == 200

    def test_a_feed_that_is_cut_off_is_invalid_json(self, client: Client) -> None:
        for _ in range(3):
            published()
        parts = list(claimreview_feed._document(None))
        assert json.loads(b"".join(parts))
        for kept in range(len(parts)):
            with pytest.raises(json.JSONDecodeError):
                json.loads(b"".join(parts[:kept]))

    def test_it_costs_a_fixed_number_of_queries_for_each_batch(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("claims.record.publications._BATCH", 2)

        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(FEED).getvalue()
            return len(queries)

        corrected(published(), summary="Mended.")
        first = count()
        for _ in range(3):
            corrected(published(), summary="Mended.")
        assert count() == first + 1
        withdrawn(published())
        withdrawn(published())
        assert count() == first + 1


@pytest.mark.usefixtures("committed")
def test_a_feed_is_of_one_moment_whatever_happens_while_it_is_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BLOCK", 1)
    claims = [published(summary="As it was.") for _ in range(3)]
    before = client.get(FEED).getvalue()

    def change() -> None:
        try:
            corrected(claims[1], summary="As it is now.")
            withdrawn(claims[2])
            published()
        finally:
            connection.close()

    parts = iter(client.get(FEED))
    beginning = next(parts)
    writer = Thread(target=change)
    writer.start()
    writer.join()
    assert b"".join([beginning, *parts]) == before
    assert len(items(client)) == 4
