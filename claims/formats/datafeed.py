"""The feed that mirrors read: every verdict as ClaimReview and every claim taken back, by their last acts.

Shape: schema.org/DataFeed as Data Commons' fact-check feed has it. Public acts go one after the other, and each is
later than the one before, so whoever has the feed up to one act misses nothing by asking for what is new since then.
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
    """The feed without its items. Its time is that of the newest public act, and fixed while there is none."""
    shown = PublishedClaim.objects.aggregate(last=Max("revised_at"))["last"]
    taken_back = _taken_back().aggregate(last=Max("at"))["last"]
    return {
        "@context": claimreview.CONTEXT,
        "@type": "DataFeed",
        "name": settings.SITE_NAME,
        "url": imprint.address("files:claimreview-json"),
        "license": settings.DATA_LICENSE,
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": f"{settings.SITE_URL}/"},
        "dateModified": moment(max(shown or _NEVER, taken_back or _NEVER)),
        "dataFeedElement": [],
    }


def items(since: datetime.datetime | None = None) -> Iterator[Content]:
    """The items whose newest public act is at this time or later; all without it. Memory stays flat."""
    shown = PublishedClaim.objects.order_by("revised_at", "slug")
    taken_back = _taken_back().order_by("at", "revision__slug")
    if since:
        shown, taken_back = shown.filter(revised_at__gte=since), taken_back.filter(at__gte=since)
    return heapq.merge(
        map(published_item, publications(shown)),
        (withdrawn_item(slug, at) for slug, at in taken_back.values_list("revision__slug", "at").iterator()),
        key=lambda item: str(item["dateModified"]),
    )


def published_item(publication: Publication) -> Content:
    """A claim that readers see."""
    return {
        "@type": "DataFeedItem",
        "dateCreated": moment(publication.first_published_at),
        "dateModified": publication.content["revision"]["at"],
        "url": publication.address,
        "item": [claimreview.feed_item(claimreview.review(publication))],
    }


def withdrawn_item(slug: str, at: datetime.datetime) -> Content:
    """A claim that was taken back: that it was, and nothing of it."""
    return {
        "@type": "DataFeedItem",
        "dateModified": moment(at),
        "dateDeleted": moment(at),
        "url": imprint.claim_address(slug),
        "item": [],
    }


def _taken_back() -> QuerySet[Correction]:
    """The withdrawals that nothing followed."""
    later = Revision.objects.filter(claim=OuterRef("revision__claim"), number__gt=OuterRef("revision__number"))
    return Correction.objects.filter(~Exists(later), kind=CorrectionKind.VOID)
