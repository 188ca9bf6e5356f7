"""Publishers, sources and snapshots. Each source is stored once."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from sources.models import Snapshot, Source
from tests.factories import PublisherFactory, SourceFactory

pytestmark = pytest.mark.django_db


def unsaved(**columns: str) -> Source:
    return SourceFactory.build(publisher=PublisherFactory.create(), **columns)


def test_a_source_is_stored_with_its_canonical_address() -> None:
    source = SourceFactory.create(address="http://www.Example.org:80/report/?utm_source=mail&b=2&a=1#top")
    assert source.canonical_address == "http://www.example.org/report/?utm_source=mail&b=2&a=1#top"
    assert source.lookup_key == "example.org/report?a=1&b=2"
    assert source.address == "http://www.Example.org:80/report/?utm_source=mail&b=2&a=1#top"


def test_two_sources_without_an_address_are_two_sources() -> None:
    assert SourceFactory.create(address="").canonical_address is None
    assert SourceFactory.create(address="").canonical_address is None


def test_removing_the_address_removes_its_canonical_form() -> None:
    source = SourceFactory.create()
    source.address = ""
    source.save()
    stored = Source.objects.get(pk=source.pk)
    assert (stored.canonical_address, stored.lookup_key) == (None, "")


def test_a_duplicate_address_names_the_other_source() -> None:
    SourceFactory.create(address="https://example.org/report", title="The report", slug="the-report")
    with pytest.raises(ValidationError) as refusal:
        unsaved(address="HTTPS://example.org:443/x/../report").full_clean()
    assert refusal.value.message_dict["address"] == ["This address is already logged as “The report” (the-report)."]


def test_a_source_is_not_a_duplicate_of_itself() -> None:
    source = SourceFactory.create()
    source.full_clean()
    assert not source.twins().exists()


def test_the_twins_of_a_source_seem_to_be_the_same_page() -> None:
    source = SourceFactory.create(address="https://x.com/kim/status/17")
    twin = SourceFactory.create(address="https://twitter.com/kim/status/17?s=20")
    SourceFactory.create(address="https://x.com/kim/status/18")
    assert [list(one.twins()) for one in (source, twin)] == [[twin], [source]]
    SourceFactory.create(address="")
    assert not SourceFactory.create(address="").twins().exists()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a.example:99999/", "https://user@a.example/"])
def test_an_invalid_address_is_one_error_at_its_field(address: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        unsaved(address=address).full_clean()
    assert list(refusal.value.message_dict) == ["address"]
    assert len(refusal.value.messages) == 1


def test_a_publisher_with_sources_and_a_source_with_snapshots_cannot_be_deleted() -> None:
    snapshot = Snapshot.objects.create(source=SourceFactory.create(), size=3, sha256="a" * 64)
    source = snapshot.source
    for row in filter(None, (source, source.publisher)):
        with pytest.raises(ProtectedError):
            row.delete()


def test_the_text_of_rows() -> None:
    source = SourceFactory.create(title="Budget 2025", publisher=PublisherFactory.create(name="Budget office"))
    assert str(source) == "Budget 2025 (Budget office)"
    assert str(Source(title="Draft")) == "Draft"
    assert "Budget 2025 (Budget office) at 20" in str(Snapshot(source=source))
