"""The link of a claim to a fact-check by another publisher: it has their words as they were when it was made."""

import pytest
from django.utils import timezone

from claims.choices import ForeignClass, ForeignMeaning
from claims.models import ForeignLabel, ForeignLink
from tests.factories import ClaimFactory, ForeignCheckFactory, ForeignLabelFactory

pytestmark = pytest.mark.django_db


def label_of(meaning: str) -> ForeignLabel:
    return ForeignLabelFactory.create(label="Pants on Fire!", meaning=meaning, decided_at=timezone.now())


def test_readers_see_every_class_but_the_one_for_labels_without_a_class() -> None:
    assert set(ForeignClass.values) == set(ForeignMeaning.values) - {ForeignMeaning.DECLINED}


def test_a_label_without_a_class_is_linked_without_one() -> None:
    link = ForeignLink.of(ClaimFactory.create(), ForeignCheckFactory.create(label=label_of(ForeignMeaning.DECLINED)))
    assert (link.label, link.meaning) == ("Pants on Fire!", "")


def test_a_publisher_without_a_name_is_named_by_its_host() -> None:
    check = ForeignCheckFactory.create(publisher=" ", address="https://www.checks.example/1", label=None)
    link = ForeignLink.of(ClaimFactory.create(), check)
    assert (link.publisher, link.label) == ("checks.example", "")


def test_a_link_keeps_its_words_and_says_that_the_desk_has_others_now() -> None:
    check = ForeignCheckFactory.create(label=label_of(ForeignMeaning.FALSE))
    link = ForeignLink.of(ClaimFactory.create(), check)
    link.save()
    assert not link.is_outdated
    ForeignLabel.objects.update(meaning=ForeignMeaning.OTHER)
    link = ForeignLink.objects.select_related("foreign__label").get()
    assert link.is_outdated
    assert link.meaning == ForeignClass.FALSE
    link.foreign = None
    assert not link.is_outdated
