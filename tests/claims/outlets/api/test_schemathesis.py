"""Fuzzing with Schemathesis: responses follow the schema, for valid requests and for many invalid ones."""

from typing import Any

import pytest
import schemathesis
from django.conf import LazySettings
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings

from claims.models import Rating
from claims.outlets.api.schema import document
from tests.factories import (
    ClaimantFactory,
    TopicFactory,
    corrected,
    published,
    withdrawn,
)
from tests.once import once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_limit", "one_connection", "record")]

schema = schemathesis.openapi.from_dict(document())
schema.app = get_wsgi_application()
# Its client doesn't decompress.
PLAIN = {"Accept-Encoding": "identity"}
EXAMPLES = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def four_claims() -> None:
    """A published claim, one corrected, one with a changed rating and one withdrawn."""
    topic = TopicFactory(slug="water")
    published(slug="a", topics=[topic], places=["Denver"], missing="The contract", method="By hand.", claimed_on="2024")
    corrected(published(slug="b", topics=[topic], claimant=ClaimantFactory(slug="ana")), summary="The sum is right.")
    corrected(published(slug="c"), rating=Rating.objects.get(slug="unverified"))
    withdrawn(published(slug="d"))


claims = once(four_claims)


@pytest.fixture
def record(claims: None, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["*"]


@schema.parametrize()
@EXAMPLES
def test_every_response_follows_the_schema(case: Any) -> None:
    case.call_and_validate(headers=PLAIN)


def test_every_response_in_a_chain_of_requests_follows_the_schema() -> None:
    class Chain(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": PLAIN}

    Chain.run(settings=settings(EXAMPLES, max_examples=10, stateful_step_count=8))
