"""Build the body of a revision: the complete public state of a claim, with the fields of `claims.schema`.

Nothing here writes to the database. `body_of` reads the desk's rows once, when a claim is published. Everything that
readers get is made from its result.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import itemgetter
from typing import Any

from django.conf import settings

from claims.choices import Act, NameKind
from claims.models import Appearance, Claim, Claimant, Evidence, Rating, Topic
from claims.record.canonical import moment
from claims.schema import CLAIM, CLAIMANT, PUBLISHER, RATING, SCHEMA, SIGNING, SOURCE, TOPIC, Content, Field, Object
from sources.choices import Protection
from sources.models import Publisher, Source

# Cards: the public data of a claimant, topic, publisher, source or rating


def claimant_card(claimant: Claimant) -> Content:
    return _build_object(CLAIMANT, claimant)


def topic_card(topic: Topic) -> Content:
    return _build_object(TOPIC, topic)


def rating_card(rating: Rating) -> Content:
    """The rating as the desk has it now. A rating off the scale has no numbers."""
    return {one.name: _value(one, rating) for one in RATING.fields if rating.on_scale or not one.may_be_absent}


def publisher_card(publisher: Publisher) -> Content:
    return _build_object(PUBLISHER, publisher)


def source_card(source: Source) -> Content:
    """The source as readers see it.

    A protected one is described, and has nothing else but its kind. A private address is left out, and those of other
    copies too. Raises ValueError if readers learn nothing of the source.
    """
    if not source.is_shown:
        raise ValueError("Readers learn nothing of this source.")
    if source.is_described:
        blank = {one.name: one.blank for one in SOURCE.fields}
        return blank | {
            "slug": source.shown_slug,
            "title": source.described_as,
            "kind": source.kind,
            "published": source.described_date,
            "language": settings.LANGUAGE_CODE,
            "is_protected": True,
        }
    hidden = dict.fromkeys(("address", "original_address", "archived_address"), "") if source.address_is_private else {}
    return _build_object(SOURCE, source) | hidden


# What is left out, replaced or shortened of an appearance or of evidence if its source is protected.
_HIDDEN = frozenset({"prefix", "suffix", "locator"})
_HIDDEN_OF_NAMED = _HIDDEN | {"exact", "quote"}
GUARDED = _HIDDEN_OF_NAMED | {"origin"}


def guarded_fields(source: Source) -> frozenset[str]:
    """The fields of an appearance or of evidence from this source that readers don't get as the desk has them."""
    if not source.is_described:
        return frozenset()
    return (_HIDDEN_OF_NAMED if source.protection == Protection.NAMED else _HIDDEN) | {"origin", "date"}


def _guarded(item: Content, source: Source) -> Content:
    """An appearance or a piece of evidence without what would tell more of a protected source than its description."""
    fields = guarded_fields(source)
    if not fields:
        return item
    guarded: Content = {name: "" if name in fields - {"origin", "date"} else value for name, value in item.items()}
    if "date" in item:
        guarded["date"] = item["date"][: len(source.described_date)]
    if "origin" in item:
        guarded["origin"] = source.described_as
    return guarded


Named = Claimant | Topic | Rating | Source | Publisher


def card_of(subject: Named) -> Content | None:
    """What readers see of a name. None if they learn nothing of it."""
    match subject:
        case Claimant():
            return claimant_card(subject)
        case Topic():
            return topic_card(subject)
        case Rating():
            return rating_card(subject)
        case Source():
            return source_card(subject) if subject.is_shown else None
        case Publisher():
            return publisher_card(subject)


def _build_object(what: Object, row: Any) -> Content:
    """The object of a row, with the value of each field."""
    return {one.name: _value(one, row) for one in what.fields}


def _value(one: Field, row: Any) -> Any:
    value = reduce(getattr, one.path.split("."), row)
    if not isinstance(one.kind, Object):
        return list(value) if one.many else value
    if isinstance(value, list):  # a JSON column, in the form of the record
        return value
    if one.many:
        return [_card_of(one.kind, item) for item in value.all() if readers_see(item)]
    return None if value is None else _card_of(one.kind, value)


def readers_see(row: Any) -> bool:
    """True unless the row is an appearance in a source, or evidence, of which readers learn nothing."""
    return not isinstance(row, Appearance | Evidence) or row.source.is_shown


def _card_of(what: Object, row: Any) -> Content:
    match row:
        case Appearance() | Evidence():
            return _guarded(_build_object(what, row), row.source)
        case Source():
            return source_card(row)
        case Rating():
            return rating_card(row)
    return _build_object(what, row)


# The body


@dataclass(frozen=True)
class Signing:
    """The act that makes a revision, as readers see it.

    The approval is that of the text. An act without an approval, such as a withdrawal, leaves it empty.
    """

    number: int
    act: Act
    at: datetime.datetime
    signed_by: str
    reason: str = ""
    approved_by: str = ""
    approved_alone: bool = False
    correction: str = ""
    signed_by_id: str = ""
    approved_by_id: str = ""
    proposed_by: str = ""
    proposed_by_id: str = ""
    proposed_alone: bool = False
    checked_by: tuple[str, ...] = ()

    def as_content(self) -> Content:
        given = {"act": str(self.act), "at": moment(self.at), "checked_by": list(self.checked_by)}
        return {one.name: given.get(one.name, getattr(self, one.name)) for one in SIGNING.fields}


# The fields of the signing that the row of a version repeats, so that a history can be shown without the bodies.
SIGNATURES = ("signed_by", "signed_by_id", "proposed_by", "proposed_by_id")


