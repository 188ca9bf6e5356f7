"""ClaimReview: schema.org's format for a fact-check.

A `Review` has everything that the format can express. `review` makes one from a published claim, `serialise` writes it
as JSON-LD, and `parse` reads JSON-LD from this site or another. Formats: schema.org/ClaimReview, Google's documentation
of fact-check markup, and for `feed_item` the feed of Data Commons.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from claims.choices import ClaimantKind
from claims.record import imprint
from claims.record.pictures import address_of
from claims.record.publications import Publication
from claims.schema import Content
from factcheck.core.fields import dates

CONTEXT = "https://schema.org"
Node = dict[str, Any]


@dataclass(frozen=True)
class Grade:
    """A rating's number and its scale. A value nearer to `best` is nearer to true.

    Raises ValueError if the scale doesn't rise or starts below 1, or if the value is outside it.
    """

    value: int
    worst: int
    best: int

    def __post_init__(self) -> None:
        if not 1 <= self.worst < self.best or not self.worst <= self.value <= self.best:
            raise ValueError(
                f"{self.value} isn't on a valid scale: worst is {self.worst}, best is {self.best}. "
                "A scale starts at 1 or more and rises."
            )


@dataclass(frozen=True)
class Label:
    """A rating: its label, explanation and image, and its grade if it's on a scale."""

    name: str
    explanation: str = ""
    image: str = ""
    grade: Grade | None = None


@dataclass(frozen=True)
class Speaker:
    """The claimant."""

    name: str
    is_person: bool = False
    role: str = ""
    same_as: str = ""


@dataclass(frozen=True)
class Work:
    """A document: a source in which the claim appears, or evidence. Only evidence has a stance and a finding."""

    name: str = ""
    address: str = ""
    archived: str = ""
    original: str = ""  # where the publisher has it, if `address` is a copy on another site
    published: str = ""
    language: str = ""
    publisher: str = ""
    stance: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture in the fact-check, with what it shows and who made it."""

    address: str
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    shows: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True)
class Amendment:
    """A correction: its public reason and its time."""

    text: str
    at: str


@dataclass(frozen=True)
class Publisher:
    """The fact-checker, with the addresses of its policies by schema.org's names."""

    name: str
    address: str
    policies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """One fact-check, as far as ClaimReview can express it."""

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
    # The addresses of the fact-checks of the claim's parts.
    parts: tuple[str, ...] = ()
    # Fact-checks of the claim by other publishers, without their ratings: consumers would take those for ours.
    others: tuple[Work, ...] = ()
    # Our check where it was published first, if that wasn't here.
    original: Work | None = None
    pictures: tuple[Picture, ...] = ()


# From a published claim


def review(publication: Publication) -> Review:
    """The review of a published claim."""
    content = publication.content
    first, others = _split_first(list(_appearances(content["appearances"])))
    return Review(
        address=publication.address,
        claim=content["statement"],
        label=_label(content),
        publisher=Publisher(settings.SITE_NAME, f"{settings.SITE_URL}/", imprint.policies(publication.pages)),
        speaker=_speaker(content["claimant"]) if content["claimant"] else None,
        claimed_on=content["claimed_on"],
        first_appearance=first,
        appearances=others,
        citations=tuple(_citation(item) for item in content["evidence"]),
        published=dates.local_day(publication.first_published_at).isoformat(),
        modified=content["revision"]["at"],
        version=publication.number,
        language=content["language"],
        license=settings.DATA_LICENSE,
        corrections=tuple(Amendment(one["reason"], one["at"]) for one in publication.corrections),
        parts=tuple(imprint.claim_address(slug) for slug in content["parts"]),
        others=tuple(_other(item) for item in content["others"]),
        original=_original(content["original"]) if content["original"] else None,
        pictures=tuple(_picture(item) for item in content["pictures"]),
    )


def _picture(item: Content) -> Picture:
    return Picture(
        address=address_of(item),
        media_type=item["media_type"],
        width=item["width"],
        height=item["height"],
        shows=item["alt"],
        caption=item["caption"],
        credit=item["credit"],
    )


def _label(content: Content) -> Label:
    rating = content["rating"]
    return Label(
        name=rating["label"],
        # The format has no field for the notice, and every consumer must get it.
        explanation=" ".join(filter(None, [content["notice"], content["summary"]])),
        image=imprint.address("files:rating", rating["slug"]),
        grade=_grade(rating.get("value"), rating.get("worst"), rating.get("best")),
    )


def _grade(value: int | None, worst: int | None, best: int | None) -> Grade | None:
    """The grade with these numbers. None if one is missing or they aren't on a valid scale."""
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
            "original": source["original_address"],
            "published": source["published"],
            "language": source["language"],
            "publisher": source["publisher"]["name"] if source["publisher"] else "",
            **more,
        }
    )


