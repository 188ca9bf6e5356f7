"""Parts that several pages share: the cards of claims in a list, and links to the list in formats for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from claims.choices import EntryKind, NameKind
from claims.models import IndexEntry, PublishedClaim
from claims.record.purging import claim_tag, name_tag
from claims.record.rows import entries
from claims.schema import Content
from factcheck.core import feeds

# The name and the media type of each feed format, by the ending of its address.
FEEDS = {ending: (form.name, form.media_type) for ending, form in feeds.FORMATS.items()}


@dataclass(frozen=True)
class Card:
    """A claim in a list: its row, its rating as shown, who made it, and the outlets in which it appeared."""

    claim: PublishedClaim
    rating: Content
    claimant: Content | None
    outlets: list[Content]

    @property
    def other_outlets(self) -> list[Content]:
        """The outlets, without one that the name of the claimant already says."""
        said = self.claimant["name"].casefold() if self.claimant else ""
        return [outlet for outlet in self.outlets if outlet["name"].casefold() not in said]

    @property
    def tags(self) -> set[str]:
        """The tags of an answer that shows this card: see `claims.record.purging`."""
        names = [(NameKind.RATING, [self.claim.rating]), (NameKind.PUBLISHER, self.claim.outlets)]
        names += [(NameKind.CLAIMANT, [self.claim.claimant])] if self.claim.claimant else []
        return {claim_tag(self.claim.slug), *(name_tag(kind, slug) for kind, slugs in names for slug in slugs)}


def cards(claims: Iterable[PublishedClaim], *, beside: Content | None = None) -> list[Card]:
    """The claims as cards. The names they show are read in one query.

    They are those of the index and not those of each claim, because a change of a name comes to one claim after the
    other: so a page shows one name. `beside` is the body of the claim on whose page they are; its names come first.
    """
    claims = list(claims)
    wanted = {
        EntryKind.RATING: {claim.rating for claim in claims},
        EntryKind.CLAIMANT: {claim.claimant for claim in claims},
        EntryKind.OUTLET: {slug for claim in claims for slug in claim.outlets},
    }
    # Entries of one kind that have the slug of another are read in vain, which is cheaper than a condition for each.
    found = IndexEntry.objects.filter(kind__in=wanted, slug__in=set().union(*wanted.values()))
    names: dict[tuple[str, str], Content] = {(entry.kind, entry.slug): entry.body for entry in found}
    names |= {(entry.kind, entry.slug): entry.body for entry in (entries(beside) if beside else ())}
    return [
        Card(
            claim=claim,
            # The name is missing if the claim was withdrawn between the two queries.
            rating=names.get((EntryKind.RATING, claim.rating), {"label": claim.rating_label}),
            claimant=names.get(
                (EntryKind.CLAIMANT, claim.claimant), {"slug": claim.claimant, "name": claim.claimant_name}
            )
            if claim.claimant
            else None,
            outlets=[names[key] for slug in claim.outlets if (key := (EntryKind.OUTLET, slug)) in names],
        )
        for claim in claims
    ]


def list_context(claims: Any, *, query: str = "") -> dict[str, Any]:
    """The context of the list template for a page of claims. Links to other pages of the list repeat `query`."""
    return {"page": claims, "cards": cards(claims), "query": query}


def alternates(route: str, forms: Mapping[str, tuple[str, str]], query: str = "") -> list[tuple[str, str, str]]:
    """The list that `query` selects in other formats: the name, media type and path of each."""
    end = f"?{query}" if query else ""
    return [(name, kind, reverse(f"files:{route}-{ending}") + end) for ending, (name, kind) in forms.items()]
