"""The feed for mirrors: every verdict as ClaimReview and every withdrawn claim, in the order of their newest acts.

Format: schema.org/DataFeed as in Data Commons' fact-check feed. Versions are added one after the other, and each has a
later time than the one before. So a client with the feed up to one act misses nothing if it requests items since then.
"""

import datetime
import heapq
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet

from claims.choices import CorrectionKind
from claims.formats import claimreview
from claims.models import Correction, PublishedClaim, Revision
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.publications import Publication, publications
from claims.schema import Content

_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def feed() -> Content:
    """The feed without its items. Its time is that of the newest public act, or 1970-01-01 if there is none."""
    published_at = PublishedClaim.objects.aggregate(last=Max("revised_at"))["last"]
    withdrawn_at = _withdrawals().aggregate(last=Max("at"))["last"]
    return {
        "@context": claimreview.CONTEXT,
        "@type": "DataFeed",
        "name": settings.SITE_NAME,
        "url": imprint.address("files:claimreview-json"),
        "license": settings.DATA_LICENSE,
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": f"{settings.SITE_URL}/"},
        "dateModified": moment(max(published_at or _NEVER, withdrawn_at or _NEVER)),
        "dataFeedElement": [],
    }


def items(since: datetime.datetime | None = None) -> Iterator[Content]:
    """The items whose newest public act is at `since` or later, or else all items. Memory use is constant."""
    published = PublishedClaim.objects.order_by("revised_at", "slug")
    withdrawals = _withdrawals().order_by("at", "revision__slug")
    if since:
        published, withdrawals = published.filter(revised_at__gte=since), withdrawals.filter(at__gte=since)
    return heapq.merge(
        map(published_item, publications(published)),
        (withdrawn_item(slug, at) for slug, at in withdrawals.values_list("revision__slug", "at").iterator()),
        key=lambda item: str(item["dateModified"]),
    )


def published_item(publication: Publication) -> Content:
    """The item of a published claim."""
    return {
        "@type": "DataFeedItem",
        "dateCreated": moment(publication.first_published_at),
        "dateModified": publication.content["revision"]["at"],
        "url": publication.address,
        "item": [claimreview.feed_item(claimreview.review(publication))],
    }


def withdrawn_item(slug: str, at: datetime.datetime) -> Content:
    """The item of a withdrawn claim: its address and the time of the withdrawal, and nothing else of the claim."""
    return {
        "@type": "DataFeedItem",
        "dateModified": moment(at),
        "dateDeleted": moment(at),
        "url": imprint.claim_address(slug),
        "item": [],
    }


def _withdrawals() -> QuerySet[Correction]:
    """The withdrawals of claims that weren't published again."""
    later = Revision.objects.filter(claim=OuterRef("revision__claim"), number__gt=OuterRef("revision__number"))
    return Correction.objects.filter(~Exists(later), kind=CorrectionKind.VOID)
