"""Tests of bodies: their canonical form, their fields, and the rows that are made from them."""

import datetime as dt
import json
import unicodedata
from typing import Any

import pytest
import rfc8785
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.choices import Act, EntryKind, Stance
from claims.models import Affiliation, Claim, Claimant, ClaimPart, ForeignLink, Picture, PictureFile, Rating
from claims.record.body import Named, Signing, body_of, with_updated_card
from claims.record.canonical import canonical, moment
from claims.record.rows import columns, count_origins, entries
from claims.schema import Content
from factcheck.core.text import clean
from sources.models import Source
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    ForeignCheckFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    published,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
contents = st.dictionaries(
    st.text(st.characters(max_codepoint=127)),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abAB_10", max_size=4), inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


def cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {key: cleaned(item) for key, item in value.items()}
        case list():
            return [cleaned(item) for item in value]
    return value


def signing(number: int = 1) -> Signing:
    at = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
    return Signing(number=number, act=Act.PUBLISH, at=at, signed_by="Ada Reyes", checked_by=("Bo Lee",))


def body(claim: Claim) -> Content:
    return body_of(Claim.objects.preload().get(pk=claim.pk), signing())


# Canonical form


@settings(deadline=None, max_examples=300)
@given(contents)
def test_the_canonical_form_follows_rfc_8785(content: Content) -> None:
    assert canonical(content).encode() == rfc8785.dumps(cleaned(content))


@settings(deadline=None, max_examples=200)
@given(contents)
def test_the_canonical_form_is_stable(content: Content) -> None:
    once = canonical(content)
    assert canonical(json.loads(once)) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    "value",
    [
        *(0.5, 1.0, float("nan"), float("inf"), 2**53 + 1, -(2**53) - 1, "a\ud800", b"bytes", {1, 2}),
        *(dt.date(2025, 6, 21), {"é": 1}, {1: "a"}),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "wrap",
    [lambda value: value, lambda value: [value], lambda value: {"deep": [value]}],
    ids=["alone", "in a list", "deep"],
)
def test_values_that_some_parsers_would_change_are_refused(value: Any, wrap: Any) -> None:
    with pytest.raises(ValueError, match=r"record|half of a character"):
        canonical({"value": wrap(value)})


def test_a_moment_is_written_in_utc_with_six_decimals() -> None:
    denver = dt.timezone(dt.timedelta(hours=-7))
    assert moment(dt.datetime(2026, 11, 23, 2, 30, 1, 5, tzinfo=denver)) == "2026-11-23T09:30:01.000005Z"


# The body

SHAPE = {
    "schema": int,
    "slug": str,
    "statement": str,
    "kind": str,
    "checkable": bool,
    "why_not_checkable": str,
    "claimant": (
        CLAIMANT := {
            "slug": str,
            "name": str,
            "kind": str,
            "role": str,
            "wikidata": str,
            "affiliations": [{"name": str, "started": str, "ended": str}],
        }
    ),
    "claimed_on": str,
    "about_on": str,
    "date_note": str,
    "places": [str],
    "language": str,
    "topics": [
        {
            "slug": str,
            "name": str,
            "description": str,
            "translations": [{"language": str, "name": str, "description": str}],
        }
    ],
    "selection_reason": str,
    "rating": {
        "slug": str,
        "label": str,
        "definition": str,
        "value": int,
        "worst": int,
        "best": int,
        "translations": [{"language": str, "label": str, "definition": str}],
    },
    "headline": str,
    "summary": str,
    "explanation": str,
    "method": str,
    "missing": [str],
    "notice": str,
    "pictures": [
        {
            "sha256": str,
            "media_type": str,
            "width": int,
            "height": int,
            "alt": str,
            "caption": str,
            "credit": str,
        }
    ],
    "parts": [str],
    "parts_rule": str,
    "appearances": [
        {
            "source": (
                SOURCE := {
                    "slug": str,
                    "title": str,
                    "publisher": {"slug": str, "name": str, "address": str},
                    "kind": str,
                    "address": str,
                    "archived_address": str,
                    "address_is_private": bool,
                    "authors": [str],
                    "published": str,
                    "language": str,
                    "interest": str,
                    "summary": str,
                    "is_copy": bool,
                    "original_address": str,
                    "is_protected": bool,
                }
            ),
            "attributed_to": CLAIMANT,
            "exact": str,
            "prefix": str,
            "suffix": str,
            "locator": str,
            "position": int,
            "date": str,
        }
    ],
    "evidence": [
        {
            "source": SOURCE,
            "stance": str,
            "finding": str,
            "quote": str,
            "locator": str,
            "origin": str,
            "primary": bool,
            "secondary_reason": str,
            "note": str,
        }
    ],
    "others": [
        {
            "publisher": str,
            "address": str,
            "title": str,
            "claim": str,
            "label": str,
            "meaning": str,
            "reviewed_on": str,
            "value": str,
            "best": str,
            "worst": str,
        }
    ],
    "original": type(None),
    "revision": {
        "number": int,
        "act": str,
        "at": str,
        "signed_by": str,
        "reason": str,
        "approved_by": str,
        "approved_alone": bool,
        "correction": str,
        "signed_by_id": str,
        "approved_by_id": str,
        "proposed_by": str,
        "proposed_by_id": str,
        "proposed_alone": bool,
        "checked_by": [str],
    },
}


def shape(value: Any) -> Any:
    match value:
        case dict():
            return {key: shape(item) for key, item in value.items()}
        case list():
            (first,) = {json.dumps(item): item for item in value}.values()
            return [shape(first)]
    return type(value)


def full_claim() -> Claim:
    claimant, quoted = ClaimantFactory.create_batch(2)
    for person in (claimant, quoted):
        Affiliation.objects.create(claimant=person, name="Council", started="2020")
    source = SourceFactory.create(authors=["A. Reyes"])
    claim = ClaimFactory.create(
        claimant=claimant,
        topics=[TopicFactory.create(translations=[{"language": "es", "name": "Agua", "description": "Ríos."}])],
        places=["Denver"],
        missing="The contract.",
        appearances=[source],
        evidence=[source],
    )
    claim.appearances.update(attributed_to=quoted)
    ClaimPart.objects.create(claim=claim, part=ClaimFactory.create())
    ForeignLink.of(claim, ForeignCheckFactory.create()).save()
    file = PictureFile.objects.create(sha256="0" * 64, media_type="image/png", width=320, height=200)
    Picture.objects.create(claim=claim, file=file, alt="A chart", credit="Us", caption="Spending")
    return claim


@pytest.mark.django_db
def test_the_body_has_this_shape_and_schema_says_so() -> None:
    """A different shape needs a new schema number, because readers of old revisions check the number first."""
    content = body(full_claim())
    assert shape(content) == SHAPE
    assert content["schema"] == 6
    assert json.loads(canonical(content)) == content


@pytest.mark.django_db
def test_the_body_has_nothing_that_is_only_for_the_desk() -> None:
    claim = full_claim()
    Claim.objects.filter(pk=claim.pk).update(assignee=claim.author)
    Claimant.objects.update(note="desk-note-1")
    Source.objects.update(note="desk-note-2")
    text = canonical(body(claim))
    assert claim.author is not None
    for word in ("desk-note", claim.author.username, '"assignee"', '"state"', '"version"', '"author"'):
        assert word not in text


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_body() -> None:
    counts = []
    for evidence in (1, 30):
        claim = ClaimFactory.create(evidence=[])
        for order in range(evidence):
            EvidenceFactory.create(claim=claim, order=order)
            AppearanceFactory.create(claim=claim, attributed_to=ClaimantFactory.create())
        with CaptureQueriesContext(connection) as counted:
            body(claim)
        counts.append(len(counted))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_a_claim_without_a_rating_has_no_public_state() -> None:
    with pytest.raises(ValueError, match="without a rating"):
        body(ClaimFactory.create(rating=None))


@pytest.mark.django_db
def test_a_private_address_is_nowhere_in_the_record() -> None:
    hidden = SourceFactory.create(
        address="https://accuser.example/story",
        archived_address="https://archive.example/accuser",
        is_copy=True,
        original_address="https://paper.example/accuser",
        address_is_private=True,
    )
    claim = published(ClaimFactory.create(appearances=[hidden], evidence=[hidden]))
    text = claim.published.revision.body
    assert "accuser" not in text
    assert json.loads(text)["evidence"][0]["source"]["address_is_private"] is True


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["unverified", "not-checkable", "outdated", "satire", "void"])
def test_off_the_scale_there_is_no_number_anywhere(slug: str) -> None:
    claim = published(ClaimFactory.create(rating=Rating.objects.get(slug=slug)))
    assert not {"value", "worst", "best"} & set(claim.published.revision.content["rating"])
    assert claim.published.rating_value is None
    assert not {"value", "worst", "best"} & set(columns(claim.published.revision.content))


