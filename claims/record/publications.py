"""Published claims for export, each with its body, the time of its first publication, and its corrections.

Every export format is a function of a `Publication` and of nothing else.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet

from claims.models import PageVersion, PublishedClaim, Revision
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.corrections import correction_summary, corrections_of
from claims.schema import Content, read
from factcheck.core.batches import batched

# The number of bodies that are read together: a few megabytes at most.
_BATCH = 200


@dataclass(frozen=True)
class Publication:
    """One claim as readers have it now."""

    body: str
    first_published_at: datetime.datetime
    # The corrections, oldest first, as `corrections_of` returns them.
    corrections: tuple[Content, ...] = ()
    # The pages that the newsroom has written about itself.
    pages: tuple[str, ...] = ()

    @cached_property
    def content(self) -> Content:
        """The body, upgraded to the newest schema."""
        return read(self.body)

    @property
    def slug(self) -> str:
        return str(self.content["slug"])

    @property
    def number(self) -> int:
        """The number of the version."""
        return int(self.content["revision"]["number"])

    @property
    def address(self) -> str:
        return imprint.claim_address(self.slug)

    @property
    def version_address(self) -> str:
        return imprint.version_address(self.slug, self.number)

    @cached_property
    def document(self) -> bytes:
        """One JSON object: the address, corrections and licence, followed by the signed body byte for byte.

        The body has none of the keys that are put before it, so the result is a valid JSON object (RFC 8259).
        """
        envelope = {
            "address": self.address,
            "version_address": self.version_address,
            "first_published_at": moment(self.first_published_at),
            "corrections": self.corrections,
            "license": settings.DATA_LICENSE,
            "attribution": imprint.attribution(),
        }
        return orjson.dumps(envelope)[:-1] + b"," + self.body.encode()[1:]


def from_history(body: str, history: Sequence[Revision]) -> Publication:
    """The publication of a claim, from its newest body and all its revisions, newest first, with their corrections."""
    corrections = tuple(
        correction_summary(revision) for revision in reversed(history) if hasattr(revision, "correction")
    )
    *_, page = getattr(history[0], "last_act", [None])
    return Publication(body, history[-1].at, corrections, PageVersion.objects.written(page))


def publications(claims: QuerySet[PublishedClaim]) -> Iterator[Publication]:
    """The publications of these claims, in their order. Memory use is constant; each batch may cost one more query.

    Inside a transaction, all of them are read from the same snapshot of the database.
    """
    columns = claims.values_list("claim_id", "revision__body", "first_published_at", "is_corrected")
    rows: Iterator[tuple[Any, ...]] = columns.iterator(chunk_size=_BATCH)
    pages = PageVersion.objects.written()
    for batch in batched(rows, _BATCH):
        corrected = [claim for claim, _body, _at, is_corrected in batch if is_corrected]
        corrections = corrections_of(corrected) if corrected else {}
        for claim, body, first, _is_corrected in batch:
            yield Publication(body, first, corrections.get(claim, ()), pages)
