"""Corrections, changed ratings and withdrawals, with their public reasons."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from claims.choices import EntryKind
from claims.models import Correction, IndexEntry, PublishedClaim, Revision
from claims.record.canonical import moment
from claims.schema import Content

_BATCH = 200


def correction_summary(revision: Revision) -> Content:
    """The correction of a version as plain data. The version must have one."""
    correction = revision.correction
    return {
        "version": revision.number,
        "act": revision.act,
        "kind": correction.kind,
        "reason": correction.reason,
        "rating_before": correction.rating_before,
        "rating_after": correction.rating_after,
        "at": moment(correction.at),
    }


def corrections_of(claims: Iterable[int]) -> dict[int, tuple[Content, ...]]:
    """The corrections of each of these claims, oldest first, by the claim's primary key. Runs one query."""
    found = (
        Correction.objects.filter(revision__claim__in=list(claims))
        .select_related("revision")
        .defer("revision__body")
        .order_by("revision__claim_id", "revision__number")
    )
    return {
        claim: tuple(correction_summary(correction.revision) for correction in corrections)
        for claim, corrections in groupby(found, key=lambda correction: correction.revision.claim_id)
    }


def all_corrections() -> Iterator[Content]:
    """Every correction, oldest first, including those of withdrawn claims. `claim` is the claim's slug."""
    found = Correction.objects.select_related("revision").defer("revision__body")
    for correction in found.order_by("at", "revision__slug", "revision__number").iterator(chunk_size=_BATCH):
        yield {"claim": correction.revision.slug, **correction_summary(correction.revision)}


def with_rating_cards(found: QuerySet[Any], path: str = "") -> QuerySet[Any]:
    """Corrections, or rows that have one at `path`, with `before_card` and `after_card`: the cards of its two ratings.

    A correction has only their labels. A card has them in other languages; it's None if no published claim has it now.
    """
    cards = IndexEntry.objects.filter(kind=EntryKind.RATING).order_by("slug").values("body")
    annotated: QuerySet[Any] = found.annotate(
        before_card=Subquery(cards.filter(name=OuterRef(f"{path}rating_before"))[:1]),
        after_card=Subquery(cards.filter(name=OuterRef(f"{path}rating_after"))[:1]),
    )
    return annotated


def newest_first() -> QuerySet[Correction]:
    """Every correction with its version, newest first."""
    corrections = with_rating_cards(Correction.objects.select_related("revision").defer("revision__body"))
    return corrections.order_by("-at", "revision__slug", "-revision__number")


@dataclass(frozen=True)
class Corrected:
    """A correction and its claim as readers see it now. The claim is None if it's withdrawn."""

    correction: Correction
    claim: PublishedClaim | None


def with_claims(corrections: Iterable[Correction]) -> list[Corrected]:
    """The corrections with their claims. Reads the claims in one query."""
    corrections = list(corrections)
    slugs = {correction.revision.slug for correction in corrections}
    shown = {claim.slug: claim for claim in PublishedClaim.objects.filter(slug__in=slugs)}
    return [Corrected(correction, shown.get(correction.revision.slug)) for correction in corrections]