def _appearances(items: list[Content]) -> Iterator[Work]:
    """One work for each source in which the claim appears, with the earliest date of its appearances there."""
    by_source: dict[str, list[Content]] = {}
    for item in items:
        by_source.setdefault(item["source"]["slug"], []).append(item)
    for found in by_source.values():
        source = found[0]["source"]
        given = [item["date"] for item in found if item["date"]]
        yield _work(source, published=min(given, default=source["published"]))


def _citation(item: Content) -> Work:
    return _work(item["source"], stance=item["stance"], finding=item["finding"])


def _other(item: Content) -> Work:
    return Work(name=item["title"], address=item["address"], published=item["reviewed_on"], publisher=item["publisher"])


def _original(content: Content) -> Work:
    return Work(address=content["address"], published=content["published"])


def _split_first(works: list[Work]) -> tuple[Work | None, tuple[Work, ...]]:
    """The earliest work and the others. The first is None if the dates don't show which work is the earliest."""
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
    """The whole review as one JSON-LD object. Unknown values are left out; a claim without a claimant has no author."""
    return _without_empty(
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
            "image": [_picture_node(picture) for picture in review.pictures],
            "isBasedOn": _work_node(review.original) if review.original else None,
            "citation": [_work_node(work) for work in review.citations],
            "correction": [
                {"@type": "CorrectionComment", "text": amendment.text, "datePublished": amendment.at}
                for amendment in review.corrections
            ],
        }
    )


