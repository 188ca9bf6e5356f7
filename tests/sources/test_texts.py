"""The texts of a source: one for each content, the old beside the new, and a hash that stays."""

import pytest

from sources import texts
from sources.extraction import from_pasted
from sources.models import Snapshot, SnapshotText
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db


def test_a_new_version_is_kept_beside_the_old() -> None:
    source = SourceFactory.create()
    for version in ("The first version.", "The second version."):
        texts.bring_in(source, from_pasted(version))
    assert [text.text for text in texts.of(source)] == ["The second version.", "The first version."]


def test_the_same_content_is_kept_once() -> None:
    source = SourceFactory.create()
    first, is_new = texts.bring_in(source, from_pasted("Words."))
    again, is_new_again = texts.bring_in(source, from_pasted("Words."))
    assert (first, is_new, is_new_again) == (again, True, False)
    assert texts.bring_in(SourceFactory.create(), from_pasted("Words."))[1]


def test_a_deleted_text_leaves_its_hash_and_can_be_brought_in_again() -> None:
    source = SourceFactory.create()
    text, _new = texts.bring_in(source, from_pasted("Words."))
    text.delete()
    assert (SnapshotText.objects.count(), Snapshot.objects.get().size) == (0, 6)
    assert texts.bring_in(source, from_pasted("Words."))[1]
    assert Snapshot.objects.count() == 1
