"""The starter data: what the fixture holds, and that it is ready to be published."""

import datetime
import json
import re
from typing import Any

import pytest
from django.core.management import call_command

from claims.choices import ClaimKind
from claims.desk import readiness, starter
from claims.models import Appearance, Claim, Claimant, Evidence, PublishedClaim, Topic
from claims.record.rows import count_origins
from factcheck.accounts import demo
from factcheck.accounts.models import User
from factcheck.core.fields import dates
from sources.models import Source
from tests.claims.formats.files import exported

# How many independent origins take a side on each claim, as counted by those who made the data.
ORIGINS = {
    "activism-leaves-communities-at-risk": 0,
    "anti-ice-activism-grew-nationwide": 3,
    "current-denver-leadership-hardened-policy": 0,
    "denver-2017-ordinance-limits-cooperation": 5,
    "denver-356-million-migrant-services": 4,
    "denver-migrant-spending-continues": 3,
    "denver-policies-directly-caused-the-escape": 4,
    "denver-unwilling-to-help-remove-violent-offenders": 5,
    "ice-and-fbi-surveillance-in-longmont": 3,
    "ice-appeal-and-tip-line-number": 4,
    "ice-arrests-75-percent-charged-or-convicted": 7,
    "ice-statement-quoted-correctly": 2,
    "johnston-pledged-police-to-block-ice": 7,
    "longmont-incident-placed-in-denver": 5,
    "man-convicted-and-wanted-in-italy": 3,
    "man-escaped-federal-custody": 2,
    "man-still-at-large-june-2025": 2,
    "migrant-money-could-have-served-residents": 0,
    "network-deliberately-interfered": 4,
    "network-posted-vehicle-details": 3,
    "network-said-ice-left-nobody-detained": 3,
    "network-warning-caused-the-failed-arrest": 4,
    "no-kings-aim-was-stopping-deportations": 4,
    "noem-gave-the-75-percent-figure": 1,
    "portland-and-los-angeles-protests": 7,
}
ON_THE_HOME_PAGE = [
    "denver-356-million-migrant-services",
    "ice-arrests-75-percent-charged-or-convicted",
    "denver-2017-ordinance-limits-cooperation",
]


# What a desk adds to the starter's rows: its own ratings, and the event of the logging of each claim.
MADE_HERE = {"claims.rating", "claims.ratingscale", "claims.claimevent"}


@pytest.fixture
def _starter(db: None) -> None:
    call_command("loaddata", starter.FIXTURE, verbosity=0)


@pytest.mark.usefixtures("_starter")
def test_starter_holds_the_article_whole() -> None:
    counts = [model.objects.count() for model in (Claim, Source, Evidence, Claimant, Topic, Appearance)]
    assert counts == [25, 78, 131, 11, 9, 45]


@pytest.mark.usefixtures("_starter")
def test_every_starter_claim_can_be_submitted() -> None:
    stops = {claim.slug: readiness.blockers(claim) for claim in Claim.objects.preload()}
    assert len(stops) == 25
    assert not any(stops.values()), stops


@pytest.mark.usefixtures("_starter")
def test_origins_are_counted_as_the_makers_of_the_data_did() -> None:
    counted = {
        claim.slug: count_origins({"origin": item.origin, "stance": item.stance} for item in claim.evidence.all())
        for claim in Claim.objects.preload()
    }
    assert counted == ORIGINS


@pytest.mark.usefixtures("_starter")
def test_every_starter_source_that_was_read_as_a_copy_says_so() -> None:
    copies = Source.objects.filter(is_copy=True)
    assert set(copies) == set(Source.objects.filter(note__contains="a republication or mirror"))
    assert len(copies) == 25


@pytest.mark.usefixtures("_starter")
def test_every_starter_claim_says_that_its_rating_is_proposed() -> None:
    notices = set(Claim.objects.values_list("notice", flat=True))
    assert notices == {"Draft rating. It is based on archived copies and has not been reviewed by our editors."}


