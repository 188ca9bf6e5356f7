"""Requests to the site in the same process."""

import logging

import pytest
from django.conf import LazySettings
from django.core.signals import request_finished
from django.db import close_old_connections, connection, transaction
from django.test import Client

from factcheck.core.web.context import MIRROR
from factcheck.core.web.visitor import visits


@pytest.fixture
def _https(settings: LazySettings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://facts.example:8443", ["facts.example"]
    settings.SECURE_SSL_REDIRECT = True


@pytest.mark.usefixtures("db", "_https")
def test_requests_use_the_address_of_the_site_and_are_not_redirected() -> None:
    with visits() as visitor:
        request = visitor.request("/claims/?page=2")
        assert request.build_absolute_uri() == "https://facts.example:8443/claims/?page=2"
        with visitor.answer("/claims/") as answer:
            assert answer.status_code == 200
            assert not answer.cookies


@pytest.mark.usefixtures("db", "_https")
def test_only_a_visitor_gets_pages_for_the_static_copy(client: Client) -> None:
    headers = {MIRROR: "1", "factcheck-mirror": "1", "x-factcheck-mirror": "1", "host": "facts.example"}
    assert b"This is a copy" not in client.get("/", secure=True, headers=headers).content
    with visits() as visitor, visitor.answer("/") as answer:
        assert b"This is a copy" in b"".join(answer)


@pytest.mark.django_db(transaction=True)
def test_requests_run_in_the_transaction_of_the_caller() -> None:
    def transaction_number() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT txid_current()")
            return int(cursor.fetchone()[0])

    with transaction.atomic(), visits() as visitor:
        number = transaction_number()
        with visitor.answer("/") as answer:
            assert answer.status_code == 200
        assert transaction_number() == number


@pytest.mark.usefixtures("db")
def test_missing_pages_are_not_logged_and_the_state_is_restored(caplog: pytest.LogCaptureFixture) -> None:
    level = logging.getLogger("django.request").level
    request_finished.connect(close_old_connections)
    receivers = len(request_finished.receivers)
    with visits() as visitor, visitor.answer("/nothing/") as answer:
        assert answer.status_code == 404
    assert caplog.records == []
    assert len(request_finished.receivers) == receivers
    assert logging.getLogger("django.request").level == level
