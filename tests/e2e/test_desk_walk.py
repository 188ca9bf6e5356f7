"""One walk through every kind of page of the desk: axe, both widths and themes, and the keyboard, on one database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from claims.choices import ImportOutcome, ImportState, ImportTarget, Likeness, NameKind, PageKind
from claims.desk import comments, newsroom, workflow
from claims.desk.admin.merge import merge_address
from claims.desk.reading.reading import sentence_hash
from claims.models import (
    Affiliation,
    Claim,
    Correction,
    Delivery,
    ImportRun,
    LikelyDuplicate,
    MatchDecision,
    PageProposal,
    Revision,
    SavedFilter,
)
from factcheck.accounts.models import User
from sources import texts
from sources.extraction import from_pasted
from sources.models import PassedSentence, Snapshot, SnapshotText, Source, SourceFile
from tests.claims.desk.admin.test_imports import COLUMNS, upload
from tests.claims.desk.imports.test_imported_claims import ROW, imported
from tests.desk import signed_in
from tests.doors import address
from tests.e2e.conftest import Axe, looked_at
from tests.e2e.test_walks import FOCUS
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    ForeignCheckFactory,
    ImportedRowFactory,
    ImportRunFactory,
    SourceFactory,
    SubscriberFactory,
    TopicFactory,
    UserFactory,
    corrected,
    published,
)

_STOPS = 12
# Contrast depends on the theme and space on the width, so axe sees in two looks what it would see in four.


def article_with_places(claim: Claim) -> Source:
    """An article with overlapping places, evidence, a lost place, a dismissed sentence and a text of its own."""
    article: Source = claim.appearances.get().source
    texts.bring_in(article, from_pasted("Only the exact words.\n\nAnother paragraph with evidence. Nothing to check."))
    other = ClaimFactory.create(appearances=[], evidence=[])
    for words in ("the exact words", "exact words", "lost words"):
        AppearanceFactory(claim=other, source=article, exact=words)
    EvidenceFactory(claim=other, source=article, quote="evidence")
    PassedSentence.objects.create(source=article, sha256=sentence_hash("Nothing to check."))
    MatchDecision.objects.create(
        source=article, claim=other, kind="not-the-same", sha256=sentence_hash("Gone."), by=UserFactory.create()
    )
    return article


def edited(claim: Claim) -> Claim:
    """A published claim with two versions and a draft change."""
    corrected(claim, summary="The sum is wrong as well.")
    claim.refresh_from_db()
    claim.summary = "A draft."
    return workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def suggested(by: User) -> Claim:
    """A claim that an editor changed, with other values of the next import."""
    imported(ROW, by=by)
    claim = Claim.objects.get(statement=ROW["statement"])
    claim.summary = "Ours."
    workflow.edit(claim, by=by, version=1)
    imported({**ROW, "summary": "Theirs.", "evidence_1_finding": "Theirs too."}, by=by)
    return claim


def sheet() -> ImportRun:
    """A spreadsheet that was uploaded, and whose columns were chosen."""
    client = signed_in("Editor")
    upload(client)
    run = ImportRun.objects.latest("pk")
    client.post(f"/admin/claims/importrun/{run.pk}/columns/", {**COLUMNS, "dates": "dmy"})
    return run


def refused() -> ImportRun:
    """An import with a row that is refused."""
    problems = [{"field": "claim", "reason": "It's missing.", "remedy": "Add it to the file."}]
    run: ImportRun = ImportRunFactory.create(
        state=ImportState.CHECKED, counts={"rows": 1, "refused": 1}, file="imports/x"
    )
    ImportedRowFactory.create(run=run, outcome=ImportOutcome.REFUSED, problems=problems)
    return run


def to_read() -> ImportRun:
    """An import with a claim that waits to be read."""
    claim = ClaimFactory.create()
    workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    run: ImportRun = ImportRunFactory.create(state=ImportState.APPLIED, target=ImportTarget.CLAIMS)
    ImportedRowFactory.create(run=run, claim=claim)
    return run


def proposed_page() -> PageProposal:
    by = UserFactory.create(role="Chief editor")
    funders = [{"funder": "A trust", "year": "2024", "share": "12.5"}]
    words: Any = {"text": "Our money.", "owner": "A society.", "funders": funders}
    return newsroom.propose(PageKind.FUNDING, base=0, by=by, reason="Said for the first time.", **words)


def addresses(by: User) -> dict[str, str]:
    """Each page by its name, of a desk with something of everything."""
    subscriber = SubscriberFactory.create()
    claimant, other = ClaimantFactory.create_batch(2)
    claim = edited(published(topics=[TopicFactory.create()], claimant=claimant))
    Affiliation.objects.create(claimant=claimant, name="City council", started="2023")
    article = article_with_places(claim)
    assert article.publisher
    snapshot = Snapshot.objects.create(
        source=SourceFactory.create(authors=["Ana Ruiz"]),
        taken_at=datetime(2026, 11, 1, tzinfo=UTC),
        size=1,
        sha256="a" * 64,
    )
    file = SourceFile.objects.create(source=article, name="letter.pdf", size=3, sha256="a" * 64)
    first, second = sorted(TopicFactory.create().pk for _ in range(2))
    LikelyDuplicate.objects.create(kind=NameKind.TOPIC, first=first, second=second, why=Likeness.NAME)
    comments.add(claim, f"Look at page 3, @{by.username}.", by=by)
    SavedFilter.objects.create(owner=by, name="Mine", query="view=mine")
    ForeignCheckFactory.create(claim=claim.statement)
    run, report = sheet(), sheet()
    signed_in("Editor").post(f"/admin/claims/importrun/{report.pk}/ratings/", {"rating-0": "false"})
    act, of_article = (address(row).removesuffix("change/") for row in (claim, article))
    words = urlencode({"start": "27", "end": "34"})
    merges = {
        f"merge of two {kind}s": merge_address(kind, gone=gone.pk, kept=kept.pk)
        for kind, gone, kept in (
            (NameKind.TOPIC, TopicFactory.create(), TopicFactory.create()),
            (NameKind.CLAIM, published(), published()),
            (NameKind.CLAIMANT, claimant, other),
        )
    }
    return merges | {
        "first page": "/admin/",
        "one app": "/admin/claims/",
        "list of claims": "/admin/claims/claim/",
        "list of claims with a saved filter": "/admin/claims/claim/?view=mine",
        "saved filters": "/admin/claims/claim/filters/?view=mine",
        "check a text": "/admin/claims/claim/check/",
        "new claim": "/admin/claims/claim/add/",
        "claim": address(claim),
        "claim with many rows": address(ClaimFactory.create(evidence=SourceFactory.create_batch(4))),
        "what consumers will see": address(claim, "consumers"),
        "others who checked this": address(claim, "others"),
        "comments": address(claim, "comments"),
        "suggestions": address(suggested(by), "suggestion"),
        "discard": f"{act}act/discard/",
        "choose a text to restore": f"{act}act/restore/",
        "restore": f"{act}act/restore/?text=version-1",
        "due date and priority": f"{act}act/plan/",
        "fix of a typo": address(published(), "fix"),
        "list of sources": "/admin/sources/source/",
        "list of publishers": "/admin/sources/publisher/",
        "new source": "/admin/sources/source/add/",
        "bring an article in": "/admin/sources/source/bring-in/",
        "add several sources": "/admin/sources/source/add-several/",
        "reading desk": f"{of_article}read/?{words}&act=log",
        "reading desk without scripts": f"{of_article}read/?{words}&paragraph=1",
        "bring a text in": f"{of_article}text/",
        "delete a text": f"{of_article}text/{SnapshotText.objects.get().pk}/delete/",
        "files of a source": f"{of_article}files/",
        "delete a file": f"{of_article}files/{file.pk}/delete/",
        "article": address(article),
        "article's history": address(article, "history"),
        "publisher": address(article.publisher),
        "new snapshot": "/admin/sources/snapshot/add/",
        "snapshot": address(snapshot),
        "list of claimants": "/admin/claims/claimant/",
        "claimant": address(claimant),
        "new claimant": "/admin/claims/claimant/add/",
        "topic": "/admin/claims/topic/add/",
        "list of ratings": "/admin/claims/rating/?on_scale__exact=1",
        "rating": "/admin/claims/rating/add/",
        "list of revisions": "/admin/claims/revision/",
        "revision": address(Revision.objects.all()[0]),
        "correction": address(Correction.objects.all()[0]),
        "list of events": "/admin/claims/claimevent/?q=claim&o=1",
        "list of subscribers": "/admin/claims/subscriber/",
        "subscriber": address(subscriber),
        "new subscriber": "/admin/claims/subscriber/add/",
        "list of deliveries": "/admin/claims/delivery/?state__exact=waiting",
        "delivery": address(Delivery.objects.all()[0]),
        "list of likely duplicates": "/admin/claims/likelyduplicate/",
        "newsroom's pages": "/admin/claims/pageproposal/",
        "new page of the newsroom": "/admin/claims/pageproposal/add/?page=funding",
        "proposed page of the newsroom": address(proposed_page()),
        "list of imports": "/admin/claims/importrun/",
        "import a file": "/admin/claims/importrun/add/",
        "columns": f"/admin/claims/importrun/{run.pk}/columns/",
        "ratings": f"/admin/claims/importrun/{run.pk}/ratings/",
        "report": address(report),
        "an import": address(refused()),
        "claims of an import to read": f"/admin/claims/importrun/{to_read().pk}/read/",
        "list of fact-checks by others": "/admin/claims/foreigncheck/",
        "labels of other publishers": "/admin/claims/foreignlabel/",
        "labels to decide": "/admin/claims/foreignlabel/decide/",
        "list of people": "/admin/accounts/user/",
        "person": address(by),
        "new person": "/admin/accounts/user/add/",
        "new link": f"/admin/accounts/user/{UserFactory.create(role='Editor').pk}/link/",
        "confirmation": f"/admin/accounts/user/{UserFactory.create(confirmed_at=None).pk}/confirm/",
        "list of security events": "/admin/accounts/securityevent/",
        "own password": "/admin/password_change/",
    }


def trouble(page: Page, axe: Axe) -> list[str]:
    """What is wrong with a page: what axe finds, a width beyond the screen, and a focus that can't be seen."""
    found = [f"{look}: {breach}" for look in looked_at(page) for breach in axe(page)]
    page.set_viewport_size({"width": 1280, "height": 900})
    for stop in range(_STOPS):
        page.keyboard.press("Tab")
        if stop and page.evaluate("document.activeElement === document.body"):
            break  # the stop before was the last of a short page
        if not page.evaluate(FOCUS):
            found.append(f"no focus: {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}")
    return found


@pytest.fixture(autouse=True)
def _files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FETCH_ARTICLES = tmp_path, False


def test_axe_and_the_keyboard_find_nothing_on_any_page(page: Page, site: str, sign_in: Any, axe: Axe) -> None:
    person = UserFactory.create(role="Chief editor")
    sign_in(page, person)
    found = {}
    for name, path in addresses(person).items():
        answer = page.goto(site + path)
        assert answer is None or answer.ok, name
        found[name] = trouble(page, axe)

    page.goto(f"{site}/admin/sources/source/add-several/")
    page.get_by_role("textbox", name="List:").fill("https://post.example/bridges\nnonsense here")
    page.get_by_role("button", name="Read the list").click()
    expect(page.get_by_label("Create this source")).to_be_visible()
    found["several sources to add"] = trouble(page, axe)

    assert {name: breaches for name, breaches in found.items() if breaches} == {}
