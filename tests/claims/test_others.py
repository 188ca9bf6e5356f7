"""Fact-checks by other publishers, from the desk to readers: linked by an editor and approved by two people."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from claims.choices import CorrectionKind, ForeignMeaning, State
from claims.desk import others, workflow
from claims.desk.rules import Conflict, NotAllowed, Refused
from claims.formats import claimreview
from claims.models import Claim, ForeignCheck, ForeignLabel
from claims.schema import CLAIM, Content
from tests.claims.formats.files import empty_the_database, exported
from tests.factories import (
    ClaimFactory,
    ForeignCheckFactory,
    ForeignLabelFactory,
    ImportedClaimFactory,
    UserFactory,
    approved,
    published,
)

pytestmark = pytest.mark.django_db


def check_of(publisher: str = "PolitiFact", label: str = "Pants on Fire!", **fields: str) -> ForeignCheck:
    verdict = ForeignLabel.objects.filter(label=label).first() or ForeignLabelFactory.create(
        label=label, meaning=ForeignMeaning.FALSE, decided_at=timezone.now()
    )
    return ForeignCheckFactory.create(publisher=publisher, label=verdict, **fields)


def linked(claim: Claim, *checks: ForeignCheck) -> Claim:
    for check in checks:
        claim = others.link(claim, check, by=UserFactory.create(role="Editor"), version=claim.version)
    return claim


def body_of(claim: Claim) -> Content:
    found: Content = Claim.objects.get(pk=claim.pk).published.revision.content
    return found


def test_a_linked_fact_check_reaches_readers_once_two_people_approved_the_claim(client: Client) -> None:
    check = check_of(reviewed_on="2025-07", title="Three bridges?", value="1", best="6", worst="1")
    claim = linked(ClaimFactory.create(), check)
    assert claim.events.latest("version").note == f"Linked the fact-check by PolitiFact: {check.address}"
    published(claim)
    assert body_of(claim)["others"] == client.get(f"/api/v1/claims/{claim.slug}/").json()["others"]
    assert body_of(claim)["others"] == [
        {
            "publisher": "PolitiFact",
            "address": check.address,
            "title": "Three bridges?",
            "claim": check.claim,
            "label": "Pants on Fire!",
            "meaning": "false",
            "reviewed_on": "2025-07",
            "value": "1",
            "best": "6",
            "worst": "1",
        }
    ]


def test_readers_see_who_else_checked_it_and_whose_rating_is_whose(client: Client) -> None:
    check = check_of(reviewed_on="2025-07", address="https://www.checks.example/1")
    claim = published(
        linked(ClaimFactory.create(), check, check_of("Another", label="3/10", address="https://b.example"))
    )
    text = client.get(f"/claims/{claim.slug}/").content.decode()
    assert text.count("Others who checked this") == 2  # the section, and the link to it
    assert "These ratings are theirs, not ours." in text
    assert "Their rating: “<bdi>Pants on Fire!</bdi>”" in text
    assert "In our words: false." in text
    assert "July 2025" in text
    assert '<a href="https://www.checks.example/1" rel="nofollow noopener">Read their fact-check' in text
    assert '<span class="host">(checks.example)</span>' in text
    rows = client.get("/claims.csv").getvalue().decode()
    assert "others_label" in rows.splitlines()[0]
    assert "Pants on Fire!" in rows
    assert "Others who checked this" not in client.get(f"/claims/{published().slug}/").content.decode()


def test_programs_are_told_who_else_checked_it_and_never_their_rating(client: Client) -> None:
    claim = published(linked(ClaimFactory.create(), check_of(title="Three?", value="1", best="6", worst="1")))
    address = body_of(claim)["others"][0]["address"]
    node = client.get(f"/claims/{claim.slug}.jsonld").json()
    assert node["itemReviewed"]["subjectOf"] == [
        {
            "@type": "CreativeWork",
            "name": "Three?",
            "url": address,
            "publisher": {"@type": "Organization", "name": "PolitiFact"},
        }
    ]
    assert claimreview.parse(node).others[0].address == address
    assert "Pants on Fire!" not in json.dumps(node)
    assert address not in json.dumps(claimreview.feed_item(claimreview.parse(node)))


def test_their_words_cannot_leave_their_place(client: Client) -> None:
    words = "</bdi><script>alert(1)</script>\u202eeurt"
    claim = published(linked(ClaimFactory.create(), check_of(words, label=words, claim=words, title=words)))
    for address in (f"/claims/{claim.slug}/", f"/claims/{claim.slug}/revisions/1/"):
        text = client.get(address).content.decode()
        assert "<script>alert(1)" not in text
        assert "\u202e" not in text.partition("<main")[2]
        assert text.count("‹U+202E›eurt") >= 3


def test_a_check_that_was_published_elsewhere_first_says_when_and_where(client: Client) -> None:
    origin = {"originally_published": "2019-05", "address": "https://old.example/checks/1"}
    claim = ImportedClaimFactory.create(**origin).claim
    published(Claim.objects.get(pk=claim.pk))
    assert body_of(claim)["original"] == {"published": "2019-05", "address": "https://old.example/checks/1"}
    text = client.get(f"/claims/{claim.slug}/").content.decode()
    assert "First published: May 2019." in text
    assert '<a href="https://old.example/checks/1" rel="nofollow noopener">' in text
    node = client.get(f"/claims/{claim.slug}.jsonld").json()
    assert (node["isBasedOn"]["url"], node["isBasedOn"]["datePublished"]) == (origin["address"], "2019-05")
    assert "old.example" in client.get("/claims.csv").getvalue().decode()


def test_a_claim_from_an_import_without_a_first_publication_is_like_any_other() -> None:
    claim = ImportedClaimFactory.create().claim
    assert body_of(published(Claim.objects.get(pk=claim.pk)))["original"] is None


def test_they_are_in_one_order_however_they_were_linked() -> None:
    first, second, third = check_of("B", reviewed_on="2024"), check_of("A", reviewed_on="2025"), check_of("A")
    claim = published(linked(ClaimFactory.create(), third, first, second))
    assert [item["address"] for item in body_of(claim)["others"]] == [second.address, first.address, third.address]


def test_neither_an_import_nor_a_new_class_changes_what_was_approved() -> None:
    check = check_of()
    claim = approved(linked(ClaimFactory.create(), check))
    ForeignLabel.objects.update(meaning=ForeignMeaning.OTHER)
    ForeignCheck.objects.update(claim="Other words.")
    workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    (item,) = body_of(claim)["others"]
    assert (item["meaning"], item["claim"]) == ("false", check.claim)


def test_new_words_reach_readers_by_a_correction_alone() -> None:
    check, editor = check_of(), UserFactory.create(role="Editor")
    claim = published(linked(ClaimFactory.create(), check))
    (row,) = claim.others.all()
    with pytest.raises(Refused, match="newest words already"):
        others.update(claim, row, by=editor, version=claim.version)
    ForeignCheck.objects.update(title="They corrected it")
    claim = others.update(claim, claim.others.get(), by=editor, version=claim.version)
    assert claim.state == State.RESEARCHING
    assert body_of(claim)["others"][0]["title"] == ""
    claim = approved(claim)
    workflow.correct(claim, kind=CorrectionKind.UPDATE, reason="They corrected it.", by=editor, version=claim.version)
    assert body_of(claim)["others"][0]["title"] == "They corrected it"


def test_a_claim_is_published_again_by_itself_if_a_link_is_removed_again() -> None:
    claim = linked(published(), check_of())
    assert claim.state == State.RESEARCHING
    others.unlink(claim, claim.others.get(), by=UserFactory.create(role="Editor"), version=claim.version)
    claim.refresh_from_db()
    assert claim.state == State.PUBLISHED


def test_earlier_links_come_back_with_an_earlier_text() -> None:
    check, editor = check_of(), UserFactory.create(role="Editor")
    claim = published(linked(ClaimFactory.create(), check))
    claim = others.unlink(claim, claim.others.get(), by=editor, version=claim.version)
    claim = linked(claim, check_of("Another"))
    claim = workflow.discard(claim, by=editor, version=claim.version)
    assert claim.state == State.PUBLISHED
    assert claim.others.get().publisher == "PolitiFact"


def test_a_link_is_an_edit_like_any_other() -> None:
    claim, check = ClaimFactory.create(), check_of()
    with pytest.raises(Conflict):
        others.link(claim, check, by=UserFactory.create(role="Editor"), version=claim.version + 1)
    with pytest.raises(NotAllowed):
        others.link(claim, check, by=UserFactory.create(role="Reporter"), version=claim.version)
    editor = UserFactory.create(role="Editor")
    claim = others.link(claim, check, by=editor, version=claim.version)
    with pytest.raises(Refused, match="linked to the claim already"):
        linked(claim, check)
    claim = workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    with pytest.raises(Refused, match="You worked on this claim"):
        workflow.approve(claim, by=editor, version=claim.version)
    with pytest.raises(Refused, match="Send it back"):
        linked(claim, check_of())
    with pytest.raises(Refused, match="Send it back"):
        others.unlink(claim, claim.others.get(), by=editor, version=claim.version)
    with pytest.raises(Refused, match="another claim"):
        others.unlink(ClaimFactory.create(), claim.others.get(), by=editor, version=1)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://a@evil.example/", "//x"])
def test_an_address_that_is_not_one_of_the_web_is_never_linked_and_fits_no_body(address: str) -> None:
    claim = linked(ClaimFactory.create(), check_of())
    with pytest.raises(IntegrityError), transaction.atomic():
        claim.others.update(address=address)
    check = check_of()
    check.address = address
    with pytest.raises(Refused, match="can't be linked"):
        linked(claim, check)
    content = body_of(published(claim))
    assert CLAIM.fits(content)
    content["others"][0]["address"] = address
    assert not CLAIM.fits(content)


@pytest.mark.parametrize("arguments", [[], ["--published"]])
def test_an_export_with_links_loads_again_without_the_imports(arguments: list[str], tmp_path: Path) -> None:
    claim = published(linked(ClaimFactory.create(), check_of(), check_of("Another")))
    origin = {"originally_published": "2019-05", "address": "https://old.example/checks/1"}
    old = published(ImportedClaimFactory.create(**origin).claim)
    before = exported(*arguments, "--format=jsonl")
    file = tmp_path / "others.jsonl"
    file.write_text(before, encoding="utf-8")
    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    assert Claim.objects.get(slug=claim.slug).others.count() == 2
    assert not ForeignCheck.objects.exists()
    assert Claim.objects.get(slug=old.slug).original.originally_published == "2019-05"
    assert exported(*arguments, "--format=jsonl") == before
