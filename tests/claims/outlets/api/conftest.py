"""What tests of the API share."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from factcheck.core.web import limits
from factcheck.core.web.limits import Limit


@pytest.fixture
def without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many requests as a test likes."""
    monkeypatch.setitem(limits.LIMITS, "api", Limit(requests=10**8, seconds=60))


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keeps the test's connection, in whose transaction its claims are, through requests to the bare application."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
