"""An account of four eyes of its own: who wrote each piece of what readers get, and who signed it since.

It doesn't ask the workflow. After each request it compares what the desk would publish with what it would have
published before, and takes down who sent the request beside each piece that differs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils import timezone

from claims.choices import Act
from claims.models import Claim, Claimant, Rating, Topic
from claims.record.body import Signing, body_of, card_of
from sources.models import Publisher, Source

# The place of a piece of text: of a name's row, such as ("source", "source-3", "address"), or of a claim.
Leaf = tuple[str, ...]
Leaves = dict[Leaf, str]

_CARDS = {
    "claimant": "claimant",
    "attributed_to": "claimant",
    "rating": "rating",
    "source": "source",
    "publisher": "publisher",
    "topics": "topic",
}


class Hand(NamedTuple):
    """A human being, with the signature and the initials of the account they use."""

    human: str
    signature: str
    initials: str

    def is_other_than(self, hand: "Hand") -> bool:
        """True if readers and the desk have two people before them."""
        return self.human != hand.human and self[1:] != hand[1:]


NOBODY = Hand("before the test", "", "")


def leaves_of(content: Any) -> Leaves:
    """The pieces of a body, without its signing. What it shows of a name is listed as that name's."""
    return dict(_walk(content, ("claim", content["slug"])))


def _walk(value: Any, path: Leaf, card: str = "") -> Iterator[tuple[Leaf, str]]:
    match value:
        case dict() if card:
            yield path, value["slug"]
            yield from _walk(value, (card, value["slug"]))
        case dict():
            for name, part in value.items():
                if name != "revision":
                    yield from _walk(part, (*path, name), _CARDS.get(name, ""))
        case list():
            yield (*path, "length"), str(len(value))
            for place, part in enumerate(value):
                yield from _walk(part, (*path, str(place)), card)
        case _:
            yield path, json.dumps(value, ensure_ascii=False)


@dataclass
class Ledger:
    """What the desk would publish now, piece by piece, with the hands that were on it."""

    values: Leaves = field(default_factory=dict)
    # Which pieces each claim would show, by its key.
    shown: dict[int, frozenset[Leaf]] = field(default_factory=dict)
    writers: dict[Leaf, Hand] = field(default_factory=dict)
    signers: dict[Leaf, set[Hand]] = field(default_factory=dict)

    def take_down(self, by: Hand) -> set[Leaf]:
        """Note that this person wrote all that differs since the last call; returns where."""
        before, self.values = self.values, {}
        self._read()
        changed = {leaf for leaf in {*before, *self.values} if before.get(leaf) != self.values.get(leaf)}
        for leaf in changed:
            self.writers[leaf], self.signers[leaf] = by, set()
        return changed

    def sign(self, leaves: frozenset[Leaf], by: Hand, seen: Leaves) -> None:
        """Note that this person signed those of the pieces that are still as they saw them."""
        for leaf in leaves:
            if leaf in self.values and seen.get(leaf) == self.values[leaf]:
                self.signers[leaf].add(by)

    def unseen(self, leaves: Leaves) -> list[str]:
        """The pieces of which the desk has another text, or which only one person saw since they changed."""
        return [
            f"{' '.join(leaf)}: {value} by {self.writers.get(leaf)}, signed by {self.signers.get(leaf)}"
            for leaf, value in leaves.items()
            if self.values.get(leaf) != value
            or not any(hand.is_other_than(self.writers[leaf]) for hand in self.signers[leaf])
        ]

    def _read(self) -> None:
        """Read the pieces of every name and every claim. A claim without a rating has all but that."""
        for rows in (
            Claimant.objects.prefetch_related("affiliations"),
            Topic.objects.all(),
            Rating.objects.select_related("scale"),
            Source.objects.select_related("publisher"),
            Publisher.objects.all(),
        ):
            for row in rows:
                kind = str(row._meta.model_name)
                self.values |= dict(_walk(card_of(row), (kind, row.slug)))
        signing = Signing(number=1, act=Act.PUBLISH, at=timezone.now(), signed_by="")
        for claim in Claim.objects.preload():
            is_rated = claim.rating is not None
            claim.rating = claim.rating or Rating(slug="none", label="", on_scale=False)
            leaves = leaves_of(body_of(claim, signing) if is_rated else {**body_of(claim, signing), "rating": None})
            self.values |= leaves
            self.shown[claim.pk] = frozenset(leaves)
