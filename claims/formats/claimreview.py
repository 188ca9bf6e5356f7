"""ClaimReview: what schema.org, and those who read it, call a checked claim.

A `Review` holds what the format can say. `review` makes one of a published claim, `serialise` writes it as JSON-LD,
`parse` reads JSON-LD, ours or another's. Shapes: schema.org/ClaimReview, Google's page on fact-check markup, and for
`feed_item` the feed of Data Commons.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from claims.choices import ClaimantKind
from claims.record import imprint
from claims.record.publications import Publication
from claims.schema import Content
from factcheck.core.fields import dates

CONTEXT = "https://schema.org"
Node = dict[str, Any]


@dataclass(frozen=True)
class Grade:
    """A rating's place on its scale: the nearer to `best`, the truer.

    Raises ValueError for a scale that is upside down or begins below one, and for a value outside it.
    """

    value: int
    worst: int
    best: int

    def __post_init__(self) -> None:
        if not 1 <= self.worst < self.best or not self.worst <= self.value <= self.best:
            raise ValueError(f"{self.value} lies on no scale from {self.worst} (worst, from 1) to {self.best} (best).")


@dataclass(frozen=True)
class Label:
    """A rating: its words, why, its picture, and its grade when it is on a scale."""

    name: str
    explanation: str = ""
    image: str = ""
    grade: Grade | None = None


@dataclass(frozen=True)
class Speaker:
    """Who makes a claim."""

    name: str
    is_person: bool = False
    role: str = ""
    same_as: str = ""


@dataclass(frozen=True)
class Work:
    """A document: a place where the claim was made, or evidence, and then with what it says to the claim."""

    name: str = ""
    address: str = ""
    archived: str = ""
    published: str = ""
    language: str = ""
    publisher: str = ""
    stance: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Amendment:
    """What readers were told of a change, and when."""

    text: str
    at: str


@dataclass(frozen=True)
class Publisher:
    """Who checked, with the addresses of the policies that hold, by what schema.org calls them."""

    name: str
    address: str
    policies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """One checked claim, as far as ClaimReview can tell it."""

    address: str
    claim: str
    label: Label
    publisher: Publisher
    speaker: Speaker | None = None
    claimed_on: str = ""
    first_appearance: Work | None = None
    appearances: tuple[Work, ...] = ()
    citations: tuple[Work, ...] = ()
    published: str = ""
    modified: str = ""
    version: int | None = None
    language: str = ""
    license: str = ""
    corrections: tuple[Amendment, ...] = ()


# From what we published


def review(publication: Publication) -> Review:
    """What ClaimReview can tell of a published claim."""
    content = publication.content
    first, others = _by_first(list(_appearances(content["appearances"])))
    return Review(
        address=publication.address,
        claim=content["statement"],
        label=_label(content),
        publisher=Publisher(settings.SITE_NAME, f"{settings.SITE_URL}/", imprint.policies()),
        speaker=_speaker(content["claimant"]) if content["claimant"] else None,
        claimed_on=content["claimed_on"],
        first_appearance=first,
        appearances=others,
        citations=tuple(_citation(item) for item in content["evidence"]),
        published=publication.first_published_at.date().isoformat(),
        modified=content["revision"]["at"],
        version=publication.number,
        language=content["language"],
        license=settings.DATA_LICENSE,
        corrections=tuple(Amendment(told["reason"], told["at"]) for told in publication.corrections),
    )


def _label(content: Content) -> Label:
    rating = content["rating"]
    return Label(
        name=rating["label"],
        # The format has no place for a caution, and none of its readers may lose it.
        explanation=" ".join(filter(None, [content["notice"], content["summary"]])),
        image=imprint.address("files:rating", rating["slug"]),
        grade=_grade(rating.get("value"), rating.get("worst"), rating.get("best")),
    )


def _grade(value: int | None, worst: int | None, best: int | None) -> Grade | None:
    """The grade that these numbers are; none when one is missing, or when they lie on no scale."""
    if value is None or worst is None or best is None:
        return None
    try:
        return Grade(value, worst, best)
    except ValueError:
        return None


def _speaker(claimant: Content) -> Speaker:
    return Speaker(claimant["name"], claimant["kind"] == ClaimantKind.PERSON, claimant["role"], claimant["wikidata"])


def _work(source: Content, **more: str) -> Work:
    return Work(
        **{
            "name": source["title"],
            "address": source["address"],
            "archived": source["archived_address"],
            "published": source["published"],
            "language": source["language"],
            "publisher": source["publisher"]["name"],
            **more,
        }
    )


def _appearances(items: list[Content]) -> Iterator[Work]:
    """One work for each source, however often the claim stands in it, with the earliest date given for one of them."""
    by_source: dict[str, list[Content]] = {}
    for item in items:
        by_source.setdefault(item["source"]["slug"], []).append(item)
    for found in by_source.values():
        source = found[0]["source"]
        given = [item["date"] for item in found if item["date"]]
        yield _work(source, published=min(given, default=source["published"]))


def _citation(item: Content) -> Work:
    return _work(item["source"], stance=item["stance"], finding=item["finding"])


def _by_first(works: list[Work]) -> tuple[Work | None, tuple[Work, ...]]:
    """The work that is known to be the earliest, and the others; none when the dates do not tell."""
    if len(works) == 1:
        return works[0], ()
    for first in works:
        others = [work for work in works if work is not first]
        if first.published and all(
            work.published and dates.latest(first.published) < dates.earliest(work.published) for work in others
        ):
            return first, tuple(others)
    return None, tuple(works)


# To JSON-LD


def serialise(review: Review) -> Node:
    """The whole review as one JSON-LD object. What is not known has no key; a claim without an author has none."""
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "url": review.address,
            "claimReviewed": review.claim,
            "reviewRating": _rating_node(review.label),
            "author": {"@type": "Organization", "name": review.publisher.name, "url": review.publisher.address},
            "publisher": _publisher_node(review.publisher),
            "itemReviewed": _claim_node(review),
            "datePublished": review.published,
            "dateModified": review.modified,
            "version": review.version,
            "inLanguage": review.language,
            "license": review.license,
            "citation": [_work_node(work) for work in review.citations],
            "correction": [
                {"@type": "CorrectionComment", "text": told.text, "datePublished": told.at}
                for told in review.corrections
            ],
        }
    )


def feed_item(review: Review) -> Node:
    """The review with the keys alone that readers of Data Commons' feed and Duke's schema know; numbers as texts."""
    rating = _rating_node(review.label)
    shown = [work for work in [review.first_appearance, *review.appearances] if work and work.address]
    first = review.first_appearance
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "url": review.address,
            "datePublished": review.published,
            "claimReviewed": review.claim,
            "author": {"@type": "Organization", "name": review.publisher.name, "url": review.publisher.address},
            "itemReviewed": _filled(
                {
                    "@type": "Claim",
                    # A month is no date to these readers, and a day made of one would say more than is known.
                    "datePublished": review.claimed_on if len(review.claimed_on) == len("2025-06-21") else None,
                    "author": _known_speaker_node(review.speaker) if review.speaker else None,
                    "firstAppearance": _place_node(first) if first and first.address else None,
                    "appearance": [_place_node(work) for work in shown if work is not first],
                }
            ),
            "reviewRating": {key: str(value) for key, value in rating.items()},
            "sdPublisher": {"@type": "Organization", "name": review.publisher.name, "url": review.publisher.address},
        }
    )


def _rating_node(label: Label) -> Node:
    grade = label.grade
    numbers = (
        {"ratingValue": grade.value, "worstRating": grade.worst, "bestRating": grade.best} if grade is not None else {}
    )
    return _filled(
        {
            "@type": "Rating",
            "alternateName": label.name,
            **numbers,
            "ratingExplanation": label.explanation,
            "image": label.image,
        }
    )


def _publisher_node(publisher: Publisher) -> Node:
    return {
        "@type": "NewsMediaOrganization",
        "name": publisher.name,
        "url": publisher.address,
        **publisher.policies,
    }


def _claim_node(review: Review) -> Node:
    return _filled(
        {
            "@type": "Claim",
            "text": review.claim,
            "datePublished": review.claimed_on,
            "author": _speaker_node(review.speaker) if review.speaker else None,
            "firstAppearance": _work_node(review.first_appearance) if review.first_appearance else None,
            "appearance": [_work_node(work) for work in review.appearances],
        }
    )


def _speaker_node(speaker: Speaker) -> Node:
    return _filled(
        {
            "@type": "Person" if speaker.is_person else "Organization",
            "name": speaker.name,
            # An organisation has no job; what it is stands in a property that it does have.
            "jobTitle" if speaker.is_person else "description": speaker.role,
            "sameAs": speaker.same_as,
        }
    )


def _known_speaker_node(speaker: Speaker) -> Node:
    """The speaker as Duke's schema takes one: an organisation is known by an address."""
    node = _speaker_node(speaker)
    node.pop("description", None)
    return node if speaker.is_person or not speaker.same_as else {**node, "url": speaker.same_as}


