"""The texts of sources: brought in, kept beside earlier versions, deleted. Only the desk has them."""

from django.db import transaction

from sources.extraction import Extracted
from sources.models import Snapshot, SnapshotText, Source


@transaction.atomic
def bring_in(source: Source, extracted: Extracted) -> tuple[SnapshotText, bool]:
    """Store the text as the newest of the source. Returns it, and False if it was there already, from the same content.

    Content whose text was deleted gets its text back.
    """
    snapshot, _created = Snapshot.objects.get_or_create(
        source=source,
        sha256=extracted.sha256,
        defaults={"size": extracted.size, "media_type": extracted.media_type},
    )
    return SnapshotText.objects.get_or_create(
        snapshot=snapshot, defaults={"text": extracted.text, "found": extracted.found}
    )


def of(source: Source) -> list[SnapshotText]:
    """The texts of the source, the newest first."""
    return list(
        SnapshotText.objects.filter(snapshot__source=source)
        .select_related("snapshot")
        .order_by("-snapshot__taken_at", "-snapshot_id")
    )