def body_of(claim: Claim, signing: Signing) -> Content:
    """The complete public state of `claim`, as published by the act in `signing`.

    Uses the rows that `ClaimQuerySet.preload` loads. Raises ValueError if the claim has no rating.
    """
    if claim.rating is None:
        raise ValueError("A claim without a rating can't be published. Give it a rating first.")
    given: Content = {"schema": SCHEMA, "revision": signing.as_content()}
    content: Content = {one.name: given[one.name] if one.name in given else _value(one, claim) for one in CLAIM.fields}
    content["topics"].sort(key=lambda card: str(card["slug"]))
    content["others"] = newest_first(content["others"])
    return content


def newest_first(others: Iterable[Content]) -> list[Content]:
    """Fact-checks by others in the one order that bodies have: newest first, then by publisher and address."""
    return sorted(sorted(others, key=itemgetter("publisher", "address")), key=itemgetter("reviewed_on"), reverse=True)


def unsigned(content: Content) -> Content:
    """The body without its signing: what an approval covers."""
    return {name: value for name, value in content.items() if name != "revision"}


def without_cards(content: Content, *, became: Mapping[tuple[str, str], str] | None = None) -> Content:
    """The body without its signing, and with the slug of each name in place of what it shows of it.

    A name that `became` another, by its kind and slug, has the slug of that one.
    """

    def slug(kind: NameKind, card: Content | None) -> Any:
        return card and (became or {}).get((str(kind), card["slug"]), card["slug"])

    names = {"claimant": slug(NameKind.CLAIMANT, content["claimant"]), "rating": content["rating"]["slug"]}
    names["topics"] = sorted({slug(NameKind.TOPIC, card) for card in content["topics"]} - {None})
    listed = {
        part: [{**item, "source": slug(NameKind.SOURCE, item["source"])} for item in content[part]]
        for part in ("appearances", "evidence")
    }
    for item in listed["appearances"]:
        item["attributed_to"] = slug(NameKind.CLAIMANT, item["attributed_to"])
    return {**unsigned(content), **names, **listed}


def without_source(item: Content) -> Content:
    """An appearance or a piece of evidence without its source."""
    return {name: value for name, value in item.items() if name != "source"}


def people(content: Content) -> list[Content]:
    """The cards of the claimant and of everybody to whom an appearance attributes the claim."""
    return [card for card in [content["claimant"], *attributed(content)] if card]


def attributed(content: Content) -> list[Content]:
    """The cards of those to whom an appearance attributes the claim."""
    return [card for item in content["appearances"] if (card := item["attributed_to"])]


def cited(content: Content) -> list[Content]:
    """The cards of the sources of all appearances and all evidence, each as often as it is cited."""
    return [item["source"] for item in [*content["appearances"], *content["evidence"]]]


def publishers(content: Content) -> list[Content]:
    """The cards of the publishers of all sources that have one."""
    return [card["publisher"] for card in cited(content) if card["publisher"]]


def tombstone(content: Content, signing: Signing) -> Content:
    """The body of a withdrawal: the claim's slug, and who withdrew the claim, when and why."""
    return {"schema": SCHEMA, "slug": content["slug"], "revision": signing.as_content()}


# These belong to the text, whichever act publishes it again.
OF_THE_TEXT = ("approved_by", "approved_by_id", "approved_alone", "checked_by")


def signed_again(content: Content, signing: Signing) -> Content:
    """The same public state with the same writers and approval, published again by another act."""
    given = {name: content["revision"][name] for name in OF_THE_TEXT}
    return {**content, "revision": replace(signing, **given).as_content()}


def dated(content: Content, at: datetime.datetime) -> Content:
    """The same body, published at this time."""
    return {**content, "revision": content["revision"] | {"at": moment(at)}}


def with_updated_card(content: Content, subject: Named, *, merged: str = "") -> Content:
    """`content` with every card of `subject` replaced by its present one, and nothing else changed.

    So are the cards with the slug `merged`, which became this one. A topic that the claim then has twice is there once.
    What cites a source of which readers no longer learn is left out.

    The body can't be rebuilt from the desk's rows, because they may have unpublished changes to the claim.
    """
    slugs = {subject.slug, merged} - {""}

    def with_new_source(item: Content) -> list[Content]:
        card = item["source"]
        match subject:
            case Source() if card["slug"] in {*subject.record_slugs, *slugs}:
                return [_guarded({**item, "source": source_card(subject)}, subject)] if subject.is_shown else []
            case Publisher() if (card["publisher"] or {}).get("slug") in slugs:
                return [{**item, "source": {**card, "publisher": publisher_card(subject)}}]
        return [item]

    changed = dict(content)
    match subject:
        case Claimant():
            card = claimant_card(subject)

            def with_new_person(shown: Content | None) -> Content | None:
                return card if shown and shown["slug"] in slugs else shown

            changed["claimant"] = with_new_person(content["claimant"])
            changed["appearances"] = [
                {**item, "attributed_to": with_new_person(item["attributed_to"])} for item in content["appearances"]
            ]
        case Rating() if content["rating"]["slug"] in slugs:
            changed["rating"] = rating_card(subject)
        case Topic():
            topics = [topic_card(subject) if card["slug"] in slugs else card for card in content["topics"]]
            changed["topics"] = sorted({card["slug"]: card for card in topics}.values(), key=lambda card: card["slug"])
        case Source() | Publisher():
            for part in ("appearances", "evidence"):
                changed[part] = [new for item in content[part] for new in with_new_source(item)]
    return changed
