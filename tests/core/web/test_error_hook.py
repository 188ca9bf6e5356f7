"""An error that somebody saw as status 500 reaches the operator's function. An outage doesn't."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from factcheck.core.web import error_hook
from factcheck.core.web.errors import server_error

reported: list[tuple[BaseException, HttpRequest]] = []


def hook(error: BaseException, request: HttpRequest) -> None:
    reported.append((error, request))
    if request.path == "/pager/":
        raise OSError("the pager is down")


def fails(_request: HttpRequest, kind: str) -> HttpResponse:
    raise {"ours": ValueError, "outage": OperationalError, "pager": LookupError}[kind]("x")


urlpatterns = [path("<str:kind>/", fails)]
handler500 = server_error


@pytest.fixture
def client(settings: LazySettings) -> Iterator[Client]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    settings.ERROR_HOOK = f"{__name__}.hook"
    settings.DEBUG = False
    reported.clear()
    error_hook.connect()
    yield Client(raise_request_exception=False)
    got_request_exception.disconnect(dispatch_uid="error_hook")


@pytest.fixture(autouse=True)
def _plain_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(*_: Any, **__: Any) -> str:
        return "x"

    monkeypatch.setattr("factcheck.core.web.errors.render_to_string", plain)
    monkeypatch.setattr("factcheck.core.web.outages.render_to_string", plain)


def test_an_error_is_reported_with_its_request(client: Client) -> None:
    assert client.get("/ours/").status_code == 500
    ((error, request),) = reported
    assert isinstance(error, ValueError)
    assert request.path == "/ours/"


def test_an_outage_is_not_an_error_of_the_site(client: Client) -> None:
    assert client.get("/outage/").status_code == 503
    assert not reported


def test_a_hook_that_fails_changes_no_response(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/pager/").status_code == 500
    assert "ERROR_HOOK failed" in caplog.text


def test_a_hook_that_cannot_be_imported_is_refused_at_the_start(settings: LazySettings) -> None:
    settings.ERROR_HOOK = "nowhere.hook"
    with pytest.raises(ImportError):
        error_hook.connect()
