"""What matching answers: outcomes in words, and the reasons for each claim that it names."""

from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.models import IndexEntry, PublishedClaim


class Outcome(models.TextChoices):
    """How likely a claim is what a text says. The values are those of the API and never change."""

    SAME_WORDS = "same-words", _("The same words")
    PROBABLY = "probably-the-same", _("Probably the same")
    PERHAPS = "perhaps-related", _("Perhaps related")
    NOTHING = "nothing-found", _("Nothing found")


# For each share of a claim's words from which it holds, what it means.
_SHARES = (
    (0.9, _("The text has nearly all of the claim’s words.")),
    (0.6, _("The text has most of the claim’s words.")),
    (0.4, _("The text has about half of the claim’s words.")),
    (0.0, _("The text has some of the claim’s words.")),
)

# The likeness from which wording is called similar.
_SIMILAR = 0.5


@dataclass(frozen=True)
class Reasons:
    """Why a claim was named: what its statement and the text share, and what only one of them has."""

    # Words of the claim that the text has too, the rarest first.
    words: tuple[str, ...] = ()
    # Names in the claim that the text has or lacks.
    names: tuple[str, ...] = ()
    missing_names: tuple[str, ...] = ()
    # Numbers in plain digits: in both, and if there are such on both sides, those of one side only.
    numbers: tuple[str, ...] = ()
    numbers_of_claim: tuple[str, ...] = ()
    numbers_of_text: tuple[str, ...] = ()
    # The share of the claim's words that the text has, where a rare word counts more. From 0 to 1.
    covered: float = 0.0
    # The days from the date of the text until readers could first read the claim. None if one of them isn't known.
    days: int | None = None
    # How alike the wording is, by the sentence model: from -1 to 1. None if it wasn't compared.
    likeness: float | None = None

    @property
    def is_similar(self) -> bool:
        """True if the wording is similar, whatever the words are."""
        return self.likeness is not None and self.likeness >= _SIMILAR

    @property
    def share_in_words(self) -> str:
        """How much of the claim the text has, as a sentence."""
        return str(next(sentence for least, sentence in _SHARES if self.covered >= least))

    @property
    def days_before(self) -> int:
        """The days from the check to the text. Negative if the check is younger."""
        return -(self.days or 0)


@dataclass(frozen=True)
class Draft:
    """A claim that only the desk may see: one that readers never saw, or that they don't see as it is now."""

    pk: int
    slug: str
    statement: str
    language: str
    state: str
    state_label: str


@dataclass(frozen=True)
class Match:
    """A claim that may be what the text says. `claim` is published; if it is None, there is a `draft`."""

    outcome: Outcome
    reasons: Reasons
    # Greater is better, among the matches of one answer. It means nothing else.
    score: float
    claim: PublishedClaim | None = None
    draft: Draft | None = None

    @property
    def desk_pk(self) -> int:
        """The primary key of the claim at the desk."""
        return self.claim.claim_id if self.claim else self.draft.pk if self.draft else 0


@dataclass(frozen=True)
class Answer:
    """The claims that may be what a text says, best first. Often there are none."""

    text: str
    matches: list[Match] = field(default_factory=list)
    # Of a text with a web address that a published claim shows: the address as typed, the article or source at it,
    # and its claims.
    address: str = ""
    page: IndexEntry | None = None
    on_page: list[PublishedClaim] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """The outcome for the best claim."""
        return self.matches[0].outcome if self.matches else Outcome.NOTHING
