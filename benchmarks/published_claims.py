"""Fill the database with published claims, in bulk, for measurements: give their number.

They are as if loaded from a file, so `manage.py check_record` finds the record whole.
"""
# ruff: noqa: E402 — settings come first

import sys

import django

django.setup()

from django.db import transaction
from django.utils import timezone

from claims.choices import Act, EventKind, State
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    ClaimEvent,
    Evidence,
    IndexEntry,
    PublishedClaim,
    Rating,
    Revision,
)
from claims.record.body import Signing, body_of
from claims.record.canonical import canonical
from claims.record.rows import columns, entries
from claims.search import indexing
from factcheck.accounts.models import User
from sources.models import Publisher, Source

EVIDENCE = 5
SOURCES = 500


def fill(count: int) -> None:
    """Publish `count` claims, each with one appearance and five pieces of evidence, in bulk."""
    now = timezone.now()
    author = User.objects.create(username="author", is_active=False)
    paper = Publisher.objects.create(slug="paper", name="The paper")
    mayor = Claimant.objects.create(slug="mayor", name="The mayor", kind="person")
    rating = Rating.objects.get(slug="false")
    sources = Source.objects.bulk_create(
        Source(slug=f"source-{n}", title=f"Source {n}", publisher=paper, kind="news-report") for n in range(SOURCES)
    )
    index: dict[tuple[str, str], IndexEntry] = {}
    for start in range(0, count, 1000):
        numbers = range(start, min(start + 1000, count))
        claims = Claim.objects.bulk_create(
            Claim(
                slug=f"claim-{n}",
                statement=f"The council spent {n} million on bridges.",
                claimant=mayor,
                rating=rating,
                summary="The sum is right, the payer is not.",
                explanation="The report adds **three** payers. " * 20,
                state=State.PUBLISHED,
                author=author,
                approved_by="Another",
                version=4,
            )
            for n in numbers
        )
        Appearance.objects.bulk_create(
            Appearance(claim=claim, source=sources[n % SOURCES], exact="words") for n, claim in enumerate(claims)
        )
        Evidence.objects.bulk_create(
            Evidence(
                claim=claim,
                source=sources[(n + k) % SOURCES],
                order=k,
                stance="refutes",
                finding="The document gives another figure. " * 5,
                origin=f"Origin {k}",
            )
            for n, claim in enumerate(claims)
            for k in range(EVIDENCE)
        )
        ClaimEvent.objects.bulk_create(
            ClaimEvent(
                claim=claim,
                version=k,
                kind=EventKind.LOADED if k == 1 else EventKind.ASSIGNED,
                actor=author,
                actor_name="author",
                from_state="" if k == 1 else State.PUBLISHED,
                to_state=State.PUBLISHED,
            )
            for claim in claims
            for k in range(1, 5)
        )
        signing = Signing(number=1, act=Act.PUBLISH, at=now, signed_by="author", approved_by="Another")
        loaded = Claim.objects.preload().filter(pk__in=[claim.pk for claim in claims])
        contents = {claim: body_of(claim, signing) for claim in loaded}
        revisions = Revision.objects.bulk_create(
            Revision(
                claim=claim,
                slug=claim.slug,
                number=1,
                act=Act.PUBLISH,
                signed_by="author",
                at=now,
                body=canonical(content),
            )
            for claim, content in contents.items()
        )
        published = PublishedClaim.objects.bulk_create(
            PublishedClaim(
                claim=revision.claim,
                revision=revision,
                first_published_at=now,
                revised_at=now,
                is_corrected=False,
                **columns(contents[revision.claim]),
            )
            for revision in revisions
        )
        indexing.write(published)
        for content in contents.values():
            for entry in entries(content):
                index[entry.kind, entry.slug] = IndexEntry(
                    kind=entry.kind,
                    slug=entry.slug,
                    name=entry.name,
                    sort_key=entry.sort_key,
                    body=entry.body,
                )
    IndexEntry.objects.bulk_create(index.values())


if __name__ == "__main__":
    # The database compares each claim with its public row when the transaction ends.
    with transaction.atomic():
        fill(int(sys.argv[1]))