def feed_item(review: Review) -> Node:
    """The review with only the keys that Data Commons' feed and Duke's schema have. Numbers are texts."""
    rating = _rating_node(review.label)
    shown = [work for work in [review.first_appearance, *review.appearances] if work and work.address]
    first = review.first_appearance
    return _without_empty(
        {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "url": review.address,
            "datePublished": review.published,
            "claimReviewed": review.claim,
            "author": {"@type": "Organization", "name": review.publisher.name, "url": review.publisher.address},
            "itemReviewed": _without_empty(
                {
                    "@type": "Claim",
                    # These consumers accept only full dates, and a day made up from a month would be wrong.
                    "datePublished": review.claimed_on if len(review.claimed_on) == len("2025-06-21") else None,
                    "author": _duke_speaker_node(review.speaker) if review.speaker else None,
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
    return _without_empty(
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
    return _without_empty(
        {
            "@type": "Claim",
            "text": review.claim,
            "datePublished": review.claimed_on,
            "author": _speaker_node(review.speaker) if review.speaker else None,
            "firstAppearance": _work_node(review.first_appearance) if review.first_appearance else None,
            "appearance": [_work_node(work) for work in review.appearances],
            "hasPart": [{"@type": "Claim", "url": address} for address in review.parts],
            "subjectOf": [_work_node(work) for work in review.others],
        }
    )


def _speaker_node(speaker: Speaker) -> Node:
    return _without_empty(
        {
            "@type": "Person" if speaker.is_person else "Organization",
            "name": speaker.name,
            # An organisation can't have a jobTitle, so its role is its description.
            "jobTitle" if speaker.is_person else "description": speaker.role,
            "sameAs": speaker.same_as,
        }
    )


def _duke_speaker_node(speaker: Speaker) -> Node:
    """The claimant as Duke's schema requires it: an organisation must have an address."""
    node = _speaker_node(speaker)
    node.pop("description", None)
    return node if speaker.is_person or not speaker.same_as else {**node, "url": speaker.same_as}


def _work_node(work: Work) -> Node:
    return _without_empty(
        {
            "@type": "CreativeWork",
            "name": work.name,
            "url": work.address,
            "archivedAt": work.archived,
            "isBasedOn": work.original,
            "datePublished": work.published,
            "inLanguage": work.language,
            "publisher": {"@type": "Organization", "name": work.publisher} if work.publisher else None,
            "abstract": work.finding,
            "keywords": work.stance,
        }
    )


def _picture_node(picture: Picture) -> Node:
    return _without_empty(
        {
            "@type": "ImageObject",
            "contentUrl": picture.address,
            "encodingFormat": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "description": picture.shows,
            "caption": picture.caption,
            "creditText": picture.credit,
        }
    )


def _place_node(work: Work) -> Node:
    return {"@type": "CreativeWork", "url": work.address}


def _without_empty(node: Node) -> Node:
    """The node without the keys whose values are empty."""
    return {key: value for key, value in node.items() if value not in (None, "", [], {})}


# From JSON-LD


def parse(node: Node) -> Review:
    """The review in a JSON-LD object of type ClaimReview. Other properties are ignored.

    Accepts markup as it's found on the web: single values for lists, texts for objects, texts for numbers. If the
    numbers aren't on a valid scale (`Grade`), they are ignored, and the rating has only its label. Raises ValueError
    if the object has another type, or no address, claim or rating label.
    """
    if "ClaimReview" not in as_list(node.get("@type")):
        raise ValueError("This isn't a ClaimReview: its @type is different.")
    item = first_object(node.get("itemReviewed"))
    rating = first_object(node.get("reviewRating"))
    found = Review(
        address=text_of(node.get("url")),
        claim=text_of(node.get("claimReviewed")) or text_of(item.get("text")),
        label=Label(
            name=text_of(rating.get("alternateName")) or text_of(rating.get("name")),
            explanation=text_of(rating.get("ratingExplanation")),
            image=text_of(rating.get("image")),
            grade=_grade(*(_number(rating.get(name)) for name in ("ratingValue", "worstRating", "bestRating"))),
        ),
        publisher=_publisher(node),
        speaker=_parsed_speaker(first_object(item.get("author"))),
        claimed_on=text_of(item.get("datePublished")),
        first_appearance=next(_works(item.get("firstAppearance")), None),
        appearances=tuple(_works(item.get("appearance"))),
        citations=tuple(_works(node.get("citation"))),
        published=text_of(node.get("datePublished")),
        modified=text_of(node.get("dateModified")),
        version=_number(node.get("version")),
        language=text_of(node.get("inLanguage")),
        license=text_of(node.get("license")),
        corrections=tuple(
            Amendment(text_of(comment.get("text")), text_of(comment.get("datePublished")))
            for comment in map(first_object, as_list(node.get("correction")))
        ),
        parts=tuple(
            address for part in map(first_object, as_list(item.get("hasPart"))) if (address := text_of(part.get("url")))
        ),
        others=tuple(_works(item.get("subjectOf"))),
        original=next(_works(node.get("isBasedOn")), None),
        pictures=tuple(_parsed_pictures(node.get("image"))),
    )
    if not (found.address and found.claim and found.label.name):
        raise ValueError("A ClaimReview must have url, claimReviewed and a reviewRating with an alternateName.")
    return found


def as_list(value: Any) -> list[Any]:
    """The values of a property. A single value counts as a list of one, and null as none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first_object(value: Any) -> Node:
    """The first object of a value. A text counts as an object with that name."""
    first: Any = next(iter(as_list(value)), {})
    return first if isinstance(first, dict) else {"name": first}


def text_of(value: Any) -> str:
    """The first text of a value. For an object, its address."""
    first = next(iter(as_list(value)), "")
    if isinstance(first, dict):
        first = first.get("url", first.get("@id", ""))
    return first if isinstance(first, str) else ""


def _number(value: Any) -> int | None:
    """The first value as a whole number, also if it's written as text. None if it isn't one."""
    first: Any = next(iter(as_list(value)), None)
    if isinstance(first, bool) or not isinstance(first, int | str):
        return None
    text = str(first)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(2**53)) else None


def _publisher(node: Node) -> Publisher:
    """The fact-checker: the publisher, or else the author."""
    found = first_object(node.get("publisher")) or first_object(node.get("author"))
    policies = {name: address for name in imprint.POLICIES if (address := text_of(found.get(name)))}
    return Publisher(text_of(found.get("name")), text_of(found.get("url")), policies)


def _parsed_speaker(node: Node) -> Speaker | None:
    name = text_of(node.get("name"))
    if not name:
        return None
    is_person = "Person" in as_list(node.get("@type"))
    role = node.get("jobTitle") if is_person else node.get("description")
    return Speaker(name, is_person, text_of(role), text_of(node.get("sameAs")))


def _parsed_pictures(value: Any) -> Iterator[Picture]:
    """The pictures in a value that has objects or addresses."""
    for item in as_list(value):
        node = {"contentUrl": item} if isinstance(item, str) else first_object(item)
        if address := text_of(node.get("contentUrl")) or text_of(node.get("url")):
            yield Picture(
                address=address,
                media_type=text_of(node.get("encodingFormat")),
                width=_number(node.get("width")),
                height=_number(node.get("height")),
                shows=text_of(node.get("description")),
                caption=text_of(node.get("caption")),
                credit=text_of(node.get("creditText")),
            )


def _works(value: Any) -> Iterator[Work]:
    """The works in a value that has objects or addresses."""
    for item in as_list(value):
        if isinstance(item, str):
            yield Work(address=item)
        elif isinstance(item, dict):
            yield Work(
                name=text_of(item.get("name")) or text_of(item.get("headline")),
                address=text_of(item.get("url")),
                archived=text_of(item.get("archivedAt")),
                original=text_of(item.get("isBasedOn")),
                published=text_of(item.get("datePublished")),
                language=text_of(item.get("inLanguage")),
                publisher=text_of(first_object(item.get("publisher")).get("name")),
                stance=text_of(item.get("keywords")),
                finding=text_of(item.get("abstract")),
            )
