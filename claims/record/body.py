"""What a revision says: the complete public state of a claim, and the rows that follow from it.

Nothing here writes. `body` reads the desk's rows once, when the publish act runs; all that readers ever get is made
from what it returns.
"""

import datetime
from dataclasses import dataclass, replace

from claims.choices import Act
from claims.models import Appearance, Claim, Claimant, Evidence, Rating, Topic
from claims.record.canonical import Content, moment
from sources.models import Publisher, Source

# The version of the body's shape. A reader of old revisions asks for it first.
SCHEMA = 1
# Cards: what readers are told of a claimant, topic, publisher, source or rating


def claimant_card(claimant: Claimant) -> Content:
    return {
        "slug": claimant.slug,
        "name": claimant.name,
        "kind": claimant.kind,
        "role": claimant.role,
        "wikidata": claimant.wikidata,
        "affiliations": [
            {"name": affiliation.name, "started": affiliation.started, "ended": affiliation.ended}
            for affiliation in claimant.affiliations.all()
        ],
    }


def topic_card(topic: Topic) -> Content:
    return {"slug": topic.slug, "name": topic.name, "description": topic.description}


def rating_card(rating: Rating) -> Content:
    """The rating with its definition as it stands today; off the scale there is no number at all."""
    card: Content = {"slug": rating.slug, "label": rating.label, "definition": rating.definition}
    if rating.on_scale:
        card |= {"value": rating.value, "worst": rating.scale.worst, "best": rating.scale.best}
    return card


def publisher_card(publisher: Publisher) -> Content:
    return {"slug": publisher.slug, "name": publisher.name, "address": publisher.address}


def source_card(source: Source) -> Content:
    """The source as readers see it: a private address, and its copy in an archive, stay at the desk."""
    hidden = source.address_is_private
    return {
        "slug": source.slug,
        "title": source.title,
        "publisher": publisher_card(source.publisher),
        "kind": source.kind,
        "address": "" if hidden else source.address,
        "archived_address": "" if hidden else source.archived_address,
        "address_is_private": hidden,
        "authors": list(source.authors),
        "published": source.published,
        "language": source.language,
        "interest": source.interest,
    }


# The body


@dataclass(frozen=True)
class Signing:
    """The act that makes a revision, as readers are told of it.

    The approval belongs to the text: an act that nobody approved, such as a withdrawal, has none.
    """

    number: int
    act: Act
    at: datetime.datetime
    signed_by: str
    reason: str = ""
    approved_by: str = ""
    approved_alone: bool = False
    correction: str = ""

    def as_content(self) -> Content:
        return {
            "number": self.number,
            "act": str(self.act),
            "at": moment(self.at),
            "signed_by": self.signed_by,
            "reason": self.reason,
            "approved_by": self.approved_by,
            "approved_alone": self.approved_alone,
            "correction": self.correction,
        }


def body_of(claim: Claim, signing: Signing) -> Content:
    """The complete public state of `claim`, as the act in `signing` publishes it.

    Reads what `ClaimQuerySet.preload` loads. Raises ValueError when the claim has no rating.
    """
    if claim.rating is None:
        raise ValueError("A claim without a rating has no public state.")
    return {
        "schema": SCHEMA,
        "slug": claim.slug,
        "statement": claim.statement,
        "kind": claim.kind,
        "checkable": claim.checkable,
        "why_not_checkable": claim.why_not_checkable,
        "claimant": claimant_card(claim.claimant) if claim.claimant else None,
        "claimed_on": claim.claimed_on,
        "date_note": claim.date_note,
        "places": list(claim.places),
        "language": claim.language,
        "topics": sorted((topic_card(topic) for topic in claim.topics.all()), key=lambda card: str(card["slug"])),
        "selection_reason": claim.selection_reason,
        "rating": rating_card(claim.rating),
        "summary": claim.summary,
        "explanation": claim.explanation,
        "method": claim.method,
        "missing": claim.missing_items,
        "notice": claim.notice,
        "appearances": [_appearance(appearance) for appearance in claim.appearances.all()],
        "evidence": [_evidence(evidence) for evidence in claim.evidence.all()],
        "revision": signing.as_content(),
    }


def _appearance(appearance: Appearance) -> Content:
    return {
        "source": source_card(appearance.source),
        "exact": appearance.exact,
        "prefix": appearance.prefix,
        "suffix": appearance.suffix,
        "locator": appearance.locator,
        "position": appearance.position,
        "date": appearance.appeared_on,
    }


def _evidence(evidence: Evidence) -> Content:
    return {
        "source": source_card(evidence.source),
        "stance": evidence.stance,
        "finding": evidence.finding,
        "quote": evidence.quote,
        "locator": evidence.locator,
        "origin": evidence.origin,
        "primary": evidence.is_primary,
        "secondary_reason": evidence.secondary_reason,
        "note": evidence.note,
    }


def tombstone(content: Content, signing: Signing) -> Content:
    """What is left in public of a withdrawn claim: its address, and who took it back, when and why."""
    return {"schema": SCHEMA, "slug": content["slug"], "revision": signing.as_content()}


def resigned(content: Content, signing: Signing) -> Content:
    """The same public state, with the approval it was given, published again by another act."""
    given = {name: content["revision"][name] for name in ("approved_by", "approved_alone")}
    return {**content, "revision": replace(signing, **given).as_content()}


Named = Claimant | Topic | Rating | Source | Publisher


def with_card_of(content: Content, subject: Named) -> Content:
    """`content` with what it shows of `subject` brought to how the desk has it now, and nothing else changed.

    The desk may hold unpublished changes to the claim itself, so the body cannot simply be made anew.
    """

    def renewed(card: Content) -> Content:
        match subject:
            case Source() if card["slug"] == subject.slug:
                return source_card(subject)
            case Publisher() if card["publisher"]["slug"] == subject.slug:
                return {**card, "publisher": publisher_card(subject)}
        return card

    changed = dict(content)
    match subject:
        case Claimant() if content["claimant"] and content["claimant"]["slug"] == subject.slug:
            changed["claimant"] = claimant_card(subject)
        case Rating() if content["rating"]["slug"] == subject.slug:
            changed["rating"] = rating_card(subject)
        case Topic():
            changed["topics"] = [
                topic_card(subject) if card["slug"] == subject.slug else card for card in content["topics"]
            ]
        case Source() | Publisher():
            for part in ("appearances", "evidence"):
                changed[part] = [{**item, "source": renewed(item["source"])} for item in content[part]]
    return changed
