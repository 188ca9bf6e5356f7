"""No door that lists changes of names gives words that readers can read in no version any more.

The secret name is "Zyqq…" in its words, in its address and in its slug.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import NameKind
from claims.desk import names, workflow
from claims.models import Affiliation, Claim, NameChange
from claims.outlets.mirror.site import addresses
from factcheck.accounts.models import User
from tests.claims import invariants
from tests.claims.desk.merging.test_acts import merged, undone
from tests.claims.formats.files import empty_the_database, exported
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db

PAGES = ["/corrections/", "/corrections/names/", "/es/corrections/", "/es/corrections/names/"]
FEEDS = ["/corrections.atom", "/corrections.rss", "/corrections.feed.json"]
SECRET = re.compile("zyqq", re.IGNORECASE)


def telling(client: Client) -> set[str]:
    """The doors that list changes of names and say the secret."""
    said = {door: client.get(door).content.decode() for door in [*PAGES, *FEEDS]}
    said["the published export"] = exported("--published")
    said["the addresses of the static copy"] = " ".join(addresses())
    # Marks stand between words that differ.
    return {door for door, text in said.items() if SECRET.search(text) or SECRET.search(re.sub("<[^>]*>", "", text))}


ALL = {*PAGES, *FEEDS, "the published export"}


def editor() -> User:
    return UserFactory.create(role="Editor")


# A claim with a secret name, the name, and an act that takes it out of the text

Named = tuple[Claim, Any, Callable[[Claim], Any]]


def of_a_claimant(slug: str = "zyqq") -> Named:
    person = ClaimantFactory.create(slug=slug, name="Zyqq Person", role="Mayor of Zyqqtown")
    return (
        ClaimFactory.create(claimant=person),
        person,
        lambda claim: Claim.objects.filter(pk=claim.pk).update(claimant=ClaimantFactory.create()),
    )


def of_somebody_quoted(slug: str = "zyqq") -> Named:
    person = ClaimantFactory.create(slug=slug, name="Zyqq Witness")
    claim = ClaimFactory.create()
    claim.appearances.update(attributed_to=person)
    return claim, person, lambda claim: claim.appearances.update(attributed_to=ClaimantFactory.create())


def of_a_source(slug: str = "zyqq") -> Named:
    source = SourceFactory.create(slug=slug, title="Zyqq’s letter", address="https://zyqq.example/letter")
    claim = ClaimFactory.create(evidence=[source])
    return claim, source, lambda claim: claim.evidence.update(source=SourceFactory.create())


def of_a_publisher(slug: str = "zyqq") -> Named:
    publisher = PublisherFactory.create(slug=slug, name="Zyqq Press", address="https://zyqq.example/")
    claim = ClaimFactory.create(evidence=[SourceFactory.create(publisher=publisher)])
    return claim, publisher, lambda claim: claim.evidence.update(source=SourceFactory.create())


def of_an_outlet(slug: str = "zyqq") -> Named:
    publisher = PublisherFactory.create(slug=slug, name="Zyqq Paper", address="https://zyqq.example/")
    claim = ClaimFactory.create(appearances=[SourceFactory.create(publisher=publisher)])
    return claim, publisher, lambda claim: claim.appearances.update(source=SourceFactory.create())


EVERY = [of_a_claimant, of_somebody_quoted, of_a_source, of_a_publisher, of_an_outlet]
every_name = pytest.mark.parametrize("made", EVERY)


def called(row: Any, name: str) -> dict[str, Any]:
    """The fields that give the row this name."""
    return {"title" if hasattr(row, "title") else "name": name}


def renamed_twice(row: Any) -> None:
    """Give the name a former one that is secret, and one that isn't."""
    if hasattr(row, "address"):
        renamed(row, **called(row, "Zyqq of old"), address="https://other.example/")
    other: dict[str, Any] = {"role": ""} if hasattr(row, "role") else {}
    renamed(row, **called(row, "A resident"), **other)


def without(claim: Claim, take_out: Callable[[Claim], Any]) -> Claim:
    """The claim, corrected to a text without the name."""
    claim.refresh_from_db()
    take_out(claim)
    return corrected(Claim.objects.get(pk=claim.pk))