# Renaming in a body


@pytest.mark.django_db
def test_a_new_name_changes_its_own_cards_and_nothing_else() -> None:
    content = body(full_claim())
    claim = Claim.objects.preload().get(slug=content["slug"])
    source = claim.evidence.get().source
    subjects: list[tuple[Named, str]] = [
        (claim.claimant, "name"),
        (claim.appearances.get().attributed_to, "name"),
        (claim.topics.get(), "name"),
        (claim.rating, "label"),
        (source, "title"),
        (source.publisher, "name"),
    ]
    for subject, attribute in subjects:
        old = getattr(subject, attribute)
        setattr(subject, attribute, "A NEW NAME")
        renamed = with_updated_card(content, subject)
        text = json.dumps(renamed)
        assert "A NEW NAME" in text
        assert json.loads(text.replace("A NEW NAME", old)) == content
        setattr(subject, attribute, old)


@pytest.mark.django_db
def test_a_name_that_is_not_in_the_body_changes_nothing() -> None:
    content = body(full_claim())
    others: list[Named] = [
        *(ClaimantFactory.create(), TopicFactory.create(), SourceFactory.create(), PublisherFactory.create()),
        Rating.objects.get(slug="true"),
    ]
    for other in others:
        assert with_updated_card(content, other) == content
    assert with_updated_card(body(ClaimFactory.create(claimant=None)), ClaimantFactory.create())["claimant"] is None


