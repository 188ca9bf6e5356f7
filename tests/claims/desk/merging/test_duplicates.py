"""Rows that may be one thing: what is found, what is remembered, and the list."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.choices import Likeness, NameKind
from claims.desk.merging import duplicates
from claims.desk.merging.preview import preview
from claims.desk.rules import Refused
from claims.models import Claimant, LikelyDuplicate, Topic
from sources.choices import Protection
from sources.models import Source
from tests.claims.desk.merging.test_acts import merged
from tests.desk import errors_of, filled_in, signed_in
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    published,
    withdrawn,
)

pytestmark = pytest.mark.django_db
LIST = "admin:claims_likelyduplicate_changelist"
MADE: list[tuple[NameKind, Any, dict[str, Any], dict[str, Any]]] = [
    (NameKind.CLAIMANT, ClaimantFactory, {"name": "José Muñoz"}, {"name": "Jose  Munoz"}),
    (NameKind.CLAIMANT, ClaimantFactory, {"name": "Pacific Corp"}, {"name": "Расific corp."}),
    (
        NameKind.CLAIMANT,
        ClaimantFactory,
        {"name": "Jane Roe", "wikidata": "https://www.wikidata.org/wiki/Q1"},
        {"name": "J. M. Roe", "wikidata": "http://wikidata.org/wiki/Q1"},
    ),
    (NameKind.TOPIC, TopicFactory, {"name": "Water supply"}, {"name": "Water-Supply"}),
    (
        NameKind.SOURCE,
        SourceFactory,
        {"address": "https://youtu.be/dQw4w9WgXcQ"},
        {"address": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&utm_source=x"},
    ),
    (
        NameKind.SOURCE,
        SourceFactory,
        {"address": "https://paper.example/a"},
        {
            "address": "https://b.example/",
            "archived_address": "https://web.archive.org/web/2024/https://paper.example/a",
        },
    ),
    (NameKind.PUBLISHER, PublisherFactory, {"name": "The Post"}, {"name": "the post"}),
    (
        NameKind.PUBLISHER,
        PublisherFactory,
        {"name": "The Post", "address": "https://www.post.example/"},
        {"name": "Post of Denver", "address": "http://post.example/news"},
    ),
]


def saying(statement: str, **kwargs: Any) -> Any:
    return ClaimFactory.create(statement=statement, **kwargs)


@pytest.mark.parametrize(("kind", "factory", "one", "other"), MADE)
def test_rows_that_look_the_same_are_found(kind: NameKind, factory: Any, one: Any, other: Any) -> None:
    first, second = factory.create(**one), factory.create(**other)
    factory.create()

    assert list(duplicates.find(kind)) == [(first.pk, second.pk)]


def test_claims_with_nearly_the_same_words_are_found_whatever_their_state() -> None:
    one = published(saying("The council spent 30 million dollars on new bridges in 2024."))
    other = saying("The council spent 30 million dollars on new bridges in Denver in 2024.")
    saying("The council spent 45 million dollars on new schools in 2022.")
    saying("Inflation fell to two percent last year.")
    withdrawn(published(saying("The council spent 30 million dollars on new bridges in 2024!")))

    assert list(duplicates.find(NameKind.CLAIM)) == [(one.pk, other.pk)]


def test_three_of_one_name_are_two_pairs() -> None:
    rows = [ClaimantFactory.create(name="Jane Roe") for _ in range(3)]

    assert list(duplicates.find(NameKind.CLAIMANT)) == [(rows[0].pk, rows[1].pk), (rows[0].pk, rows[2].pk)]


def test_the_command_brings_the_list_up_to_date_and_can_run_again() -> None:
    first, second = ClaimantFactory.create(name="Jane Roe"), ClaimantFactory.create(name="Jane Roe")
    other = ClaimantFactory.create(name="JANE ROE")
    output = StringIO()

    call_command("find_duplicates", kind="claimant", stdout=output)
    call_command("find_duplicates", stdout=output)

    assert "claimant: 2 likely duplicates in the list, 2 of them new; 0 taken out." in output.getvalue()
    assert "claimant: 2 likely duplicates in the list, 0 of them new; 0 taken out." in output.getvalue()
    duplicates.dismiss(NameKind.CLAIMANT, second.pk, first.pk, by=UserFactory.create())
    Claimant.objects.filter(pk=other.pk).update(name="Another")
    call_command("find_duplicates", stdout=output)
    assert "claimant: 0 likely duplicates in the list, 0 of them new; 1 taken out." in output.getvalue()
    assert LikelyDuplicate.objects.get().is_dismissed


def test_a_dry_run_stores_nothing() -> None:
    for _ in range(2):
        ClaimantFactory.create(name="Jane Roe")
    output = StringIO()

    call_command("find_duplicates", dry_run=True, stdout=output)

    assert "claimant: 1 likely duplicates." in output.getvalue()
    assert not LikelyDuplicate.objects.exists()


def test_a_merge_takes_its_pairs_out_of_the_list() -> None:
    first, second = ClaimantFactory.create(name="Jane Roe"), ClaimantFactory.create(name="Jane Roe")
    duplicates.store(NameKind.CLAIMANT, duplicates.find(NameKind.CLAIMANT))

    merged(NameKind.CLAIMANT, second, first)

    assert not LikelyDuplicate.objects.exists()


def test_the_list_shows_both_rows_leads_to_the_merge_and_remembers_what_is_not_the_same() -> None:
    first, second = ClaimantFactory.create(name="Jane Roe"), ClaimantFactory.create(name="Jane Roe", role="Mayor")
    duplicates.store(NameKind.CLAIMANT, duplicates.find(NameKind.CLAIMANT))
    client = signed_in("Editor")

    page = client.get(reverse(LIST)).content.decode()

    assert "Jane Roe (Mayor" in page
    assert f"gone={second.pk}&amp;kept={first.pk}" in page
    pair = LikelyDuplicate.objects.get()
    client.post(reverse(LIST), {"action": "dismiss_selected", "_selected_action": [pair.pk]})
    pair.refresh_from_db()
    assert pair.is_dismissed
    assert pair.dismissed_by
    duplicates.store(NameKind.CLAIMANT, duplicates.find(NameKind.CLAIMANT))
    assert not LikelyDuplicate.objects.filter(is_dismissed=False).exists()
    assert duplicates.near(first) == []


def test_the_list_runs_as_many_queries_for_many_pairs() -> None:
    client = signed_in("Editor")

    def queries() -> int:
        for _ in range(2):
            ClaimantFactory.create(name="Jane Roe")
        duplicates.store(NameKind.CLAIMANT, duplicates.find(NameKind.CLAIMANT))
        client.get(reverse(LIST))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(reverse(LIST))
        return len(captured)

    assert queries() == queries()


class TestBesideTheForm:
    def test_a_row_that_looks_the_same_is_named_with_a_link_to_the_merge(self) -> None:
        first, second = TopicFactory.create(name="Water"), TopicFactory.create(name="Wáter.")

        page = signed_in("Editor").get(reverse("admin:claims_topic_change", args=[second.pk])).content.decode()

        assert "Likely the same:" in page
        assert reverse("admin:claims_topic_change", args=[first.pk]) in page
        assert f"gone={second.pk}&amp;kept={first.pk}" in page

    def test_a_reporter_sees_no_link_that_they_cannot_follow(self) -> None:
        ClaimantFactory.create(name="Jane Roe")
        second = ClaimantFactory.create(name="Jane Roe")

        page = signed_in("Reporter").get(reverse("admin:claims_claimant_change", args=[second.pk])).content.decode()

        assert "Likely the same:" not in page

    @pytest.mark.parametrize("table", ["claims_claimant", "claims_topic", "sources_publisher"])
    def test_a_second_row_of_one_name_is_stored_only_if_the_editor_insists(self, table: str) -> None:
        factory: Any = {"claims_claimant": ClaimantFactory, "claims_topic": TopicFactory}.get(table, PublisherFactory)
        twin = factory.create(name="City of Denver")
        client, page = signed_in("Editor"), reverse(f"admin:{table}_add")
        sent = filled_in(client, page) | {"name": "city of Denver.", "slug": "the-second"}
        sent |= {"kind": "person"} if table == "claims_claimant" else {}

        refused = client.post(page, sent)

        assert "This name is logged already" in errors_of(refused)
        assert reverse(f"admin:{table}_change", args=[twin.pk]) in refused.content.decode()
        assert "city of Denver." in refused.content.decode()
        assert client.post(page, sent | {"is_another": "on"}).status_code == 302
        assert LikelyDuplicate.objects.get().is_dismissed

    def test_a_slug_that_was_merged_is_refused_with_where_it_leads(self) -> None:
        gone, kept = TopicFactory.create(slug="gone"), TopicFactory.create(slug="kept")
        merged(NameKind.TOPIC, gone, kept)
        client, page = signed_in("Editor"), reverse("admin:claims_topic_add")

        response = client.post(page, filled_in(client, page) | {"name": "Another", "slug": "gone"})

        assert "lead to “kept”" in errors_of(response)
        assert not Topic.objects.filter(slug="gone").exists()

    def test_a_source_that_is_another_page_is_remembered(self) -> None:
        twin = SourceFactory.create(address="https://youtu.be/dQw4w9WgXcQ")
        client, page = signed_in("Editor"), reverse("admin:sources_source_add")
        sent = filled_in(client, page) | {
            "title": "A film",
            "slug": "a-film",
            "publisher": twin.publisher_id,
            "kind": "recording",
            "address": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            "is_another_page": "on",
        }

        assert client.post(page, sent).status_code == 302

        pair = LikelyDuplicate.objects.get()
        assert (pair.first, pair.why, pair.is_dismissed) == (twin.pk, Likeness.ADDRESS, True)


def test_a_protected_source_is_never_named_as_a_duplicate_and_cannot_be_merged() -> None:
    only_there = PublisherFactory.create(name="The clinic")
    hidden = SourceFactory.create(address="https://youtu.be/abc12345678", publisher=only_there)
    other = SourceFactory.create(address="https://www.youtube.com/watch?v=abc12345678")
    twin = PublisherFactory.create(name="The  Clinic")
    assert [found.row for found in duplicates.near(other)] == [hidden]
    assert [found.row for found in duplicates.near(twin)] == [only_there]
    Source.objects.filter(pk=hidden.pk).update(protection=Protection.NAMED, canonical_address=None, alias="hidden-1")
    assert not any(duplicates.near(row) for row in (other, twin, hidden, only_there))
    assert not any(duplicates.find(kind) for kind in (NameKind.SOURCE, NameKind.PUBLISHER))
    with pytest.raises(Refused, match="or is a protected source"):
        preview(NameKind.SOURCE, gone=hidden.pk, kept=other.pk)
    page = signed_in("Editor").get(f"/admin/sources/source/merge/?gone={hidden.pk}&kept={other.pk}")
    assert hidden.title not in page.content.decode()
