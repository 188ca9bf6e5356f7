"""Tests of the comparison of versions: a difference that isn't shown would be a silent change."""

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone, translation

from claims.choices import Act, ForeignMeaning
from claims.models import Claim, ForeignLink
from claims.record import differences
from claims.record.body import Signing, body_of
from claims.schema import Content
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    ForeignCheckFactory,
    ForeignLabelFactory,
    SourceFactory,
    TopicFactory,
)


def content_of(claim: Claim) -> Content:
    signing = Signing(number=1, act=Act.PUBLISH, at=timezone.now(), signed_by="Ada")
    return body_of(Claim.objects.preload().get(pk=claim.pk), signing)


@pytest.fixture
def content(db: None) -> Content:
    claimant = ClaimantFactory(role="Mayor", wikidata="https://www.wikidata.org/wiki/Q1")
    claimant.affiliations.create(name="Bridge Party", started="2020", ended="2021-05")
    source = SourceFactory(
        authors=["Ann"],
        published="2025-06",
        interest="Sells bridges.",
        archived_address="https://archive.example/1",
    )
    claim = ClaimFactory(
        claimant=claimant,
        topics=[
            TopicFactory(
                description="Roads and bridges.",
                translations=[{"language": "es", "name": "Obras", "description": "Vías y puentes."}],
            ),
            TopicFactory(),
        ],
        appearances=[source, SourceFactory()],
        evidence=[SourceFactory(), SourceFactory(), source],
        places=["Denver", "Colorado"],
        claimed_on="2025-06-21",
        about_on="2017-08-31",
        headline="The town paid for none of the bridges.",
        missing="The contract.\nThe invoice.",
    )
    claim.appearances.update(attributed_to=claimant)
    label = ForeignLabelFactory(label="Pants on Fire", meaning=ForeignMeaning.FALSE, decided_at=timezone.now())
    ForeignLink.of(claim, ForeignCheckFactory(label=label, reviewed_on="2025-07", title="Three bridges?")).save()
    original = {"published": "2019-05-02", "address": "https://archive.example/checks/1"}
    return content_of(claim) | {"original": original}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a body that readers can see."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in {"slug", "schema", "revision"}:
                yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path


OTHER = {
    "kind": "other",
    "stance": "context",
    "claimed_on": "1999",
    "about_on": "1999",
    "published": "1999",
    "date": "1999",
    "meaning": "mixed",
    "reviewed_on": "1999",
}
OTHER |= {"started": "1999", "ended": "1999-12"}


def test_every_public_value_that_changes_is_shown(content: Content) -> None:
    for path in leaves(content):
        changed = copy.deepcopy(content)
        inner: Any = changed
        for step in path[:-1]:
            inner = inner[step]
        old = inner[path[-1]]
        if isinstance(old, bool):
            inner[path[-1]] = not old
        elif isinstance(old, int):
            inner[path[-1]] = old + 1
        else:
            inner[path[-1]] = OTHER.get(path[-1], f"{old} anew")
        assert differences.between(content, changed), path


def test_equal_bodies_have_no_changes(content: Content) -> None:
    again = {**copy.deepcopy(content), "revision": {"number": 2}}
    assert differences.between(content, again) == []


def test_a_change_names_its_field_and_its_words(content: Content) -> None:
    changed = {**content, "summary": "The sum is wrong, the payer is not."}
    [change] = differences.between(content, changed)
    assert change.label == "Summary"
    assert change.parts == [
        ("same", "The sum is"),
        ("removed", " right,"),
        ("added", " wrong,"),
        ("same", " the payer is not."),
    ]


def test_labels_are_translated_when_read(content: Content) -> None:
    changed = {**content, "checkable": not content["checkable"]}
    with translation.override("de"):
        [change] = differences.between(content, changed)
    assert change.parts == [("removed", "Ja"), ("added", "Nein")]


def test_added_and_removed_evidence_is_shown(content: Content) -> None:
    first, second, third = content["evidence"]
    new = {**first, "source": {**first["source"], "slug": "another", "title": "Another"}}
    changes = differences.between(content, {**content, "evidence": [second, third, new]})
    assert [change.label for change in changes] == [
        "Evidence: Another",
        f"Evidence: {first['source']['title']}",
    ]
    assert [{kind for kind, _text in change.parts} for change in changes] == [{"added"}, {"removed"}]


def test_evidence_in_another_order_is_a_change_of_order(content: Content) -> None:
    changes = differences.between(content, {**content, "evidence": content["evidence"][::-1]})
    assert [change.label for change in changes] == ["Order of the evidence"]


def test_one_source_may_be_cited_twice(content: Content) -> None:
    first, second, third = content["evidence"]
    twice = {
        **content,
        "evidence": [first, second, third, {**first, "finding": "On page 4 a third."}],
    }
    [change] = differences.between(content, twice)
    assert "On page 4 a third." in change.parts[0][1]


def test_a_tombstone_is_shown_as_everything_removed(content: Content) -> None:
    tombstone = {"schema": 1, "slug": content["slug"], "revision": content["revision"]}
    gone = differences.between(content, tombstone)
    back = differences.between(tombstone, content)
    assert {kind for change in gone for kind, _text in change.parts} == {"removed"}
    assert {kind for change in back for kind, _text in change.parts} == {"added"}
    assert [change.label for change in gone] == [change.label for change in back]
    assert differences.between(tombstone, tombstone) == []


@pytest.mark.parametrize("unit", ["a ", "a\n", "a\n\n", "word{} ", "line {}\n"])
def test_long_texts_are_compared_in_bounded_time(content: Content, unit: str) -> None:
    before = "".join(unit.format(n) for n in range(20_000))
    after = "".join(unit.format(n) for n in range(20_001, 0, -1))
    # Of this process, so that a busy machine isn't counted. A comparison of all with all takes minutes.
    started = time.process_time()
    differences.between({**content, "explanation": before, "method": after}, {**content, "explanation": after})
    assert time.process_time() - started < 20
