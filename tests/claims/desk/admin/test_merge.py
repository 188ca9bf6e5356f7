"""The page that merges two rows: the preview, the reason, the second person, and what hostile forms get."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.choices import NameChangeState
from claims.models import Claimant, NameChange, Revision
from tests.desk import signed_in
from tests.factories import ClaimantFactory, ClaimFactory, SourceFactory, TopicFactory, published

pytestmark = pytest.mark.django_db
PAGE = "admin:claims_claimant_merge"


def opened(client: Client, gone: Any, kept: Any) -> Any:
    return client.get(reverse(PAGE), {"gone": gone.pk, "kept": kept.pk})


def sent(client: Client, gone: Any, kept: Any, **changes: str) -> Any:
    seen = opened(client, gone, kept).context["preview"].digest
    form = {"gone": gone.pk, "kept": kept.pk, "seen": seen, "reason": "One person."} | changes
    return client.post(reverse(PAGE), form)


def test_two_selected_rows_open_the_page_and_the_older_one_stays() -> None:
    first, second = ClaimantFactory.create(), ClaimantFactory.create()
    chosen = {"action": "merge_selected", "_selected_action": [second.pk, first.pk]}

    response = signed_in("Editor").post(reverse("admin:claims_claimant_changelist"), chosen)

    assert response["Location"] == f"{reverse(PAGE)}?gone={second.pk}&kept={first.pk}"


def test_one_selected_row_gets_a_message() -> None:
    chosen = {"action": "merge_selected", "_selected_action": [ClaimantFactory.create().pk]}

    response = signed_in("Editor").post(reverse("admin:claims_claimant_changelist"), chosen, follow=True)

    assert "Select exactly two" in response.content.decode()


def test_the_preview_shows_what_readers_will_see_word_for_word_and_changes_nothing() -> None:
    gone, kept = ClaimantFactory.create(name="Jon Smith", slug="jon"), ClaimantFactory.create(name="John Smith")
    claim = published(claimant=gone)
    before = Revision.objects.count()

    page = opened(signed_in("Editor"), gone, kept).content.decode()

    assert "<del>Jon</del>" in page
    assert "<ins>John</ins>" in page
    assert claim.statement in page
    assert "1 published claim changes." in page
    assert "Propose the merge" in page
    assert (Revision.objects.count(), claim.published.claimant) == (before, "jon")
    assert Claimant.objects.filter(pk=gone.pk).exists()


def test_two_people_merge_what_readers_see() -> None:
    gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
    claim = published(claimant=gone)

    assert sent(signed_in("Editor"), gone, kept).status_code == 302
    change = NameChange.objects.get()
    page = reverse("admin:claims_namechange_change", args=[change.pk])
    second = signed_in("Editor")
    response = second.post(page, {"decision": "accept", "seen": second.get(page).context["preview"].digest})

    assert response.status_code == 302
    change.refresh_from_db()
    assert change.state == NameChangeState.DONE
    claim.published.refresh_from_db()
    assert claim.published.claimant == kept.slug

    undo = signed_in("Editor").post(page, {"decision": "undo", "why_undone": "Two people."})
    assert undo.status_code == 302
    undoing = reverse("admin:claims_namechange_change", args=[NameChange.objects.get(undoes=1).pk])
    assert signed_in("Chief editor").post(undoing, {"decision": "accept"}).status_code == 302
    claim.published.refresh_from_db()
    assert claim.published.claimant == gone.slug


def test_the_second_person_sees_the_preview_again_if_something_changed() -> None:
    gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
    published(claimant=gone)
    sent(signed_in("Editor"), gone, kept)
    page = reverse("admin:claims_namechange_change", args=[NameChange.objects.get().pk])
    second = signed_in("Editor")
    seen = second.get(page).context["preview"].digest
    ClaimFactory.create(claimant=gone)

    response = second.post(page, {"decision": "accept", "seen": seen})

    assert response.status_code == 409
    assert "Something changed since you opened this page" in response.content.decode()
    assert (
        second.post(page, {"decision": "accept", "seen": response.context["form"]["seen"].value()}).status_code == 302
    )


def test_a_merge_of_what_changed_since_the_preview_comes_back_with_the_reason() -> None:
    gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
    client = signed_in("Editor")
    seen = opened(client, gone, kept).context["preview"].digest
    ClaimFactory.create(claimant=gone)

    response = client.post(reverse(PAGE), {"gone": gone.pk, "kept": kept.pk, "seen": seen, "reason": "My long reason."})

    assert response.status_code == 409
    assert "My long reason." in response.content.decode()
    assert response.context["confirm"]["seen"].value() != seen
    assert not NameChange.objects.exists()


def test_a_merge_needs_a_reason() -> None:
    response = sent(signed_in("Editor"), ClaimantFactory.create(), ClaimantFactory.create(), reason=" ")

    assert response.status_code == 409
    assert "Say why these are the same." in response.content.decode()


@pytest.mark.parametrize("kept", ["0", "x", "", "9" * 30, "1\x00"])
def test_a_row_that_does_not_exist_is_an_error_that_keeps_the_reason(kept: str) -> None:
    gone = ClaimantFactory.create()
    form = {"gone": gone.pk, "kept": kept, "seen": "", "reason": "My long reason."}

    response = signed_in("Editor").post(reverse(PAGE), form)

    assert response.status_code == 400
    assert "My long reason." in response.content.decode()


def test_a_row_is_not_merged_with_itself_nor_with_a_row_of_another_table() -> None:
    claimant = ClaimantFactory.create()
    topic = TopicFactory.create(pk=claimant.pk + 1000)
    client = signed_in("Editor")

    same = client.post(reverse(PAGE), {"gone": claimant.pk, "kept": claimant.pk, "reason": "Same."})
    other = client.post(reverse(PAGE), {"gone": claimant.pk, "kept": topic.pk, "reason": "Same."})

    assert (same.status_code, other.status_code) == (400, 400)
    assert "Choose two different rows." in same.content.decode()


@pytest.mark.parametrize("role", ["Reporter", "Assessor"])
def test_nobody_else_merges(role: str) -> None:
    gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
    seen = opened(signed_in("Editor"), gone, kept).context["preview"].digest

    response = signed_in(role).post(
        reverse(PAGE), {"gone": gone.pk, "kept": kept.pk, "seen": seen, "reason": "One person."}
    )

    assert response.status_code == 403
    assert Claimant.objects.count() == 2


def test_sources_show_which_claims_cite_both() -> None:
    gone, kept = SourceFactory.create(), SourceFactory.create()
    claim = ClaimFactory.create(appearances=[gone], evidence=[kept])

    page = signed_in("Editor").get(reverse("admin:sources_source_merge"), {"gone": gone.pk, "kept": kept.pk})

    assert "Claims that cite both" in page.content.decode()
    assert claim.slug in page.content.decode()
