"""A run that makes only what changed ends with the same copy as one that makes everything."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from claims.models import Claim, Rating, Revision
from claims.outlets.mirror.changes import MANIFEST, Changes, State, owner_of
from claims.record.canonical import moment
from claims.search.related import CANDIDATES
from tests.claims.outlets.mirror.test_site import SITE, exported, held
from tests.factories import (
    ClaimantFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: LazySettings, tmp_path: Path) -> None:
    settings.ARCHIVES_FOLDER = tmp_path / "archives"
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["facts.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.WHITENOISE_USE_FINDERS = True


def everything(folder: Path) -> dict[str, bytes]:
    """The files of a complete copy in this new folder."""
    exported(folder, "--all", "-v0")
    return held(folder)


def test_after_random_acts_it_is_the_copy_that_a_full_run_writes(tmp_path: Path) -> None:
    chance = random.Random(12)  # noqa: S311 — no secret
    claimants, topics = ClaimantFactory.create_batch(2), TopicFactory.create_batch(3)
    articles, ratings = SourceFactory.create_batch(3), Rating.objects.all()[:2]
    shown: list[Claim] = []

    def add() -> None:
        shared: dict[str, Any] = {"appearances": [chance.choice(articles)], "topics": chance.sample(topics, 2)}
        shown.append(published(claimant=chance.choice(claimants), rating=chance.choice(ratings), **shared))

    def change(number: int) -> None:
        place = chance.randrange(len(shown))
        shown[place] = corrected(Claim.objects.get(pk=shown[place].pk), summary=f"A better sum: {number}.")

    def withdraw(_number: int) -> None:
        withdrawn(Claim.objects.get(pk=shown.pop(chance.randrange(len(shown))).pk))

    def redact(number: int) -> None:
        shown[0] = corrected(Claim.objects.get(pk=shown[0].pk), summary=f"A better sum: {number}.")
        redacted(Claim.objects.get(pk=shown[0].pk))

    def rename(number: int) -> None:
        named = chance.choice([claimants[0], topics[0]])
        named.refresh_from_db()
        renamed(named, name=f"Another name {number}")

    for _ in range(3):
        add()
    copy = tmp_path / "copy"
    exported(copy, "-v0")
    # To write a complete copy takes longest, so several acts share one.
    rounds: list[list[Any]] = [[change, withdraw, lambda _number: add()], [rename, redact]]
    for number, acts in enumerate(rounds):
        for act in acts:
            act(number)
        exported(copy, "-v0")
        now, complete = held(copy), everything(tmp_path / f"complete-{number}")
        assert now.keys() == complete.keys(), number
        assert [name for name in now if now[name] != complete[name]] == [], number


def test_only_what_an_act_concerns_is_made_again(tmp_path: Path) -> None:
    claim, apart = published(), published(claimant=None)
    root = tmp_path / "copy"
    exported(root, "-v0")
    before = State.of(root)
    assert before == State.now()
    page = root / "claims" / apart.slug / "index.html"
    page.write_text("changed by hand")
    corrected(claim, summary="A better sum.")
    changes = Changes.since(before, State.now())
    assert changes is not None
    assert ("claim", claim.slug) in changes.owners
    assert changes.concerns(f"es/claims/{claim.slug}/index.html")
    assert changes.concerns("claims/page/2/index.html")
    assert changes.concerns("index.html")
    assert not changes.concerns(f"claims/{apart.slug}/index.html")
    assert not changes.concerns(f"embed/claims/{apart.slug}/index.html")
    exported(root, "-v0")
    assert page.read_text() == "changed by hand"
    exported(root, "--all", "-v0")
    assert apart.statement in page.read_text()


def test_without_an_act_only_what_changes_alone_is_made_again(tmp_path: Path) -> None:
    published()
    root = tmp_path / "copy"
    exported(root, "-v0")
    changed = ["index.html", "claims/index.html", "claims.csv", "claims.atom", "data/index.html", "404.html"]
    for name in changed:
        (root / name).write_text("changed by hand")
    exported(root, "-v0")
    again = [name for name in changed if (root / name).read_text() != "changed by hand"]
    assert again == ["data/index.html", "404.html"]


def test_a_quick_run_leaves_out_what_can_wait_until_something_must_go(tmp_path: Path) -> None:
    root, topic = tmp_path / "copy", TopicFactory.create()
    first, until = published(statement="Taxes rose.", topics=[topic]), Revision.objects.last_act()
    assert until is not None
    exported(root, "-v0")
    page = root / "claims" / first.slug / "index.html"
    waiting = [
        page,
        *(root / name for name in ["claims.csv", "claims.ndjson", "sources.bib", "feeds/claimreview.json"]),
    ]
    old = [path.read_bytes() for path in waiting]
    second = published(statement="Rents fell.", topics=[topic])
    exported(root, "-v0", "--quick")
    assert "Rents fell." in (root / "claims/index.html").read_text()
    assert "Rents fell." in (root / "topics" / topic.slug / "index.html").read_text()
    assert [path.read_bytes() for path in waiting] == old
    assert f"related claims include everything published up to {moment(until[1])}." in (root / "copy.txt").read_text()
    # What a page shows beside its claim doesn't wait.
    corrected(first, statement="Taxes rose again.")
    exported(root, "-v0", "--quick")
    assert "Rents fell." in page.read_text()
    second = corrected(second, statement="Rents rose.")
    exported(root, "-v0", "--quick")
    assert "Rents rose." in page.read_text()
    assert "Rents" not in (root / "claims.ndjson").read_text()
    # A complete run makes what waited, also without a new act. So does a quick one after a withdrawal.
    exported(root, "-v0")
    assert "Rents rose." in (root / "claims.ndjson").read_text()
    published(statement="Wages rose.", topics=[topic])
    exported(root, "-v0", "--quick")
    withdrawn(second)
    exported(root, "-v0", "--quick")
    assert held(root) == everything(tmp_path / "complete")


def test_a_claim_is_beside_only_where_few_newer_ones_share_a_name(tmp_path: Path) -> None:
    broad, narrow = TopicFactory.create_batch(2)
    claim = published(claimant=None, topics=[broad, narrow])
    near = published(claimant=None, topics=[narrow])
    newer = [published(claimant=None, topics=[broad]) for _ in range(CANDIDATES)]
    before = State.now()
    claim = corrected(claim, summary="A better sum.")
    found = Changes.since(before, State.now())
    assert found is not None
    # Without the claim of the page itself, there is a place left for it.
    assert found.beside == {near.slug, *(one.slug for one in newer)}
    published(claimant=None, topics=[broad])
    # A page that was made before that one can still show the claim.
    assert (found := Changes.since(before, State.now())) is not None
    assert {near.slug, newer[0].slug} <= found.beside
    before = State.now()
    corrected(claim, summary="The best sum.")
    assert (found := Changes.since(before, State.now())) is not None
    assert found.beside == {near.slug}


def test_an_upgrade_or_a_strange_manifest_makes_everything_again(tmp_path: Path, settings: LazySettings) -> None:
    published()
    root = tmp_path / "copy"
    exported(root, "-v0")
    before, now = State.of(root), State.now()
    assert Changes.since(before, now) is not None
    settings.SITE_NAME = "Another Desk"
    assert Changes.since(before, State.now()) is None
    for text in ["", "[]", "{}", '{"versions": "x", "newest": 1, "complete": 1, "software": ""}', '{"versions": null}']:
        (root / MANIFEST).write_text(text)
        assert State.of(root) is None
    # Versions that were loaded with older ids.
    assert before is not None
    assert Changes.since(replace(before, versions=0), now) is None


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("claims/a-b/index.html", ("claim", "a-b")),
        ("es/claims/a-b/revisions/2/index.html", ("claim", "a-b")),
        ("claims/a-b.jsonld", ("claim", "a-b")),
        ("embed/claims/a-b/index.html", ("claim", "a-b")),
        ("topics/money/page/2/index.html", ("topic", "money")),
        ("ratings/false.png", ("rating", "false")),
        ("sources/x/index.html", ("source", "x")),
        ("claims/page/2/index.html", None),
        ("claims.csv", None),
        ("claims/index.html", None),
        ("topics/index.html", None),
        ("about/ratings/index.html", None),
        ("static/claims/a.css", None),
    ],
)
def test_a_file_belongs_to_a_claim_or_name_by_its_path(path: str, owner: tuple[str, str] | None) -> None:
    assert owner_of(path) == owner