# The rows made from a body


@pytest.mark.parametrize(
    ("evidence", "number"),
    [
        ([], 0),
        ([("Budget office", Stance.SUPPORTS), ("budget office ", Stance.REFUTES)], 1),
        (
            [("Denver’s office", Stance.SUPPORTS), ("Denver's  Office.", Stance.MIXED)],
            1,
        ),
        ([("Été – a report", Stance.SUPPORTS), ("ete - a report", Stance.MIXED)], 1),
        ([("Budget office", Stance.SUPPORTS), ("Court", Stance.MIXED)], 2),
        ([("Budget office", Stance.SUPPORTS), ("Court", Stance.CONTEXT)], 1),
    ],
)
def test_two_links_to_one_origin_are_one_origin(evidence: list[tuple[str, Stance]], number: int) -> None:
    assert count_origins({"origin": origin, "stance": stance} for origin, stance in evidence) == number


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        ("2025-06", dt.date(2025, 6, 1), dt.date(2025, 6, 30)),
        ("2025", dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
        ("", None, None),
    ],
)
def test_a_claim_is_found_on_every_day_it_may_have_been_made(
    date: str, first: dt.date | None, last: dt.date | None
) -> None:
    found = columns(body(ClaimFactory.create(claimed_on=date)))
    assert (found["claimed_from"], found["claimed_until"]) == (first, last)


@pytest.mark.django_db
def test_every_name_in_a_body_has_exactly_one_entry() -> None:
    article = SourceFactory.create()
    claim = ClaimFactory.create(
        topics=[TopicFactory.create(), TopicFactory.create()],
        appearances=[article, article],
        evidence=[article],
    )
    named = [(entry.kind, entry.slug) for entry in entries(body(claim))]
    assert len(named) == len(set(named))
    kinds = [kind for kind, _ in named]
    assert sorted(kinds) == sorted([*EntryKind, EntryKind.TOPIC])


@pytest.mark.django_db
def test_whom_an_article_names_is_listed_apart_from_who_made_the_claim() -> None:
    claim = ClaimFactory.create(claimant=ClaimantFactory.create(slug="outlet"), appearances=[])
    for slug in ("secretary", "secretary", "outlet"):
        person = Claimant.objects.filter(slug=slug).first() or ClaimantFactory.create(slug=slug)
        AppearanceFactory.create(claim=claim, attributed_to=person)
    AppearanceFactory.create(claim=claim)
    content = body(claim)
    assert columns(content)["claimant"] == "outlet"
    assert columns(content)["attributed"] == ["secretary", "outlet"]
    people = [entry.slug for entry in entries(content) if entry.kind == EntryKind.CLAIMANT]
    assert people == ["outlet", "secretary"]


@pytest.mark.django_db
def test_the_dates_of_lists_are_those_of_the_claim_and_not_of_what_it_is_about() -> None:
    content = body(ClaimFactory.create(claimed_on="2025-06-24", about_on="2017-08-31"))
    assert columns(content)["claimed_from"] == columns(content)["claimed_until"] == dt.date(2025, 6, 24)


@pytest.mark.django_db
def test_names_sort_without_case_and_accents() -> None:
    names = ["Zoe", "ángel", "Bob", "Ärzte"]
    claims = [ClaimFactory.create(claimant=ClaimantFactory.create(name=name)) for name in names]
    keys = {
        entry.name: entry.sort_key
        for claim in claims
        for entry in entries(body(claim))
        if entry.kind == EntryKind.CLAIMANT
    }
    assert sorted(names, key=lambda name: keys[name]) == ["ángel", "Ärzte", "Bob", "Zoe"]
