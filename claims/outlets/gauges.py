"""What an operator watches of the record and its outlets: figures for alarms, in `/-/metrics`."""

from django.db.models import Min
from django.utils import timezone

from claims.choices import DeliveryState
from claims.models import Delivery, NameChange, PublishedClaim, Purge
from claims.outlets import archive
from factcheck.core.web import metrics


def add() -> None:
    """Add these gauges to the metrics of the site."""
    metrics.gauges[:] = [
        ("factcheck_published_claims", "Claims that readers can see.", published_claims),
        ("factcheck_webhooks_waiting", "Messages to subscribers that aren't delivered yet.", waiting_messages),
        ("factcheck_webhooks_oldest_seconds", "Age of the oldest of these messages. 0 without any.", oldest_message),
        ("factcheck_purges_oldest_seconds", "Age of the oldest purge that waits. 0 without any.", oldest_purge),
        ("factcheck_name_changes_pending", "Changes of names that aren't in all claims yet.", name_changes),
        ("factcheck_archive_age_seconds", "Age of the newest archive. Absent if there is none.", archive_age),
    ]


def published_claims() -> float:
    """The number of claims that readers can see."""
    return PublishedClaim.objects.count()


def waiting_messages() -> float:
    """The number of messages to subscribers that will be tried again."""
    return Delivery.objects.filter(state=DeliveryState.WAITING).count()


def oldest_message() -> float:
    """The age in seconds of the oldest message that waits. A sender that isn't running makes it grow."""
    oldest = Delivery.objects.filter(state=DeliveryState.WAITING).aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0


def oldest_purge() -> float:
    """The age in seconds of the oldest purge that waits. Over 10, the sender isn't running or a cache is down."""
    oldest = Purge.objects.aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0


def name_changes() -> float:
    """The number of changes that two people decided, and that the service still has to bring to claims."""
    return NameChange.objects.unfinished().count()


def archive_age() -> float | None:
    """The age in seconds of the newest archive, or None if there is none."""
    newest = next(archive.newest_first(), None)
    return timezone.now().timestamp() - newest.path.stat().st_mtime if newest else None
