"""The models of the desk and of the record, one file for each aggregate."""

from claims.models.appearance import Appearance
from claims.models.claim import Claim
from claims.models.claimant import Affiliation, Claimant
from claims.models.comment import Comment
from claims.models.duplicate import LikelyDuplicate
from claims.models.evidence import Evidence
from claims.models.figures import FigureCount, RecordRefresh
from claims.models.foreign_check import ForeignCheck, ForeignLabel
from claims.models.foreign_link import ForeignLink
from claims.models.history import Approval, ClaimEvent, ReplacedText
from claims.models.import_run import ImportBatch, ImportedClaim, ImportedRow, ImportRun
from claims.models.matching import MatchDecision
from claims.models.name_change import NameChange
from claims.models.newsroom import PageProposal, PageVersion
from claims.models.notice import Notice
from claims.models.part import ClaimPart
from claims.models.picture import Picture, PictureFile
from claims.models.purge import Purge
from claims.models.rating import Rating, RatingScale
from claims.models.record import Correction, IndexEntry, PublishedClaim, Revision
from claims.models.saved_filter import SavedFilter
from claims.models.search import ClaimFacets, Facet, SearchRow, Stem, Word
from claims.models.synonyms import SynonymGroup
from claims.models.topic import Topic
from claims.models.vectors import ClaimVector, DraftVector
from claims.models.webhook import Delivery, Subscriber

__all__ = [
    "Affiliation",
    "Appearance",
    "Approval",
    "Claim",
    "ClaimEvent",
    "ClaimFacets",
    "ClaimPart",
    "ClaimVector",
    "Claimant",
    "Comment",
    "Correction",
    "Delivery",
    "DraftVector",
    "Evidence",
    "Facet",
    "FigureCount",
    "ForeignCheck",
    "ForeignLabel",
    "ForeignLink",
    "ImportBatch",
    "ImportRun",
    "ImportedClaim",
    "ImportedRow",
    "IndexEntry",
    "LikelyDuplicate",
    "MatchDecision",
    "NameChange",
    "Notice",
    "PageProposal",
    "PageVersion",
    "Picture",
    "PictureFile",
    "PublishedClaim",
    "Purge",
    "Rating",
    "RatingScale",
    "RecordRefresh",
    "ReplacedText",
    "Revision",
    "SavedFilter",
    "SearchRow",
    "Stem",
    "Subscriber",
    "SynonymGroup",
    "Topic",
    "Word",
]
