"""A run that makes only what changed ends with the same copy as one that makes everything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management.color import no_style
from django.db import connection, transaction

from claims.models import Claim, PageVersion, RecordRefresh, Revision
from claims.outlets.mirror.changes import MANIFEST, Changes, State, owner_of
from claims.record.canonical import moment
from claims.search.related import CANDIDATES
from sources.models import Source
from tests.claims.outlets.mirror.test_site import SITE, exported, held, once_in_a_folder
from tests.factories import (
    ClaimFactory,
    TopicFactory,
    corrected,
    newsroom_page,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.once import once

pytestmark = pytest.mark.django_db

APART = "claims/apart/index.html"
NUMBERED = [Revision, PageVersion, RecordRefresh]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings, tmp_path: Path) -> None:
    settings.ARCHIVES_FOLDER = tmp_path / "archives"
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["facts.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.WHITENOISE_USE_FINDERS = True


def some_claims() -> dict[str, Claim]:
    """Two claims that share a topic, and one that shares nothing with them."""
    shared = TopicFactory()
    both = {slug: published(slug=slug, topics=[TopicFactory(), shared]) for slug in ("first", "second")}
    return both | {"apart": published(slug="apart", claimant=None)}


claims = once(some_claims)


@pytest.fixture
def copy(claims: dict[str, Claim], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """The folder with the copy of the claims. Somebody changed the page of the claim apart by hand since."""
    root = tmp_path / "copy"
    once_in_a_folder(lambda: exported(root, "-v0"), root, tmp_path_factory.getbasetemp() / "copy_of_changes")
    change_by_hand(root, APART)
    return root


def change_by_hand(copy: Path, *names: str) -> None:
    for name in names:
        (copy / name).write_text("changed by hand")


@contextmanager
def lost() -> Iterator[None]:
    """What the block does to the database is lost, as by the restore of an older one, which gives its keys again."""
    give_keys_again()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    give_keys_again()


def give_keys_again() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), NUMBERED):
            cursor.execute(statement)


@pytest.fixture
def _later_keys(db: None) -> Iterator[None]:
    """After the test, keys go on where they were. Rows that are kept for many tests have them already."""
    names = [f"{model._meta.db_table}_id_seq" for model in NUMBERED]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(name::regclass) FROM unnest(%s::text[]) AS name", [names])
        next_ones = [key for (key,) in cursor.fetchall()]
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(name::regclass, key) FROM unnest(%s::text[], %s::bigint[]) AS t (name, key)",
            [names, next_ones],
        )


def withdraw(slug: str) -> Claim:
    return withdrawn(Claim.objects.get(slug=slug))


def assert_complete(copy: Path) -> None:
    """The copy is what a full run writes, but for the page that no run had to make: it is still as it was changed."""
    before = held(copy)
    exported(copy, "--all", "-v0")
    after = held(copy)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {APART}


def test_after_acts_it_is_the_copy_that_a_full_run_writes_and_a_quick_run_leaves_out_what_can_wait(
    copy: Path, claims: dict[str, Claim]
) -> None:
    page = copy / "claims/first/index.html"
    files = ["claims.csv", "evidence.csv", "claims.ndjson", "sources.bib", "feeds/claimreview.json"]
    waiting = [page, *(copy / name for name in files)]
    old, until = [path.read_bytes() for path in waiting], Revision.objects.last_act()
    third = published(statement="Rents fell.", topics=claims["first"].topics.all())
    exported(copy, "-v0", "--quick")
    assert "Rents fell." in (copy / "claims/index.html").read_text()
    assert [path.read_bytes() for path in waiting] == old
    assert until is not None
    assert f"related claims include everything published up to {moment(until[1])}." in (copy / "copy.txt").read_text()
    # What a page shows beside its claim doesn't wait.
    corrected(claims["first"], summary="A better sum.")
    exported(copy, "-v0", "--quick")
    assert "Rents fell." in page.read_text()
    corrected(third, statement="Rents rose.")
    exported(copy, "-v0", "--quick")
    assert "Rents rose." in page.read_text()
    assert "Rents" not in (copy / "claims.ndjson").read_text()
    # A complete run makes what waited, also without a new act.
    renamed(claims["second"].topics.earliest("pk"), name="Another name")
    exported(copy, "-v0")
    assert_complete(copy)
    change_by_hand(copy, APART)
    last = published(statement="Wages rose.", topics=claims["first"].topics.all())
    # Something must go, so nothing waits.
    withdrawn(Claim.objects.get(pk=third.pk))
    redacted(Claim.objects.get(slug="first"))
    exported(copy, "-v0", "--quick")
    assert_complete(copy)
    assert last.statement in (copy / "claims.ndjson").read_text()


def test_an_act_concerns_the_files_of_its_claim_and_the_pages_of_many(copy: Path, claims: dict[str, Claim]) -> None:
    before = State.of(copy)
    assert before == State.now()
    corrected(claims["first"], summary="A better sum.")
    changes = Changes.since(before, State.now())
    assert changes is not None
    assert ("claim", "first") in changes.owners
    for path in ("es/claims/first/index.html", "claims/second/index.html", "claims/page/2/index.html", "index.html"):
        assert changes.concerns(path), path
    for path in ("claims/second/cite.bib", APART, "embed/claims/apart/index.html"):
        assert not changes.concerns(path), path


def test_an_act_concerns_the_page_of_a_claim_that_shares_a_name_with_its_own(claims: dict[str, Claim]) -> None:
    beside = claims["first"]
    for shared in (
        {"claimant": beside.claimant},
        {"topics": beside.topics.all()},
        {"appearances": Source.objects.filter(appearances__claim=beside)},
    ):
        before = State.now()
        published(**shared)
        changes = Changes.since(before, State.now())
        assert changes is not None
        assert changes.concerns("claims/first/index.html"), shared


def test_a_claim_is_beside_only_where_few_newer_ones_share_a_name() -> None:
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


def test_an_act_concerns_the_parts_of_its_claim_and_the_claims_that_it_is_a_part_of() -> None:
    part, whole = published(claimant=None), ClaimFactory.create(claimant=None, parts_rule="By their number.")
    whole.parts.create(part=part)
    before = State.now()
    whole = published(whole)
    assert (found := Changes.since(before, State.now(), quick=True)) is not None
    assert found.beside == {part.slug}
    before = State.now()
    corrected(part, summary="A better sum.")
    assert (found := Changes.since(before, State.now())) is not None
    assert found.beside == {whole.slug}


def test_without_an_act_only_what_changes_alone_is_made_again(copy: Path) -> None:
    changed = ["index.html", "claims/index.html", "claims.csv", "claims.atom", "data/index.html", "404.html"]
    change_by_hand(copy, *changed)
    exported(copy, "-v0")
    again = [name for name in changed if (copy / name).read_text() != "changed by hand"]
    assert again == ["data/index.html", "404.html"]


def test_an_upgrade_or_a_strange_manifest_makes_everything_again(copy: Path, settings: LazySettings) -> None:
    before, now = State.of(copy), State.now()
    assert Changes.since(before, now) is not None
    settings.SITE_NAME = "Another Desk"
    assert Changes.since(before, State.now()) is None
    numbers = '{"versions": "x", "newest": 1, "complete": 1, "software": ""}'
    for text in ["", "[]", "{}", numbers, '{"versions": null}']:
        (copy / MANIFEST).write_text(text)
        assert State.of(copy) is None
    # Versions that were loaded with older ids.
    assert before is not None
    assert Changes.since(replace(before, versions=0), now) is None


@pytest.mark.usefixtures("_later_keys")
@pytest.mark.parametrize(
    ("act", "other"),
    [
        (lambda: withdraw("first"), lambda: withdraw("second")),
        (lambda: withdraw("first"), lambda: (published(), withdraw("second"), published())),
        (lambda: newsroom_page(text="It is lost."), lambda: newsroom_page(text="It is there.")),
        (RecordRefresh.objects.create, RecordRefresh.objects.create),
    ],
    ids=["as many versions", "more versions", "a page", "a refresh"],
)
def test_a_copy_of_what_a_restored_database_lost_is_made_again(
    copy: Path, act: Callable[[], object], other: Callable[[], object]
) -> None:
    with lost():
        act()
        exported(copy, "-v0")
        change_by_hand(copy, APART)
    other()
    exported(copy, "-v0", "--quick")
    updated = held(copy)
    exported(copy, "--all", "-v0")
    assert held(copy) == updated


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