def also_showing(row: Any) -> Claim:
    """Another published claim that shows the name, wherever it can."""
    kind = names.kind_of(row)
    if kind == NameKind.CLAIMANT:
        return published(claimant=row)
    return published(evidence=[row if kind == NameKind.SOURCE else SourceFactory.create(publisher=row)])


@every_name
def test_before_anything_is_removed_every_list_has_the_words(client: Client, made: Callable[..., Named]) -> None:
    claim, row, _take_out = made()
    published(claim)
    renamed(row, **called(row, "A resident"))
    assert telling(client) >= ALL
    withdrawn(Claim.objects.get(pk=claim.pk))
    assert telling(client) == set()


@every_name
def test_a_redaction_removes_the_words_of_a_name_that_the_claim_still_shows(
    client: Client, made: Callable[..., Named]
) -> None:
    claim, row, _take_out = made()
    published(claim)
    renamed_twice(row)
    assert "the published export" in telling(client)
    redacted(Claim.objects.get(pk=claim.pk))
    # The index of names still leads to it by its slug, as the newest version does.
    said = "".join(client.get(door).content.decode() for door in [*PAGES, *FEEDS])
    assert not SECRET.search(re.sub("<[^>]*>", "", said))
    assert not SECRET.search(said)
    assert invariants.broken() == []


@every_name
@pytest.mark.parametrize("is_shown_again", [False, True])
def test_a_redaction_removes_the_words_of_a_name_that_only_older_versions_showed(
    client: Client, made: Callable[..., Named], *, is_shown_again: bool
) -> None:
    claim, row, take_out = made(*(["a-resident"] if is_shown_again else []))
    published(claim)
    renamed_twice(row)
    claim = corrected(without(claim, take_out))
    if is_shown_again:
        also_showing(row)  # a claim that never showed the secret name
        assert {*PAGES, "the published export"} <= telling(client)
    redacted(claim)
    assert telling(client) == set()
    assert "We have removed these words" in client.get("/corrections/names/").content.decode()
    assert invariants.broken() == []


@every_name
@pytest.mark.parametrize("way", ["withdrawn", "corrected"])
def test_a_name_that_no_published_claim_shows_any_more_is_in_no_list(
    client: Client, made: Callable[..., Named], way: str
) -> None:
    claim, row, take_out = made()
    published(claim)
    renamed_twice(row)
    if way == "withdrawn":
        withdrawn(Claim.objects.get(pk=claim.pk))
    else:
        without(claim, take_out)
    # Readers can still read the versions before a correction, so what the record itself has isn't asked here.
    assert telling(client) <= ({"the published export"} if way == "corrected" else set())
    assert not [item for item in NameChange.objects.brought_to_readers() if item.has_words]


@every_name
def test_words_that_another_published_claim_shows_stay(client: Client, made: Callable[..., Named]) -> None:
    claim, row, take_out = made()
    published(claim)
    also_showing(row)
    renamed_twice(row)
    before = re.findall('<li id="([^"]*)"', client.get("/corrections/names/").content.decode())
    redacted(corrected(without(claim, take_out)))
    assert telling(client) >= ALL
    assert re.findall('<li id="([^"]*)"', client.get("/corrections/names/").content.decode()) == before
    assert before[0].startswith(f"{names.kind_of(row)}-{row.slug}-")


def test_words_that_only_another_claim_kept_go_when_it_is_withdrawn_and_return_with_it(client: Client) -> None:
    claim, row, take_out = of_a_claimant()
    published(claim)
    other = also_showing(row)
    renamed_twice(row)
    redacted(without(claim, take_out))
    assert telling(client) >= ALL

    other = withdrawn(Claim.objects.get(pk=other.pk))
    also_showing(row)
    listed = client.get("/corrections/names/").content.decode()
    assert not SECRET.search(listed)

    by = editor()
    again = approved(workflow.edit(other, by=by, version=other.version))
    workflow.publish(again, by=editor(), version=again.version, reason="The letter is real.")
    assert "Mayor of Zyqqtown" in re.sub("<[^>]*>", "", client.get("/corrections/names/").content.decode())


