import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The output of the handler for security events."""
    handler = next(iter(logging.getLogger("django.security").handlers))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(text := StringIO())
    yield text
    handler.setStream(before)


def test_a_foreign_host_is_one_line_in_the_log(client: Client, log: StringIO) -> None:
    assert client.get("/robots.txt", headers={"host": "evil.example"}).status_code == 400
    assert len(log.getvalue().splitlines()) == 1
    assert "evil.example" in log.getvalue()
