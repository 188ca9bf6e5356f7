"""The desk as people with all sorts of eyes, hands and screens meet it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from claims.choices import ImportOutcome, ImportState, ImportTarget, Likeness, NameKind, PageKind
from claims.desk import newsroom, workflow
from claims.desk.admin.merge import merge_address
from claims.desk.reading.reading import sentence_hash
from claims.models import (
    Affiliation,
    Claim,
    Correction,
    Delivery,
    LikelyDuplicate,
    MatchDecision,
    PageProposal,
    Revision,
    Subscriber,
)
from factcheck.accounts.models import User
from sources import texts
from sources.extraction import from_pasted
from sources.models import PassedSentence, Publisher, Snapshot, SnapshotText, Source, SourceFile
from tests.e2e.conftest import LOOKS, Axe
from tests.factories import (
    AppearanceFactory,
    ClaimFactory,
    EvidenceFactory,
    ForeignCheckFactory,
    ImportedRowFactory,
    ImportRunFactory,
    PublisherFactory,
    SourceFactory,
    SubscriberFactory,
    TopicFactory,
    UserFactory,
    corrected,
    published,
)


def _file() -> SourceFile:
    return SourceFile.objects.create(
        source=Source.objects.get(snapshots__text_row__isnull=False), name="letter.pdf", size=3, sha256="a" * 64
    )


def duplicates_list() -> str:
    first, second = sorted(TopicFactory.create().pk for _ in range(2))
    LikelyDuplicate.objects.create(kind=NameKind.TOPIC, first=first, second=second, why=Likeness.NAME)
    return "/admin/claims/likelyduplicate/"


def an_import() -> str:
    problems = [{"field": "claim", "reason": "It's missing.", "remedy": "Add it to the file."}]
    run = ImportRunFactory.create(state=ImportState.CHECKED, counts={"rows": 1, "refused": 1}, file="imports/x")
    ImportedRowFactory.create(run=run, outcome=ImportOutcome.REFUSED, problems=problems)
    return f"/admin/claims/importrun/{run.pk}/change/"


def claims_to_read() -> str:
    claim = ClaimFactory.create()
    workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    run = ImportRunFactory.create(state=ImportState.APPLIED, target=ImportTarget.CLAIMS)
    ImportedRowFactory.create(run=run, claim=claim)
    return f"/admin/claims/importrun/{run.pk}/read/"


def labels_to_decide() -> str:
    ForeignCheckFactory.create()
    return "/admin/claims/foreignlabel/decide/"


# Every kind of page, by what it is called and where it is
PAGES: dict[str, Callable[[], str]] = {
    "first page": lambda: "/admin/",
    "one app": lambda: "/admin/claims/",
    "list of claims": lambda: "/admin/claims/claim/",
    "check a text": lambda: "/admin/claims/claim/check/",
    "new claim": lambda: "/admin/claims/claim/add/",
    "claim": lambda: change(Claim.objects.get()),
    "what consumers will see": lambda: change(Claim.objects.get(), "consumers"),
    "list of sources": lambda: "/admin/sources/source/",
    "list of publishers": lambda: "/admin/sources/publisher/",
    "new source": lambda: "/admin/sources/source/add/",
    "bring an article in": lambda: "/admin/sources/source/bring-in/",
    "add several sources": lambda: "/admin/sources/source/add-several/",
    "reading desk": lambda: reading(act="log"),
    "reading desk without scripts": lambda: reading(paragraph="1"),
    "bring a text in": lambda: f"{reading().removesuffix('read/')}text/",
    "delete a text": lambda: f"{reading().removesuffix('read/')}text/{SnapshotText.objects.all()[0].pk}/delete/",
    "files of a source": lambda: f"{reading().removesuffix('read/')}files/",
    "delete a file": lambda: f"{reading().removesuffix('read/')}files/{_file().pk}/delete/",
    "article": lambda: change(Source.objects.filter(appearances__isnull=False)[0]),
    "article's history": lambda: change(Source.objects.filter(appearances__isnull=False)[0], "history"),
    "publisher": lambda: change(Publisher.objects.all()[0]),
    "new snapshot": lambda: "/admin/sources/snapshot/add/",
    "snapshot": lambda: change(Snapshot.objects.get()),
    "list of claimants": lambda: "/admin/claims/claimant/",
    "claimant": lambda: change(Affiliation.objects.get().claimant),
    "new claimant": lambda: "/admin/claims/claimant/add/",
    "topic": lambda: "/admin/claims/topic/add/",
    "list of ratings": lambda: "/admin/claims/rating/?on_scale__exact=1",
    "rating": lambda: "/admin/claims/rating/add/",
    "list of revisions": lambda: "/admin/claims/revision/",
    "revision": lambda: change(Revision.objects.all()[0]),
    "correction": lambda: change(Correction.objects.get()),
    "list of events": lambda: "/admin/claims/claimevent/?q=claim&o=1",
    "list of subscribers": lambda: "/admin/claims/subscriber/",
    "subscriber": lambda: change(Subscriber.objects.get()),
    "new subscriber": lambda: "/admin/claims/subscriber/add/",
    "list of deliveries": lambda: "/admin/claims/delivery/?state__exact=waiting",
    "delivery": lambda: change(Delivery.objects.all()[0]),
    "merge of two topics": lambda: merging(TopicFactory, NameKind.TOPIC),
    "merge of two claims": lambda: merging(published, NameKind.CLAIM),
    "list of likely duplicates": duplicates_list,
    "newsroom's pages": lambda: "/admin/claims/pageproposal/",
    "new page of the newsroom": lambda: "/admin/claims/pageproposal/add/?page=funding",
    "proposed page of the newsroom": lambda: change(proposed_page()),
    "fix of a typo": lambda: change(published(), "fix"),
    "claim with many rows": lambda: change(ClaimFactory.create(evidence=SourceFactory.create_batch(4))),
    "list of imports": lambda: "/admin/claims/importrun/",
    "import a file": lambda: "/admin/claims/importrun/add/",
    "an import": an_import,
    "claims of an import to read": claims_to_read,
    "list of fact-checks by others": lambda: "/admin/claims/foreigncheck/",
    "labels to decide": labels_to_decide,
    "list of people": lambda: "/admin/accounts/user/",
    "person": lambda: change(User.objects.all()[0]),
    "new person": lambda: "/admin/accounts/user/add/",
    "new link": lambda: f"/admin/accounts/user/{UserFactory.create(role='Editor').pk}/link/",
    "confirmation": lambda: f"/admin/accounts/user/{UserFactory.create(confirmed_at=None).pk}/confirm/",
    "list of security events": lambda: "/admin/accounts/securityevent/",
    "own password": lambda: "/admin/password_change/",
}


def change(row: object, page: str = "change") -> str:
    opts = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[row.pk])  # type: ignore[attr-defined]


def merging(make: Callable[[], Any], kind: NameKind) -> str:
    return merge_address(kind, gone=make().pk, kept=make().pk)


def proposed_page() -> PageProposal:
    by = UserFactory.create(role="Chief editor")
    funders = [{"funder": "A trust", "year": "2024", "share": "12.5"}]
    words: Any = {"text": "Our money.", "owner": "A society.", "funders": funders}
    return newsroom.propose(PageKind.FUNDING, base=0, by=by, reason="Said for the first time.", **words)


def reading(**query: str) -> str:
    """The reading desk of an article with overlapping places, evidence, a lost place and a dismissed sentence."""
    article = Source.objects.filter(appearances__isnull=False)[0]
    texts.bring_in(article, from_pasted("Only the exact words.\n\nAnother paragraph with evidence. Nothing to check."))
    claim = ClaimFactory.create(appearances=[], evidence=[])
    for words in ("the exact words", "exact words", "lost words"):
        AppearanceFactory(claim=claim, source=article, exact=words)
    EvidenceFactory(claim=claim, source=article, quote="evidence")
    PassedSentence.objects.create(source=article, sha256=sentence_hash("Nothing to check."))
    MatchDecision.objects.create(
        source=article, claim=claim, kind="not-the-same", sha256=sentence_hash("Gone."), by=UserFactory.create()
    )
    place = urlencode({"start": "27", "end": "34"} | query)
    return f"{change(article).removesuffix('change/')}read/{'?' if query else ''}{place if query else ''}"


def looked_at(page: Page) -> Iterator[str]:
    """The page in each width and theme; told by its name, and never wider than the screen."""
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
        yield f"{width} px, {theme}"


@pytest.fixture
def news(desk: Page) -> Page:
    """A desk with something of everything."""
    SubscriberFactory.create()
    claim: Any = corrected(published(topics=[TopicFactory.create()]), summary="The sum is wrong as well.")
    Affiliation.objects.create(claimant=claim.claimant, name="City council", started="2023")
    Snapshot.objects.create(
        source=SourceFactory.create(authors=["Ana Ruiz"]),
        taken_at=datetime(2026, 11, 1, tzinfo=UTC),
        size=1,
        sha256="a" * 64,
    )
    return desk


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(news: Page, site: str, axe: Axe, name: str) -> None:
    news.goto(site + PAGES[name]())
    assert [f"{look}: {breach}" for look in looked_at(news) for breach in axe(news)] == []


def test_axe_finds_nothing_at_the_door(page: Page, site: str, axe: Axe) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    assert [breach for _look in looked_at(page) for breach in axe(page)] == []


def test_a_field_that_must_be_filled_in_is_marked(desk: Page, site: str) -> None:
    for model, field in (("claims/claim", "statement"), ("sources/source", "title")):
        desk.goto(f"{site}/admin/{model}/add/")
        label = desk.locator(f"label[for=id_{field}]")
        assert label.evaluate("label => getComputedStyle(label, '::after').content").startswith('" *"'), model
        # A screen reader says that it's required, and not "star".
        assert desk.locator(f"#id_{field}[required]").count() == 1, model
        assert desk.get_by_label(label.inner_text(), exact=True).count() == 1, model


def test_axe_finds_nothing_in_a_form_that_comes_back(desk: Page, site: str, axe: Axe) -> None:
    desk.goto(f"{site}/admin/sources/source/add/")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Please correct the errors below.")).to_be_visible()
    assert [breach for _look in looked_at(desk) for breach in axe(desk)] == []


@pytest.mark.parametrize("name", ["claimant", "claim"])
def test_axe_finds_nothing_where_two_people_saved(
    desk: Page, site: str, axe: Axe, name: str, complaints: list[str]
) -> None:
    claim: Any = ClaimFactory.create()
    Affiliation.objects.create(claimant=claim.claimant, name="City council")
    row, field, rows = {
        "claimant": (claim.claimant, "role", "affiliations-0-name"),
        "claim": (claim, "summary", "evidence-0-finding"),
    }[name]
    desk.goto(site + change(row))
    type(row).objects.filter(pk=row.pk).update(**{field: "Theirs."})
    desk.locator(f"[name={field}]").fill("Mine.")
    if name == "claim":
        desk.locator("#evidence-0 summary").click()
    desk.locator(f"[name={rows}]").fill("My row.")
    desk.get_by_role("button", name="Save", exact=True).click()

    conflict = desk.get_by_role("region", name="This was changed since you opened it")
    expect(conflict).to_contain_text("Theirs.")
    expect(desk.locator(f"[name={field}]")).to_have_value("Mine.")
    assert [f"{look}: {breach}" for look in looked_at(desk) for breach in axe(desk)] == []

    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    row.refresh_from_db()
    assert getattr(row, field) == "Mine."
    assert [complaint for complaint in complaints if "409" not in complaint] == []
    complaints.clear()  # the conflict itself, which the browser reports as a failed request


def test_a_choice_that_searches_says_its_name_and_what_is_chosen(desk: Page, site: str, axe: Axe) -> None:
    PublisherFactory.create(name="The Denver Post")
    desk.goto(f"{site}/admin/sources/source/add/")

    desk.locator(".field-publisher [role=combobox]").click()
    desk.get_by_role("searchbox", name="Publisher").press_sequentially("denver")
    expect(desk.get_by_role("option", name="The Denver Post")).to_be_visible()
    assert axe(desk) == []

    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Publisher: The Denver Post")).to_be_visible()


def test_a_publisher_is_added_without_leaving_the_source(desk: Page, site: str) -> None:
    desk.goto(f"{site}/admin/sources/source/add/")
    with desk.expect_popup() as opened:
        desk.get_by_title("Add another publisher").click()
    popup = opened.value
    popup.get_by_label("Name").press_sequentially("The Denver Post")
    expect(popup.get_by_label("Slug")).to_have_value("the-denver-post")
    popup.get_by_role("button", name="Save").click()

    expect(desk.get_by_label("Publisher: The Denver Post")).to_be_visible()


def test_a_row_that_is_added_has_names_as_well(desk: Page, site: str, axe: Axe) -> None:
    desk.goto(f"{site}/admin/claims/claimant/add/")
    desk.get_by_text("Add another Affiliation").click()
    expect(desk.locator("#affiliations-0 [name$=-name]")).to_have_accessible_name("Name, affiliation new")
    assert axe(desk) == []


def test_each_row_names_its_own_source(desk: Page, site: str) -> None:
    claim = ClaimFactory.create(evidence=SourceFactory.create_batch(2))
    desk.goto(site + change(claim))
    for row, evidence in enumerate(claim.evidence.order_by("order"), start=1):
        desk.get_by_text(f"Evidence {row}:").click()
        expect(desk.get_by_label(f"Source, evidence {row}: {evidence.source.title} (")).to_be_visible()