def _work_node(work: Work) -> Node:
    return _filled(
        {
            "@type": "CreativeWork",
            "name": work.name,
            "url": work.address,
            "archivedAt": work.archived,
            "datePublished": work.published,
            "inLanguage": work.language,
            "publisher": {"@type": "Organization", "name": work.publisher} if work.publisher else None,
            "abstract": work.finding,
            "keywords": work.stance,
        }
    )


def _place_node(work: Work) -> Node:
    return {"@type": "CreativeWork", "url": work.address}


def _filled(node: Node) -> Node:
    """The node without the keys that say nothing."""
    return {key: value for key, value in node.items() if value not in (None, "", [], {})}


# From JSON-LD


def parse(node: Node) -> Review:
    """The review that a JSON-LD object of type ClaimReview tells; what it says otherwise is left out.

    Takes what the web has: one value where there may be several, texts for objects, numbers as texts. Numbers that
    lie on no scale (`Grade`) are no numbers: the words of the rating stand alone then. Raises ValueError for an
    object of another type, and for one without an address, a claim or a rating in words.
    """
    if "ClaimReview" not in _many(node.get("@type")):
        raise ValueError("This is no ClaimReview: its @type is another.")
    item = _object(node.get("itemReviewed"))
    rating = _object(node.get("reviewRating"))
    found = Review(
        address=_text(node.get("url")),
        claim=_text(node.get("claimReviewed")) or _text(item.get("text")),
        label=Label(
            name=_text(rating.get("alternateName")) or _text(rating.get("name")),
            explanation=_text(rating.get("ratingExplanation")),
            image=_text(rating.get("image")),
            grade=_grade(*(_number(rating.get(name)) for name in ("ratingValue", "worstRating", "bestRating"))),
        ),
        publisher=_publisher(node),
        speaker=_parsed_speaker(_object(item.get("author"))),
        claimed_on=_text(item.get("datePublished")),
        first_appearance=next(_works(item.get("firstAppearance")), None),
        appearances=tuple(_works(item.get("appearance"))),
        citations=tuple(_works(node.get("citation"))),
        published=_text(node.get("datePublished")),
        modified=_text(node.get("dateModified")),
        version=_number(node.get("version")),
        language=_text(node.get("inLanguage")),
        license=_text(node.get("license")),
        corrections=tuple(
            Amendment(_text(told.get("text")), _text(told.get("datePublished")))
            for told in map(_object, _many(node.get("correction")))
        ),
    )
    if not (found.address and found.claim and found.label.name):
        raise ValueError("A ClaimReview needs url, claimReviewed and a reviewRating with an alternateName.")
    return found


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _object(value: Any) -> Node:
    """The first object of a value; a text stands for the thing of that name."""
    first: Any = next(iter(_many(value)), {})
    return first if isinstance(first, dict) else {"name": first}


