"""Answers say to each kind of cache how long it may keep them, and what they show."""

import pytest
from django.conf import LazySettings
from django.http import HttpResponse

from factcheck.core.web import caching

OURS = ("Surrogate-Control", "CDN-Cache-Control", "X-Accel-Expires", "Surrogate-Key", "Cache-Tag")


@pytest.fixture(autouse=True)
def _cache(settings: LazySettings) -> None:
    settings.CACHE_PURGE_URL = ["http://127.0.0.1:8003/"]


def shared(*tags: str) -> HttpResponse:
    response = HttpResponse()
    caching.share(response, tags)
    return response


def test_a_cache_that_we_purge_keeps_an_answer_longer_than_a_browser() -> None:
    headers = shared("claim-a").headers
    assert headers["Cache-Control"] == "public, max-age=3, stale-if-error=86400"
    assert headers["Surrogate-Control"] == headers["CDN-Cache-Control"] == "max-age=60, stale-if-error=86400"
    assert headers["X-Accel-Expires"] == "60"


def test_each_answer_names_what_it_shows_in_both_forms_of_tags() -> None:
    headers = shared("rating-false", "claim-a", "claim-a").headers
    assert headers["Surrogate-Key"] == "claim-a rating-false site"
    assert headers["Cache-Tag"] == "claim-a,rating-false,site"


def test_an_answer_with_too_many_tags_is_purged_with_each_act() -> None:
    assert shared(*(f"claim-{number}-{'x' * 90}" for number in range(40))).headers["Surrogate-Key"] == "record site"


def test_without_a_cache_there_are_no_headers_for_one(settings: LazySettings) -> None:
    settings.CACHE_PURGE_URL = []
    headers = shared("claim-a").headers
    assert headers["Cache-Control"] == caching.SHARED
    assert not [name for name in OURS if name in headers]


def test_what_a_view_decided_stays() -> None:
    response = HttpResponse(headers={"Cache-Control": "no-store"})
    caching.share(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert not [name for name in OURS if name in response.headers]
