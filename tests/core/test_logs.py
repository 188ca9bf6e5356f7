"""What the log has: short lines that nobody can forge."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client

from factcheck.core.logs import JsonFormatter, RequestIdFilter


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The output of the handler for security events."""
    handler = next(iter(logging.getLogger("django.security").handlers))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(text := StringIO())
    yield text
    handler.setStream(before)


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\n2026 INFO b", "\x1b[2Ja", "\u2028a", "\u202ea", "a\0b", "\x85", "x" * 100_000]
)
def test_no_text_forges_a_line_or_moves_the_cursor(text: str, log: StringIO) -> None:
    logging.getLogger("django.security").warning("Refused %s", text)
    line = log.getvalue()
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert len(line) < 11_000


def test_a_foreign_host_is_one_line_in_the_log(client: Client, log: StringIO) -> None:
    assert client.get("/robots.txt", headers={"host": "evil.example"}).status_code == 400
    assert len(log.getvalue().splitlines()) == 1
    assert "evil.example" in log.getvalue()


def test_missing_pages_are_not_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/wp-login.php").status_code == 404
    assert client.post("/robots.txt").status_code == 405
    assert [record.getMessage() for record in caplog.records] == ["Method Not Allowed (POST): /robots.txt"]


def test_a_json_line_has_the_request_and_the_whole_traceback() -> None:
    try:
        int("a\nb")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "It %s", ("failed",), sys.exc_info())
    RequestIdFilter().filter(record)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["level"], found["request"], found["message"]) == ("ERROR", "-", "It failed")
    assert found["error"].endswith("ValueError: invalid literal for int() with base 10: 'a\\nb'")
