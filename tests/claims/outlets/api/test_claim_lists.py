"""A client that reads a list page by page gets each claim once, whatever is published and withdrawn in the meantime."""

import random
from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.choices import Order
from claims.desk import workflow
from claims.models import Claim, PublishedClaim, Rating, Revision
from claims.outlets.api import claim_lists
from tests.factories import (
    ClaimantFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.once import once
from tests.properties import examples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_limit")]

ORDERS = ["", "sort=newest-claim", "q=council+bridges", "q=council&sort=newest", "q=council&sort=newest-claim"]
DAYS = ["", "2024", "2024-05", "2024-05-01", "2019-12-31"]


def answer(client: Client, address: str, *, status: int = 200) -> dict[str, object]:
    response = client.get(address)
    assert response.status_code == status, response.content
    content: dict[str, object] = response.json()
    return content


def slugs_of(content: dict[str, object]) -> list[str]:
    return [claim["slug"] for claim in content["results"]]  # type: ignore[attr-defined]


def pages_from(client: Client, address: str, *, direction: str = "next") -> Iterator[list[str]]:
    """The slugs on each page from this address on. Each page is requested only when it is needed."""
    while address:
        content = answer(client, address)
        yield slugs_of(content)
        address = str(content[direction] or "")


# Acts while a client reads the list, each on one published claim


def publish_one(_claim: Claim, chance: random.Random) -> None:
    published(claimed_on=chance.choice(DAYS))


def change_date(claim: Claim, chance: random.Random) -> None:
    corrected(claim, claimed_on=chance.choice([day for day in DAYS if day != claim.claimed_on]))


def reword(claim: Claim, chance: random.Random) -> None:
    corrected(claim, summary=f"The council {'bridges ' * chance.randrange(4)}it is: {chance.random()}.")


def change_rating(claim: Claim, chance: random.Random) -> None:
    assert claim.rating
    other = Rating.objects.exclude(pk=claim.rating.pk).order_by("slug")
    corrected(claim, rating=chance.choice(list(other)), claimed_on=chance.choice(DAYS))


def withdraw(claim: Claim, _chance: random.Random) -> None:
    withdrawn(claim)


def publish_again(claim: Claim, chance: random.Random) -> None:
    claim, editor = withdrawn(claim), UserFactory(role="Editor")
    claim.claimed_on = chance.choice(DAYS)
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    workflow.publish(claim, by=editor, version=claim.version, reason="It was right.")


def rename(claim: Claim, chance: random.Random) -> None:
    claimant = claim.claimant
    assert claimant
    renamed(claimant, name=f"Council {chance.random()}")


def redact(claim: Claim, chance: random.Random) -> None:
    redacted(corrected(claim, summary=f"The council is it: {chance.random()}."))


ACTS = [publish_one, change_date, change_date, reword, change_rating, withdraw, publish_again, rename, redact]


def do_random_act(chance: random.Random) -> set[str]:
    """Do one random act. Returns the slugs that may be missing: withdrawn, even for a moment, or redacted."""
    slugs = PublishedClaim.objects.order_by("slug").values_list("slug", flat=True)
    act, slug = chance.choice(ACTS), chance.choice(list(slugs))
    act(Claim.objects.get(slug=slug), chance)
    return {slug} if act in {withdraw, publish_again, redact} else set()


def some_claims() -> list[Claim]:
    claimant = ClaimantFactory()
    return [published(claimant=claimant, claimed_on=day) for day in [*DAYS, "2024", "2024"]]


claims = once(some_claims)


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("order", ORDERS)
@given(seed=st.integers(min_value=0), size=st.integers(min_value=1, max_value=3))
@examples(2, suppress_health_check=list(HealthCheck))
def test_each_claim_that_stays_appears_exactly_once(client: Client, order: str, seed: int, size: int) -> None:
    """All examples share one database, so later ones start with a longer history."""
    chance = random.Random(seed)  # noqa: S311
    found = f"/api/v1/claims/?page_size=100&fields=slug&{order}"
    stay = set(slugs_of(answer(client, found)))

    met: list[str] = []
    for page in pages_from(client, f"/api/v1/claims/?page_size={size}&fields=slug&{order}"):
        met += page
        stay -= do_random_act(chance)
        stay &= set(slugs_of(answer(client, found)))
    assert len(met) == len(set(met))
    assert stay <= set(met)


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("order", ORDERS)
def test_the_way_back_has_the_same_pages(client: Client, order: str) -> None:
    pages = list(pages_from(client, f"/api/v1/claims/?page_size=2&fields=slug&{order}"))
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    last = f"/api/v1/claims/?page_size=2&fields=slug&{order}"
    while following := answer(client, last)["next"]:
        last = str(following)
    assert list(pages_from(client, last, direction="previous"))[::-1] == pages


def test_claims_without_a_date_come_last_among_the_newest(client: Client, claims: list[Claim]) -> None:
    pages = list(pages_from(client, "/api/v1/claims/?page_size=3&fields=slug&sort=newest-claim"))
    in_order = PublishedClaim.objects.in_order(Order.NEWEST_CLAIM).values_list("slug", flat=True)
    assert [slug for page in pages for slug in page] == list(in_order)
    assert pages[-1][-1] == claims[DAYS.index("")].slug


def test_a_claim_with_a_new_date_keeps_its_place(client: Client, claims: list[Claim]) -> None:
    """Otherwise a claim could appear twice or be left out."""
    first = answer(client, "/api/v1/claims/?page_size=3&fields=slug&sort=newest-claim")
    met, oldest = slugs_of(first), claims[DAYS.index("2019-12-31")]
    corrected(Claim.objects.get(slug=met[0]), claimed_on="1990")
    corrected(oldest, claimed_on="2026")
    others = [slug for page in pages_from(client, str(first["next"])) for slug in page]
    assert met[0] not in others
    assert oldest.slug in others


def test_no_cursor_reveals_the_date_in_a_redacted_version(client: Client) -> None:
    claim = published(claimed_on="1999")
    published(claimed_on="2024")
    as_of = Revision.objects.order_by("pk").last()
    assert as_of
    redacted(corrected(claim, claimed_on="2001"))
    answers = [
        answer(
            client, f"/api/v1/claims/?fields=slug&cursor=n.newest-claim.{as_of.pk}.{date(year, 1, 1).toordinal()}.zzz"
        )
        for year in (1999, 2000, 2001, 2002)
    ]
    assert {str(content["results"]) for content in answers} == {"[]"}


def test_a_list_with_too_many_corrections_must_be_started_again(
    client: Client, claims: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_lists, "MOST_CORRECTED", 1)
    first = answer(client, "/api/v1/claims/?page_size=1&sort=newest-claim")
    corrected(claims[0], summary="Other.")
    answer(client, str(first["next"]))
    corrected(claims[1], summary="Other.")
    gone = answer(client, str(first["next"]), status=410)
    assert str(gone["type"]).endswith("/api/#outdated")


def test_what_is_not_ranked_follows_newest_first(
    client: Client, claims: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_lists, "MOST_RANKED", 3)
    best = published(statement="Council, council: the council of bridges.", summary="council bridges")
    pages = list(pages_from(client, "/api/v1/claims/?page_size=2&fields=slug&q=council+bridges"))
    assert pages[0][0] == best.slug
    assert [len(page) for page in pages] == [2, 1, 2, 2, 1]
    newest = [claim.slug for claim in claims[::-1] if claim.slug not in pages[0] + pages[1]]
    assert pages[2] + pages[3] + pages[4] == newest


def test_a_filter_holds_on_every_page_of_a_search(client: Client) -> None:
    topic = TopicFactory(slug="water")
    claims = [published(topics=[topic]) for _ in range(3)]
    first = answer(client, "/api/v1/claims/?q=council&topic=water&page_size=1")
    for claim in claims:
        claim.topics.clear()
        corrected(claim, summary="No water in it.")
    assert list(pages_from(client, str(first["next"]))) == [[], []]


def test_a_search_that_finds_nothing_has_no_page_in_any_order(client: Client) -> None:
    published()
    for cursor in (
        "n.newest-claim.1.738000.a",
        "p.newest-claim.1.none.a",
        "n.relevance.1-2.1",
        "n.rest.1.0.a",
        "p.newest.1.a",
    ):
        assert slugs_of(answer(client, f"/api/v1/claims/?q=zebra&source=nothing&cursor={cursor}")) == []
