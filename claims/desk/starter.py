"""The starter data: one real article with its claims, published through the workflow."""

import json
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from claims.choices import State
from claims.desk import workflow
from claims.models import Claim
from factcheck.accounts.models import User

FIXTURE = settings.BASE_DIR / "fixtures" / "longmont_article.json"


def waiting() -> list[Claim]:
    """The starter's claims that nobody has worked on yet, in the order of logging."""
    records = json.loads(FIXTURE.read_text(encoding="utf-8"))
    slugs = [record["fields"]["slug"] for record in records if record["model"] == Claim._meta.label_lower]
    return list(Claim.objects.filter(slug__in=slugs, state=State.LOGGED, version=1).order_by("logged_at", "pk"))


def publish(claims: list[Claim], *, submitter: User, approver: User) -> Iterator[Claim]:
    """Submit, approve and publish each claim in one transaction. Yields each published claim.

    Raises Refused if a person may not do one of the acts.
    """
    for claim in claims:
        with transaction.atomic():
            submitted = workflow.submit(claim, by=submitter, version=claim.version)
            approved = workflow.approve(submitted, by=approver, version=submitted.version)
            published = workflow.publish(approved, by=approver, version=approved.version)
        yield published