def _text(value: Any) -> str:
    """The first text of a value; of an object its address."""
    first = next(iter(_many(value)), "")
    if isinstance(first, dict):
        first = first.get("url", first.get("@id", ""))
    return first if isinstance(first, str) else ""


def _number(value: Any) -> int | None:
    """A whole number, also when it is written as a text."""
    first: Any = next(iter(_many(value)), None)
    if isinstance(first, bool) or not isinstance(first, int | str):
        return None
    text = str(first)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(2**53)) else None


def _publisher(node: Node) -> Publisher:
    """Who checked: the publisher, or else the author."""
    who = _object(node.get("publisher")) or _object(node.get("author"))
    policies = {name: address for name in imprint.POLICIES if (address := _text(who.get(name)))}
    return Publisher(_text(who.get("name")), _text(who.get("url")), policies)


def _parsed_speaker(node: Node) -> Speaker | None:
    name = _text(node.get("name"))
    if not name:
        return None
    is_person = "Person" in _many(node.get("@type"))
    role = node.get("jobTitle") if is_person else node.get("description")
    return Speaker(name, is_person, _text(role), _text(node.get("sameAs")))


def _works(value: Any) -> Iterator[Work]:
    """Works, given as objects or as addresses."""
    for item in _many(value):
        if isinstance(item, str):
            yield Work(address=item)
        elif isinstance(item, dict):
            yield Work(
                name=_text(item.get("name")) or _text(item.get("headline")),
                address=_text(item.get("url")),
                archived=_text(item.get("archivedAt")),
                published=_text(item.get("datePublished")),
                language=_text(item.get("inLanguage")),
                publisher=_text(_object(item.get("publisher")).get("name")),
                stance=_text(item.get("keywords")),
                finding=_text(item.get("abstract")),
            )