@pytest.mark.usefixtures("_starter")
def test_nobody_is_said_to_have_said_what_only_the_article_says_they_did() -> None:
    """Who said it, of a claim about what somebody said, is the article. So is it of the figure that another rates."""
    article = "republicannews-org"
    quotes = Claim.objects.filter(kind=ClaimKind.QUOTE).values_list("claimant__slug", flat=True)
    assert set(quotes) == {article}
    figure = Claim.objects.get(slug="ice-arrests-75-percent-charged-or-convicted")
    assert figure.claimant == Claimant.objects.get(slug=article)
    assert {item.attributed_to for item in figure.appearances.all()} == {Claimant.objects.get(slug="noem")}
    assert set(Claim.objects.values_list("claimant__slug", flat=True)) == {article, "ice-denver"}


@pytest.mark.usefixtures("_starter")
def test_no_starter_claim_is_older_than_the_post_that_the_article_quotes() -> None:
    for claim in Claim.objects.all():
        assert dates.latest(claim.claimed_on) >= datetime.date(2025, 6, 21), claim.slug
        assert claim.date_note, claim.slug
    ordinance = Claim.objects.get(slug="denver-2017-ordinance-limits-cooperation")
    assert ordinance.about_on == "2017-08-31"


@pytest.mark.usefixtures("_starter")
def test_every_starter_claim_can_be_understood_alone_and_says_nothing_twice() -> None:
    for claim in Claim.objects.all():
        assert not readiness.unclear_words(claim), claim.slug
        texts = [claim.summary, claim.explanation, claim.why_not_checkable]
        sentences = [part.strip(" .") for text in texts for part in re.split(r"(?<=[.;]) ", text) if part]
        assert len(sentences) == len(set(sentences)), claim.slug
        assert claim.headline or not claim.rating.on_scale, claim.slug


@pytest.mark.usefixtures("_starter")
def test_no_address_accuses_anybody() -> None:
    withheld = Source.objects.filter(address_is_private=True)
    assert set(withheld.values_list("slug", "address", "archived_address")) == {
        ("breitbart-longmont", "", ""),
        ("featuredheadlines", "", ""),
        ("fox-longmont-copy", "", ""),
        ("gazette-longmont", "", ""),
    }
    assert "rapist" not in starter.FIXTURE.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_starter")
def test_starter_file_is_what_an_export_writes() -> None:
    ours: list[dict[str, Any]] = json.loads(starter.FIXTURE.read_text(encoding="utf-8"))
    again = [item for item in json.loads(exported()) if item["model"] not in MADE_HERE]
    assert again == ours


@pytest.mark.usefixtures("_starter")
def test_publishing_the_starter_puts_the_named_claims_first_and_can_be_repeated() -> None:
    call_command("demo_people")
    call_command("publish_starter", "--dry-run")
    assert not PublishedClaim.objects.exists()
    call_command("publish_starter")
    call_command("publish_starter")
    shown = list(PublishedClaim.objects.values_list("slug", flat=True))
    assert len(shown) == 25
    assert shown[:3] == ON_THE_HOME_PAGE
    claim = Claim.objects.get(slug=shown[0])
    assert (claim.approved_by, claim.approved_alone, claim.revisions.count()) == ("Demo editor B", False, 1)


@pytest.mark.usefixtures("_starter")
def test_publishing_the_starter_leaves_a_claim_that_somebody_works_on() -> None:
    call_command("demo_people")
    Claim.objects.filter(slug="man-escaped-federal-custody").update(version=2)
    call_command("publish_starter")
    assert PublishedClaim.objects.count() == 24
    assert not PublishedClaim.objects.filter(slug="man-escaped-federal-custody").exists()


@pytest.mark.django_db
def test_demo_accounts_are_made_once_and_get_new_passwords_on_demand() -> None:
    first = demo.create_accounts()
    assert [person.role for person in first] == ["Editor", "Editor", "Chief editor"]
    for person, password in first.items():
        user = User.objects.get(username=person.username)
        assert user.check_password(password)
        assert user.is_staff
        assert not user.is_superuser
    assert demo.create_accounts() == {}
    second = demo.create_accounts(new_passwords=True)
    assert not set(first.values()) & set(second.values())
    assert not User.objects.get(username="chief").check_password(first[demo.PEOPLE[2]])
