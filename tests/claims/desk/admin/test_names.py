"""Names that readers see: claimants, topics, ratings, sources and publishers at the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.choices import Act, NameChangeState, State
from claims.models import (
    Affiliation,
    Claim,
    Claimant,
    Correction,
    NameChange,
    PublishedClaim,
    Rating,
    RatingScale,
    Revision,
    Topic,
)
from sources.models import Publisher
from tests.claims.desk.admin.browser import fields_of
from tests.desk import ROLES, errors_of, filled_in, signed_in
from tests.factories import ClaimantFactory, ClaimFactory, PublisherFactory, TopicFactory, approved, published

pytestmark = pytest.mark.django_db

REASON = "It calls itself so since June."

# What an editor changes on each page, and what readers then see
NAMED: dict[str, tuple[Callable[[Claim], Any], str, Callable[[dict[str, Any]], str]]] = {
    "claimant": (lambda claim: claim.claimant, "name", lambda content: content["claimant"]["name"]),
    "topic": (lambda claim: claim.topics.get(), "name", lambda content: content["topics"][0]["name"]),
    "rating": (lambda claim: claim.rating, "label", lambda content: content["rating"]["label"]),
    "source": (
        lambda claim: claim.appearances.get().source,
        "title",
        lambda content: content["appearances"][0]["source"]["title"],
    ),
    "publisher": (
        lambda claim: claim.appearances.get().source.publisher,
        "name",
        lambda content: content["appearances"][0]["source"]["publisher"]["name"],
    ),
}


def page_of(row: Any) -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def send(client: Client, row: Any, **changes: Any) -> Any:
    page = page_of(row)
    return client.post(page, filled_in(client, page) | changes, follow=True)


def accepted(role: str = "Editor") -> Any:
    """Another person brings the newest proposal to readers."""
    page = reverse("admin:claims_namechange_change", args=[NameChange.objects.latest("pk").pk])
    return signed_in(role).post(page, {"decision": "accept"}, follow=True)


def shown(claim: Claim) -> dict[str, Any]:
    content: dict[str, Any] = PublishedClaim.objects.get(claim=claim).revision.content
    return content


@pytest.mark.parametrize("table", NAMED)
def test_a_new_name_reaches_readers_in_a_revision_that_says_why(table: str) -> None:
    claim = published(topics=[TopicFactory.create()])
    find, field, seen = NAMED[table]

    response = send(signed_in("Chief editor"), find(claim), **{field: "A newer name", "reason": REASON})
    page = response.content.decode()
    assert "You proposed the change" in page
    assert "changed successfully" not in page
    assert response.redirect_chain[-1][0] == reverse(
        "admin:claims_namechange_change", args=[NameChange.objects.get().pk]
    )
    entry = LogEntry.objects.latest("pk")
    assert ("A newer name" in str(entry), entry.change_message) == (False, "Proposed a change that readers will see.")
    assert seen(shown(claim)) != "A newer name"

    response = accepted()
    revision = PublishedClaim.objects.get(claim=claim).revision
    assert (revision.number, revision.act, revision.reason) == (2, Act.RENAME, REASON)
    assert seen(revision.content) == "A newer name"
    assert "Readers see the change" in response.content.decode()


@pytest.mark.parametrize("table", NAMED)
def test_without_a_reason_the_form_comes_back_and_nothing_is_saved(table: str) -> None:
    claim = published(topics=[TopicFactory.create()])
    find, field, _seen = NAMED[table]
    before = getattr(find(claim), field)

    response = send(signed_in("Chief editor"), find(claim), **{field: "A newer name", "reason": "  "})

    assert response.context["adminform"].form.errors["reason"] == ["Readers see this name. Tell them why it changes."]
    assert "A newer name" in response.content.decode()
    assert getattr(find(Claim.objects.get(pk=claim.pk)), field) == before
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("table", NAMED)
def test_a_change_is_refused_if_another_was_proposed_since(table: str) -> None:
    row = NAMED[table][0](published(topics=[TopicFactory.create()]))
    field, client = NAMED[table][1], signed_in("Chief editor")
    sent = filled_in(client, page_of(row)) | {field: "My name", "reason": REASON}
    send(signed_in("Chief editor"), row, **{field: "Their name", "reason": REASON})

    response = client.post(page_of(row), sent)

    assert "Another change of this name is waiting" in errors_of(response)
    assert "My name" in response.content.decode()
    assert "Their name" in NameChange.objects.get().after


@pytest.mark.parametrize("table", NAMED)
def test_a_form_opened_before_a_change_reached_readers_shows_the_change(table: str) -> None:
    claim = published(topics=[TopicFactory.create()])
    find, field, seen = NAMED[table]
    client, row = signed_in("Chief editor"), find(claim)
    sent = filled_in(client, page_of(row)) | {field: "My name", "reason": REASON}
    send(signed_in("Chief editor"), row, **{field: "Their name", "reason": REASON})
    accepted()

    response = client.post(page_of(row), sent)

    assert response.status_code == 409
    assert "Their name" in response.content.decode().partition('class="module conflict"')[2]
    assert seen(shown(claim)) == "Their name"
    assert NameChange.objects.count() == 1


def test_a_form_opened_before_readers_saw_the_name_keeps_its_slug() -> None:
    claim = ClaimFactory.create()
    row, client = claim.claimant, signed_in("Editor")
    assert row
    sent = filled_in(client, page_of(row)) | {"note": "Ring before noon."}
    published(claim)

    response = client.post(page_of(row), sent | {"slug": "another"})

    assert response.status_code == 302
    assert (Claimant.objects.get().slug, Claimant.objects.get().note) == (row.slug, "Ring before noon.")


@pytest.mark.parametrize("table", ["claimant", "source", "publisher"])
def test_a_reporter_may_not_change_what_readers_see(table: str) -> None:
    claim = published()
    find, field, _seen = NAMED[table]

    response = send(signed_in("Reporter"), find(claim), **{field: "A newer name", "reason": REASON})

    assert "Your role doesn't allow this" in errors_of(response)
    assert getattr(find(Claim.objects.get(pk=claim.pk)), field) != "A newer name"
    assert not NameChange.objects.exists()


def test_a_reporter_reads_before_typing_that_an_editor_has_to_change_what_readers_see() -> None:
    claimant = published().claimant
    assert claimant
    warning, page = "only an editor can propose a change", f"/admin/claims/claimant/{claimant.pk}/change/"
    assert warning in signed_in("Reporter").get(page).content.decode()
    assert warning not in signed_in("Editor").get(page).content.decode()
    draft = ClaimantFactory.create()
    own = f"/admin/claims/claimant/{draft.pk}/change/"
    assert warning not in signed_in("Reporter").get(own).content.decode()


def test_a_change_that_readers_do_not_see_needs_no_reason() -> None:
    claim = published()

    response = send(signed_in("Reporter"), claim.claimant, note="Ring before noon.")

    assert response.redirect_chain
    assert Claimant.objects.get().note == "Ring before noon."
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("table", NAMED)
def test_saving_without_a_change_publishes_nothing(table: str) -> None:
    claim = published(topics=[TopicFactory.create(description="First line\nsecond line")])
    find, _field, _seen = NAMED[table]

    response = send(signed_in("Chief editor"), find(claim))

    assert response.redirect_chain
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("table", NAMED)
def test_the_slug_of_what_readers_see_is_fixed(table: str) -> None:
    claim = published(topics=[TopicFactory.create()])
    find, _field, _seen = NAMED[table]
    slug = find(claim).slug

    send(signed_in("Chief editor"), find(claim), slug="another")

    assert find(Claim.objects.get(pk=claim.pk)).slug == slug


def test_a_name_that_readers_have_not_seen_is_renamed_without_a_reason() -> None:
    claimant: Any = ClaimFactory.create().claimant
    client = signed_in("Reporter")

    assert 'name="reason"' not in client.get(page_of(claimant)).content.decode()
    send(client, claimant, name="A newer name", slug="a-newer-name")

    claimant.refresh_from_db()
    assert (claimant.name, claimant.slug) == ("A newer name", "a-newer-name")


def test_the_form_says_which_approvals_a_change_ends_and_saving_says_which_it_ended() -> None:
    claim = approved(ClaimFactory.create())
    client = signed_in("Reporter")

    assert claim.slug in client.get(page_of(claim.claimant)).content.decode()
    response = send(client, claim.claimant, name="A newer name")

    assert f"back in review: {claim.slug}" in response.content.decode()
    claim.refresh_from_db()
    assert claim.state == State.IN_REVIEW


def test_the_proposer_is_asked_to_wait_for_another_person() -> None:
    claim = published()
    client = signed_in("Editor")
    send(client, claim.claimant, name="A newer name", reason=REASON)
    page = reverse("admin:claims_namechange_change", args=[NameChange.objects.get().pk])

    assert 'value="accept"' not in client.get(page).content.decode()
    response = client.post(page, {"decision": "accept"})
    assert response.status_code == 409
    assert "Another person must publish it" in response.content.decode()
    assert 'value="accept"' in signed_in("Editor").get(page).content.decode()


def test_a_proposal_is_declined_with_a_reason_that_is_kept_when_it_cannot_be() -> None:
    claim = published()
    send(signed_in("Editor"), claim.claimant, name="A newer name", reason=REASON)
    change = NameChange.objects.get()
    page, other = reverse("admin:claims_namechange_change", args=[change.pk]), signed_in("Editor")

    assert "Say why this is declined" in other.post(page, {"decision": "decline", "why": " "}).content.decode()
    other.post(page, {"decision": "decline", "why": "It was a joke."})
    late = signed_in("Editor").post(page, {"decision": "decline", "why": "Too late."})

    assert late.status_code == 409
    assert "already decided" in late.content.decode()
    assert "Too late." in late.content.decode()
    change.refresh_from_db()
    assert (change.state, change.why_declined) == ("declined", "It was a joke.")


@pytest.mark.parametrize("role", ["Reporter", "Assessor"])
def test_people_who_may_not_decide_can_read_a_proposal(role: str) -> None:
    claim = published()
    send(signed_in("Editor"), claim.claimant, name="A newer name", reason=REASON)
    page, client = reverse("admin:claims_namechange_change", args=[NameChange.objects.get().pk]), signed_in(role)

    response = client.get(page)
    assert "A newer name" in response.content.decode()
    assert 'value="accept"' not in response.content.decode()
    assert client.post(page, {"decision": "accept"}).status_code == 403
    assert shown(claim)["claimant"]["name"] != "A newer name"


@pytest.mark.parametrize("sent", [{}, {"decision": "burn"}, {"decision": "accept\0"}])
def test_an_unknown_decision_is_an_error_of_the_form(sent: dict[str, str]) -> None:
    claim = published()
    send(signed_in("Editor"), claim.claimant, name="A newer name", reason=REASON)
    page = reverse("admin:claims_namechange_change", args=[NameChange.objects.get().pk])

    assert signed_in("Editor").post(page, sent).status_code == 400


def test_a_draft_change_of_the_claim_stays_at_the_desk() -> None:
    claim = published()
    Claim.objects.filter(pk=claim.pk).update(summary="A draft.")

    send(signed_in("Editor"), claim.claimant, name="A newer name", reason=REASON)
    accepted()

    assert shown(claim)["claimant"]["name"] == "A newer name"
    assert shown(claim)["summary"] == claim.summary != "A draft."


def test_a_new_affiliation_reaches_readers_too() -> None:
    claim: Any = published()
    row = {"affiliations-TOTAL_FORMS": "1", "affiliations-0-claimant": claim.claimant.pk}
    row |= {
        "affiliations-0-name": "City council",
        "affiliations-0-started": "2023",
        "affiliations-0-ended": "",
    }

    refused = send(signed_in("Editor"), claim.claimant, **row)
    assert "reason" in refused.context["adminform"].form.errors
    assert "City council" in refused.content.decode()
    assert not Affiliation.objects.exists()

    send(signed_in("Editor"), claim.claimant, **row, reason=REASON)
    assert not Affiliation.objects.exists()
    accepted()
    assert shown(claim)["claimant"]["affiliations"] == [{"name": "City council", "started": "2023", "ended": ""}]


def test_an_affiliation_cannot_end_before_it_starts() -> None:
    claimant = ClaimantFactory.create()
    row = {"affiliations-TOTAL_FORMS": "1", "affiliations-0-name": "City council"}
    row |= {
        "affiliations-0-started": "2023",
        "affiliations-0-ended": "2021-05",
        "affiliations-0-claimant": str(claimant.pk),
    }

    response = send(signed_in("Reporter"), claimant, **row)

    assert "The end date must not be before the start date." in errors_of(response)


def test_the_number_of_a_rating_is_public_and_its_change_is_not_a_correction() -> None:
    claim = published()
    Rating.objects.get(slug="false").delete()

    send(signed_in("Chief editor"), claim.rating, value="1", reason="The scale was numbered anew.")
    accepted()

    assert shown(claim)["rating"]["value"] == 1
    assert not Correction.objects.exists()


def test_the_ends_of_a_scale_reach_every_claim_rated_on_it() -> None:
    claim = published()
    scale = RatingScale.objects.get()

    send(signed_in("Chief editor"), scale, best="7", reason="The scale grew.")
    accepted()

    assert shown(claim)["rating"]["best"] == 7


def test_a_scale_keeps_its_ratings_between_its_ends() -> None:
    response = send(signed_in("Chief editor"), RatingScale.objects.get(), best="4")

    assert "True" in errors_of(response)
    assert RatingScale.objects.get().best == 5


def test_only_chief_editors_change_ratings() -> None:
    rating = Rating.objects.get(slug="true")
    assert signed_in("Editor").post(page_of(rating), {"label": "Right"}).status_code == 403
    assert signed_in("Chief editor").get(page_of(rating)).status_code == 200


ALLOWED = {
    "claimant": {"Reporter": "add change", "Editor": "add change", "Chief editor": "add change"},
    "topic": {"Editor": "add change", "Chief editor": "add change"},
    "rating": {"Chief editor": "add change"},
    "ratingscale": {"Chief editor": "add change"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", ALLOWED)
def test_each_role_may_do_what_the_table_says(table: str, role: str) -> None:
    claim: Any = published(topics=[TopicFactory.create()])
    row = {
        "claimant": claim.claimant,
        "topic": claim.topics.get(),
        "rating": claim.rating,
        "ratingscale": claim.rating.scale,
    }[table]
    allowed = ALLOWED[table].get(role, "").split()
    client, start = signed_in(role), f"/admin/claims/{table}/"

    assert client.get(start).status_code == client.get(f"{start}{row.pk}/change/").status_code == 200
    for page, action, incomplete in [("add/", "add", 200), (f"{row.pk}/change/", "change", 409)]:
        sent = {"affiliations-TOTAL_FORMS": 0, "affiliations-INITIAL_FORMS": 0}
        assert client.post(start + page, sent).status_code == (incomplete if action in allowed else 403)
    assert client.post(f"{start}{row.pk}/delete/").status_code == 403


@pytest.mark.parametrize("typed", ["null\0byte", "long " * 100, "\u202e\x07"])
@pytest.mark.parametrize("field", ["name", "slug", "role", "wikidata", "reason"])
def test_hostile_text_never_breaks_a_form(field: str, typed: str) -> None:
    claim = published()
    response = send(signed_in("Editor"), claim.claimant, **{field: typed})
    assert response.status_code == 200


@pytest.mark.parametrize("row", ["affiliations-TOTAL_FORMS", "affiliations-INITIAL_FORMS", "affiliations-0-id"])
@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 40, "\0"])
def test_broken_rows_never_break_a_form(row: str, typed: str) -> None:
    claimant = ClaimantFactory.create()
    Affiliation.objects.create(claimant=claimant, name="City council")
    response = send(signed_in("Editor"), claimant, **{row: typed})
    assert response.status_code == 200


def test_lists_of_names_need_the_same_number_of_queries_at_any_length() -> None:
    client = signed_in("Editor")

    def count_queries() -> dict[str, int]:
        counted = {}
        for table in ("claimant", "topic", "rating", "ratingscale"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/admin/claims/{table}/").status_code == 200
            counted[table] = len(queries)
        return counted

    published(topics=[TopicFactory.create()])
    few = count_queries()
    for number in range(3):
        published(topics=[TopicFactory.create()])
        RatingScale.objects.create(slug=f"scale-{number}", name=f"Scale {number}")
    assert count_queries() == few


def test_a_claimant_needs_the_same_number_of_queries_in_one_claim_or_many() -> None:
    client, claimant = signed_in("Editor"), ClaimantFactory.create()

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(claimant)).status_code == 200
        return len(queries)

    published(claimant=claimant)
    few = count_queries()
    for _ in range(5):
        published(claimant=claimant)
    assert count_queries() == few


def test_a_form_that_only_the_database_refuses_comes_back_with_everything_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This happens if somebody else stores the same name after this form was checked and before it is saved."""
    TopicFactory.create(name="Migration")
    monkeypatch.setattr(Topic, "validate_unique", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(Topic, "validate_constraints", lambda *_args, **_kwargs: None)
    typed = {"name": "Migration", "slug": "migration", "description": "Keep me.", "is_another": "on"}

    response = signed_in("Editor").post("/admin/claims/topic/add/", typed)

    assert "Somebody else saved the same at the same time" in errors_of(response)
    assert "Keep me." in response.content.decode()


def test_a_new_rating_is_for_nobody_until_it_is_in_use_and_a_retired_one_stays_with_its_claims() -> None:
    chief, reader = signed_in("Chief editor"), Client()
    add = "/admin/claims/rating/add/"
    assert 'name="is_offered"' not in chief.get(add).content.decode()
    claim = published()
    retired = claim.rating
    assert retired
    unused = Rating.objects.exclude(pk=retired.pk).first()
    assert unused
    Rating.objects.filter(pk__in=[retired.pk, unused.pk]).update(is_offered=False)
    page = reader.get("/about/ratings/").content.decode()
    assert (retired.label in page, unused.definition in page) == (True, False)
    assert reader.get(f"/api/v1/ratings/{unused.slug}/").status_code == 404
    offered = {
        address: chief.get(address).context["adminform"].form.fields["rating"].queryset
        for address in ("/admin/claims/claim/add/", f"/admin/claims/claim/{claim.pk}/change/")
    }
    assert [retired in ratings for ratings in offered.values()] == [False, True]
    assert not any(unused in ratings for ratings in offered.values())


def test_ratings_of_one_place_are_listed_by_their_numbers() -> None:
    scale = RatingScale.objects.create(slug="stars", name="Stars", worst=1, best=3)
    for slug, number in (("a", 2), ("b", 3), ("c", 1)):
        Rating.objects.create(scale=scale, slug=slug, label=slug, definition="So.", value=number)
    assert [rating.slug for rating in scale.ratings.all()] == ["b", "a", "c"]


def test_one_person_alone_gives_readers_no_rating_and_takes_none_from_them() -> None:
    first, second, reader = signed_in("Chief editor"), signed_in("Chief editor"), Client()
    scale = Rating.objects.filter(on_scale=True)[0].scale

    def read() -> str:
        doors = ("/about/ratings/", "/es/about/ratings/", "/api/v1/ratings/?page_size=100")
        return "".join(reader.get(door).content.decode() for door in doors)

    def decided(client: Client, decision: str = "accept") -> int:
        page = f"/admin/claims/namechange/{NameChange.objects.latest('pk').pk}/change/"
        return client.post(page, {"decision": decision, "why": "Not now."}).status_code

    add = "/admin/claims/rating/add/"
    typed = {"scale": scale.pk, "label": "Half right", "slug": "half-right", "definition": "Half of it."}
    first.post(add, filled_in(first, add) | typed | {"on_scale": "", "is_offered": "on"})
    rating = Rating.objects.get(slug="half-right")
    assert "Half of it." not in read()
    # What readers don't see yet, one person prepares.
    send(first, rating, definition="Just half of it.")
    assert Rating.objects.get(pk=rating.pk).definition == "Just half of it."
    assert "Tell them why" in errors_of(send(first, rating, is_offered="on"))
    send(first, rating, is_offered="on", reason="We need it.")
    assert "half of it." not in read()
    proposal = f"/admin/claims/namechange/{NameChange.objects.latest('pk').pk}/change/"
    assert "Just half of it." in second.get(proposal).content.decode()
    assert decided(first) != 302
    assert decided(second) == 302
    assert read().count("Just half of it.") == 3
    # From now on readers see it, although no claim has it.
    for change in ({"label": "Changed alone"}, {"definition": "Changed alone."}, {"is_offered": ""}):
        send(first, rating, reason="It is better.", **change)
        assert "Changed alone" not in read()
        assert "Just half of it." in read()
        assert decided(second, "decline") == 302
    assert first.post(f"/admin/claims/rating/{rating.pk}/delete/", {"post": "yes"}).status_code == 403
    send(first, rating, is_offered="", reason="Nobody uses it.")
    assert decided(second) == 302
    assert "Just half of it." not in read().replace("<del>", "")


def test_a_proposer_sees_the_new_publisher_as_it_is_before_another_person_can_accept_it() -> None:
    """Otherwise who accepts it could have named the publisher a moment before, and nobody else would have seen that."""
    claim = published()
    source = claim.appearances.get().source
    publisher = PublisherFactory.create(name="Old Herald")
    chief = signed_in("Chief editor")
    page = f"/admin/sources/source/{source.pk}/change/"
    sent = fields_of(chief.get(page), "source_form") | {"publisher": [str(publisher.pk)], "reason": ["It moved."]}
    Publisher.objects.filter(pk=publisher.pk).update(name="Named By One")
    for _ in range(2):
        response = chief.post(page, sent)
        assert "Named By One" in errors_of(response)
        assert not NameChange.objects.exists()
    shown = fields_of(response, "source_form")
    assert shown["reason"] == ["It moved."]
    Publisher.objects.filter(pk=publisher.pk).update(name="Named Once More")
    response = chief.post(page, shown)
    assert "Named Once More" in errors_of(response)
    assert chief.post(page, fields_of(response, "source_form")).status_code == 302
    assert NameChange.objects.get().state == NameChangeState.PROPOSED
