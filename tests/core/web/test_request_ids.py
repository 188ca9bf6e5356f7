"""Each request has an id that the response, the log and the security events share."""

import logging
import re
from io import StringIO

import pytest
from django.conf import LazySettings
from django.test import Client

pytestmark = pytest.mark.django_db
HEADER = "X-Request-ID"


def id_of(headers: dict[str, str] | None = None, path: str = "/admin/login/") -> str:
    return str(Client().get(path, headers=headers).headers[HEADER])


def test_each_response_has_an_id_of_its_own() -> None:
    ids = {id_of(path=path) for path in ["/admin/login/", "/admin/login/", "/admin/", "/admin/claims/"]}
    assert len(ids) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)


def test_pages_that_caches_keep_are_the_same_for_everybody() -> None:
    for path in ("/", "/nowhere/", "/robots.txt", "/claims.csv"):
        assert HEADER not in Client().get(path).headers


def test_no_client_chooses_its_id() -> None:
    assert id_of({HEADER: "chosen-by-me"}) != "chosen-by-me"


def test_a_trusted_proxy_sets_the_id(settings: LazySettings) -> None:
    settings.TRUSTED_PROXY = True
    assert id_of({HEADER: "6f2d41ce-0a9b"}) == "6f2d41ce-0a9b"


@pytest.mark.parametrize(
    "sent", ["short", "x" * 65, "with space 123", "line\nforged123", "\x1b[2J12345678", "ünicode123"]
)
def test_an_id_of_another_shape_is_replaced(sent: str, settings: LazySettings) -> None:
    settings.TRUSTED_PROXY = True
    assert re.fullmatch(r"[0-9a-f]{16}", id_of({HEADER: sent}))


def test_log_lines_have_the_id_of_their_request() -> None:
    handler = next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    before = handler.setStream(text := StringIO())
    try:
        one = id_of(path="/admin/set-password/x/y/")
        logging.getLogger("django.request").warning("outside")
    finally:
        handler.setStream(before)
    inside, outside = text.getvalue().splitlines()
    assert f" {one} Gone: /admin/set-password/x/y/" in inside
    assert " - outside" in outside