def test_what_one_person_changed_where_one_may_is_removed_too(client: Client, settings: LazySettings) -> None:
    settings.FOUR_EYES = False
    claim, row, take_out = of_a_publisher()
    published(claim)
    row.name = "A resident"
    change = names.save(row, row.save, by=editor(), reason="It asked us to.").change
    assert change is not None
    assert change.decided_alone
    assert telling(client) == ALL
    redacted(corrected(without(claim, take_out)))
    assert telling(client) == set()


def test_a_change_that_is_accepted_when_no_claim_shows_the_name_any_more_says_nothing(client: Client) -> None:
    claim, row, take_out = of_a_publisher()
    claim = published(claim)
    row.name, row.address = "A resident", ""
    proposal = names.save(row, row.save, by=editor(), reason="It asked us to.").change
    assert proposal is not None
    redacted(corrected(without(claim, take_out)))
    row.refresh_from_db()
    names.accept(proposal, by=editor())
    assert telling(client) == set()
    row.refresh_from_db()
    also_showing(row)
    assert not SECRET.search("".join(re.sub("<[^>]*>", "", client.get(door).content.decode()) for door in PAGES))


@pytest.mark.parametrize("is_still_shown", [True, False])
def test_a_merged_name_goes_with_the_versions_that_showed_it(client: Client, *, is_still_shown: bool) -> None:
    claim, gone, take_out = of_a_claimant()
    claim = published(claim)
    kept = ClaimantFactory.create(slug="a-resident", name="A resident")
    also_showing(kept)
    merge = merged(NameKind.CLAIMANT, gone, kept)
    assert {*ALL, "the addresses of the static copy"} == telling(client)
    assert client.get("/claimants/zyqq/").status_code == 301
    claim = Claim.objects.get(pk=claim.pk)
    redacted(claim if is_still_shown else corrected(without(claim, take_out)))
    assert telling(client) == set()
    # A redirect would say who the resident is.
    assert client.get("/claimants/zyqq/").status_code == 404
    assert invariants.broken() == []
    merge.refresh_from_db()
    assert merge.words_withheld


def test_undoing_a_merge_gives_no_words_back(client: Client) -> None:
    claim, gone, _take_out = of_a_claimant()
    claim = published(claim)
    kept = ClaimantFactory.create(slug="a-resident", name="A resident")
    also_showing(kept)
    merge = merged(NameKind.CLAIMANT, gone, kept)
    NameChange.objects.filter(pk=merge.pk).update(words_withheld=True)
    undoing = undone(merge)
    assert undoing.words_withheld
    assert not SECRET.search(client.get("/corrections/names/").content.decode())


def test_a_merge_says_nothing_of_a_name_that_readers_did_not_see(client: Client) -> None:
    gone, kept = ClaimantFactory.create(slug="zyqq", name="Zyqq Person"), ClaimantFactory.create(name="A resident")
    Affiliation.objects.create(claimant=gone, name="The Party")
    also_showing(kept)
    merge = merged(NameKind.CLAIMANT, gone, kept)
    assert merge.claims
    assert telling(client) == set()


def test_a_published_export_with_removed_words_is_loaded_with_the_same_list(client: Client, tmp_path: Path) -> None:
    claim, row, take_out = of_a_publisher()
    published(claim)
    renamed_twice(row)
    redacted(corrected(without(claim, take_out)))
    listed = client.get("/corrections/names/").content
    text = exported("--published")
    file = tmp_path / "published.json"
    file.write_text(text)
    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    assert client.get("/corrections/names/").content == listed
    assert exported("--published") == text
    assert invariants.broken() == []


def test_a_redaction_takes_as_many_queries_for_many_versions_as_for_few() -> None:
    def queries(versions: int) -> int:
        row = PublisherFactory.create()
        claim = published(evidence=[SourceFactory.create(publisher=row)])
        renamed(row, name=f"Name {versions}")
        claim.refresh_from_db()
        for _ in range(versions):
            claim = corrected(claim)
        by = UserFactory.create(role="Chief editor")
        with CaptureQueriesContext(connection) as counted:
            workflow.redact(claim, reason="It named a person.", by=by, version=claim.version)
        return len(counted)

    queries(2)  # what is read once in a process
    assert queries(1) == queries(9)
