"""The desk's rows and the record's, one file an aggregate."""

from claims.models.appearance import Appearance
from claims.models.claim import Claim
from claims.models.claimant import Affiliation, Claimant
from claims.models.evidence import Evidence
from claims.models.history import ClaimEvent
from claims.models.rating import Rating, RatingScale
from claims.models.record import Correction, IndexEntry, PublishedClaim, Revision
from claims.models.topic import Topic

__all__ = [
    "Affiliation",
    "Appearance",
    "Claim",
    "ClaimEvent",
    "Claimant",
    "Correction",
    "Evidence",
    "IndexEntry",
    "PublishedClaim",
    "Rating",
    "RatingScale",
    "Revision",
    "Topic",
]
