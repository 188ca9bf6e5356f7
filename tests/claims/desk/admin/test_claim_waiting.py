"""If somebody else holds a lock for too long, the person gets a message and keeps what they typed."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from claims.choices import State
from claims.desk import locks
from claims.models import Claim
from tests import factories
from tests.claims.desk.admin.browser import fields_of
from tests.factories import ClaimFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def _everything_held() -> Iterator[None]:
    """Another connection holds the locks of logging and publishing. The lock timeout here is short."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    other = connections.create_connection("default")
    # In a transaction, because a pooler may give each statement outside of one another session.
    other.set_autocommit(False)
    with other.cursor() as cursor:
        for lock in (locks.RECORD, locks.SLUGS):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
    yield
    other.close()


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(UserFactory(role="Editor"))
    return client


def test_a_claim_that_cannot_be_logged_now_comes_back_in_the_form(desk: Client, request: pytest.FixtureRequest) -> None:
    add = reverse("admin:claims_claim_add")
    sent = fields_of(desk.get(add), "claim_form") | {"statement": ["It rained."], "kind": ["event"]}
    request.getfixturevalue("_everything_held")
    response = desk.post(add, sent)
    assert response.status_code == 409
    assert "try again in a moment" in response.content.decode()
    assert fields_of(response, "claim_form")["statement"] == ["It rained."]
    assert not Claim.objects.exists()


@pytest.mark.usefixtures("committed")
def test_an_act_that_cannot_be_done_now_says_so(desk: Client, request: pytest.FixtureRequest) -> None:
    claim = factories.approved(ClaimFactory())
    request.getfixturevalue("_everything_held")
    page = reverse("admin:claims_claim_act", args=[claim.pk, "publish"])
    response = desk.post(page, {"version": claim.version})
    assert response.status_code == 409
    assert "try again in a moment" in response.content.decode()
    assert Claim.objects.get().state == State.APPROVED
