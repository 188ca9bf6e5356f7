"""Fixtures for tests of the API."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from factcheck.core.web import limits
from factcheck.core.web.limits import Limit


@pytest.fixture
def without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit on the number of requests."""
    monkeypatch.setitem(limits.LIMITS, "api", Limit(requests=10**8, seconds=60))


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection open during requests to the WSGI application: its transaction holds the claims."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
