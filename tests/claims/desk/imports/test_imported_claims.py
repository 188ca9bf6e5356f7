"""A spreadsheet of claims becomes claims of the desk, by the person who imports, and nothing more."""

import csv
import io
from tempfile import TemporaryFile
from typing import Any

import pytest

from claims.choices import ImportOutcome, ImportState, ImportTarget, Stance, State
from claims.desk import approvals, workflow
from claims.desk.imports import runs
from claims.formats.files import FILES
from claims.models import (
    Approval,
    Claim,
    Claimant,
    ImportedClaim,
    ImportRun,
    PublishedClaim,
    Revision,
    Topic,
)
from claims.record.publications import Publication
from claims.record.publications import publications as publications_of
from factcheck.accounts.models import User
from sources.models import Publisher, Source
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    UserFactory,
    approved,
    published,
)

pytestmark = pytest.mark.django_db

ROW = {
    "reference": "1",
    "statement": "The bridge is the longest in the country.",
    "claimant_name": "Ana Example",
    "claimed_on": "3 May 2021",
    "topics": "Traffic; Building",
    "article_address": "https://paper.example/bridge",
    "article_title": "A bridge opens",
    "exact": "the longest bridge",
    "rating": "Pants on fire",
    "summary": "Two bridges are longer.",
    "explanation": "The register lists them.",
    "evidence_1_address": "https://office.example/register",
    "evidence_1_title": "Register of bridges",
    "evidence_1_publisher": "Office of roads",
    "evidence_1_stance": "Contradicts",
    "evidence_1_finding": "Two bridges are longer.",
    "evidence_2_address": "https://office.example/history",
    "evidence_2_stance": "context",
    "evidence_2_finding": "The bridge opened in 2021.",
    "originally_published": "2021-05-10",
    "original_address": "https://old.example/check",
}


@pytest.fixture
def editor() -> User:
    return UserFactory(role="Editor")


def imported(*rows: dict[str, str], by: User, feed: str = "archive", whole: bool = False, **mapping: Any) -> ImportRun:
    """The run that imported these rows, or that stopped before."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    ratings = {row["rating"]: "" for row in rows if row.get("rating")}
    mapping = {"columns": {name: name for name in names}, "ratings": ratings, **mapping}
    with TemporaryFile() as file:
        file.write(text.getvalue().encode())
        target = ImportTarget.CLAIMS
        run = runs.start(file, "a.csv", feed=feed, kind="sheet", target=target, mapping=mapping, whole=whole, by=by)
        run = runs.check(run, file)
        return runs.apply(run) if run.state == ImportState.CHECKED else run


def reasons(run: ImportRun) -> list[tuple[str, str]]:
    return [(problem["field"], problem["reason"]) for row in run.rows.all() for problem in row.problems]


def test_a_row_becomes_a_logged_claim_with_its_article_and_evidence(editor: User) -> None:
    run = imported(ROW, by=editor, ratings={"Pants on fire": "false"})

    claim = Claim.objects.get()
    assert (run.state, run.counts["created"]) == (ImportState.APPLIED, 1)
    assert (claim.state, claim.author, claim.rating and claim.rating.slug) == (State.LOGGED, editor, "false")
    assert (claim.statement, claim.claimed_on, str(claim.claimant)) == (ROW["statement"], "2021-05-03", "Ana Example")
    assert {topic.name for topic in claim.topics.all()} == {"Traffic", "Building"}
    place = claim.appearances.get()
    assert (place.source.title, str(place.source.publisher), place.exact) == (
        *("A bridge opens", "paper.example", "the longest bridge"),
    )
    first, second = claim.evidence.order_by("order")
    assert (str(first.source.publisher), first.stance, first.origin) == (
        *("Office of roads", Stance.REFUTES, "Office of roads"),
    )
    assert (second.source.title, second.stance) == ("office.example/history", Stance.CONTEXT)
    origin = ImportedClaim.objects.get(claim=claim)
    assert (origin.originally_published, origin.address) == ("2021-05-10", "https://old.example/check")
    assert [event.actor for event in claim.events.all()] == [editor]


def test_the_same_rows_again_change_nothing(editor: User) -> None:
    imported(ROW, by=editor)
    before = [Claim.objects.get().version, Source.objects.count(), Claimant.objects.count(), Topic.objects.count()]
    run = imported(ROW, {**ROW, "reference": "2"}, by=editor)

    assert (run.counts["unchanged"], run.counts["created"]) == (1, 1)
    first = Claim.objects.order_by("pk")[0]
    assert [first.version, Source.objects.count(), Claimant.objects.count(), Topic.objects.count()] == before


def test_a_changed_row_updates_a_claim_that_nobody_worked_on(editor: User) -> None:
    imported(ROW, by=editor)
    run = imported({**ROW, "summary": "Three are longer.", "evidence_2_finding": "It opened in May."}, by=editor)

    claim = Claim.objects.get()
    assert (run.counts["updated"], claim.summary, claim.version) == (1, "Three are longer.", 2)
    assert [row.finding for row in claim.evidence.all()] == ["Two bridges are longer.", "It opened in May."]
    assert claim.statement == ROW["statement"]


def test_a_change_of_a_claim_that_somebody_edited_is_only_suggested(editor: User) -> None:
    imported(ROW, by=editor)
    claim = Claim.objects.get()
    claim.summary = "Ours."
    workflow.edit(claim, by=UserFactory(role="Editor"), version=1)
    run = imported({**ROW, "summary": "Theirs."}, by=editor)

    assert run.counts["suggested"] == 1
    assert run.rows.get().values == {"summary": "Theirs."}
    assert Claim.objects.get().summary == "Ours."


def test_the_import_stops_until_each_rating_is_mapped_or_left_open(editor: User) -> None:
    run = imported(ROW, {**ROW, "reference": "2", "rating": "Half true"}, by=editor, ratings={"Half true": ""})

    assert run.state == ImportState.NEEDS_LABELS
    assert run.counts["ratings"] == {"Pants on fire": 1, "Half true": 1}
    assert not Claim.objects.exists()


def test_a_check_writes_nothing_but_the_run(editor: User) -> None:
    run = imported(ROW, by=editor, ratings={})

    assert run.counts["created"] == 1
    assert not any(model.objects.exists() for model in (Claim, Claimant, Topic, Source, Publisher, ImportedClaim))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"reference": ""}, "Reference", "This cell is empty."),
        ({"statement": " "}, "Claim", "This cell is empty."),
        ({"claimed_on": "03/04/2021"}, "Date of the claim", "03/04/2021 can be two d"),
        ({"claimed_on": "31.02.2021"}, "Date of the claim", "31.02.2021 isn't a day of the calendar."),
        ({"claimed_on": "44319"}, "Date of the claim", "44319 isn't a date that we can read."),
        ({"claimed_on": "2999"}, "Date of the claim", "2999 is in the future."),
        ({"original_address": "javascript:alert(1)"}, "Web address of first publication", "Enter a full web address"),
        ({"evidence_1_stance": "yes"}, "Evidence 1, position", "We don't know “yes”."),
        ({"evidence_2_finding": ""}, "Evidence 2, what it says", "This cell is empty."),
        ({"headline": "x" * 201}, "Headline", "Ensure this value has at most 200 characters"),
        ({"explanation": "x" * 30_001}, "Explanation", "The text has 30001 characters, and 30000 fit."),
        ({"language": "Spanish"}, "Language", "Write the language as a tag"),
        ({"reference": "EXAMPLE"}, "Reference", "This is the example of the template."),
        ({"article_address": "", "article_title": ""}, "Web address of the article", "The row says something of an"),
    ],
)
def test_a_bad_row_is_refused_with_its_field_and_reason(
    editor: User, change: dict[str, str], field: str, reason: str
) -> None:
    run = imported({**ROW, **change}, {**ROW, "reference": "good"}, by=editor)

    found = reasons(run)[0]
    assert (found[0], found[1][: len(reason)]) == (field, reason)
    assert run.counts["refused"] == run.counts["created"] == 1


def test_a_name_that_two_claimants_have_is_refused_and_a_slug_says_which(editor: User) -> None:
    ClaimantFactory(name="Ana Example", slug="ana-example")
    other = ClaimantFactory(name="ana example", slug="ana-example-2")
    run = imported(ROW, {**ROW, "reference": "2", "claimant_name": "ana-example-2"}, by=editor)

    assert reasons(run) == [("Claimant", "Several claimants have the name “Ana Example”.")]
    assert Claim.objects.get().claimant == other


def test_sources_and_publishers_that_we_have_are_used(editor: User) -> None:
    known = SourceFactory(address="https://PAPER.example/bridge")
    office = PublisherFactory(name="Office of Roads")
    imported(ROW, by=editor)

    claim = Claim.objects.get()
    assert claim.appearances.get().source == known
    assert claim.evidence.order_by("order")[0].source.publisher == office


def test_no_row_can_publish_sign_or_choose_an_author(editor: User) -> None:
    other = UserFactory(role="Editor")
    crafted = {
        "state": "published",
        "author": str(other.pk),
        "approver": other.username,
        "approved_by": "A B",
        "approved_alone": "true",
        "published": "2021",
        "signed_by": "A B",
        "version": "9",
        "assignee": str(other.pk),
    }
    columns = {name: name for name in (*ROW, *crafted)}
    imported({**ROW, **crafted}, by=editor, columns=columns)

    claim = Claim.objects.get()
    assert (claim.state, claim.author, claim.approved_by, claim.version) == (State.LOGGED, editor, "", 1)
    assert (claim.approver, claim.assignee, claim.approved_alone) == (None, None, False)
    assert not Revision.objects.exists()
    assert not Approval.objects.exists()


@pytest.mark.parametrize("is_published", [False, True])
def test_an_approved_or_published_claim_is_only_suggested_a_change(editor: User, is_published: bool) -> None:
    ratings = {"Pants on fire": "false"}
    imported(ROW, by=editor, ratings=ratings)
    claim = approved(Claim.objects.get())
    if is_published:
        workflow.publish(claim, by=UserFactory(role="Editor"), version=claim.version)
    before = Claim.objects.values().get()
    run = imported({**ROW, "summary": "Changed.", "topics": ""}, by=editor, ratings=ratings)

    assert run.counts["suggested"] == 1
    assert Claim.objects.values().get() == before
    assert Claim.objects.get().topics.count() == 2


def test_a_reporter_cant_change_the_claims_of_others_by_an_import(editor: User) -> None:
    imported(ROW, by=editor)
    run = imported({**ROW, "summary": "Changed."}, by=UserFactory(role="Reporter"))

    assert reasons(run) == [("", "This claim is another reporter's. Ask an editor to assign it to you.")]


def joined(table: str, form: str, publications: list[Publication], *, by: User) -> ImportRun:
    """The run that imported this table of what a site published, as parts of the claims of the feed."""
    with TemporaryFile() as file:
        file.write(b"".join(FILES[f"{table}.{form}"].write(publications)))
        file.flush()
        name = f"{table}.{form}"
        run = runs.start(file, name, feed="archive", kind="parts", target=ImportTarget.CLAIMS, mapping={}, by=by)
        return runs.apply(runs.check(run, file))


def test_evidence_and_appearances_that_we_exported_join_the_claims_that_came_in_before(editor: User) -> None:
    ours = ClaimFactory(slug="bridge", evidence=[], appearances=[])
    document = SourceFactory(address="https://office.example/register", authors=["Ana; of Ostwick", "Bo"])
    words = {"quote": "‘Two’", "locator": "p. 3", "note": "=Old"}
    EvidenceFactory(claim=ours, source=document, is_primary=False, secondary_reason="It’s lost.", **words)
    EvidenceFactory(claim=ours, stance=Stance.CONTEXT)
    for position in (7, 0):
        AppearanceFactory(claim=ours, position=position, attributed_to=ClaimantFactory(), appeared_on="2025-06")
    published(ours)
    publications = list(publications_of(PublishedClaim.objects.all()))

    run = joined("evidence", "csv", publications, by=editor)
    assert reasons(run) == [("Reference", "We have no claim with this reference from this feed.")]
    imported({"reference": "bridge", "statement": "It rains.", "summary": "Daily."}, by=editor)
    counts = [joined("evidence", "parquet", publications, by=editor).counts]
    counts += [joined("appearances", "csv", publications, by=editor).counts]
    counts += [imported({"reference": "bridge", "statement": "It rained."}, by=editor).counts]
    assert [one["updated"] for one in counts] == [1, 1, 1]

    claim = Claim.objects.exclude(pk=ours.pk).get()
    assert (claim.statement, claim.summary) == ("It rained.", "Daily.")
    claim.rating = ours.rating
    body, published_body = approvals.body_to_approve(claim), publications[0].content
    assert body["evidence"] == published_body["evidence"]
    assert body["appearances"] == published_body["appearances"]


def test_undoing_declines_what_was_logged_and_restores_what_was_changed(editor: User) -> None:
    imported(ROW, by=editor)
    run = imported({**ROW, "summary": "Changed.", "topics": "Other"}, {**ROW, "reference": "2"}, by=editor)
    runs.undo(run)

    first, second = Claim.objects.order_by("pk")
    assert (first.summary, {topic.name for topic in first.topics.all()}) == (ROW["summary"], {"Traffic", "Building"})
    assert (first.state, second.state) == (State.LOGGED, State.DECLINED)
    assert "undone" in second.events.order_by("-version")[0].note
    again = imported({**ROW, "reference": "2", "summary": "New."}, by=editor)
    assert again.counts["created"] == 1


def test_a_run_whose_claim_somebody_edited_isnt_undone(editor: User) -> None:
    run = imported(ROW, {**ROW, "reference": "2"}, by=editor)
    claim = Claim.objects.order_by("pk")[0]
    workflow.edit(claim, by=editor, version=1)

    with pytest.raises(runs.NotUndone) as refused:
        runs.undo(run)
    assert [problem.field for problem in refused.value.obstacles] == ["line 2"]
    assert set(Claim.objects.values_list("state", flat=True)) == {State.LOGGED}


def test_whole_or_nothing_imports_nothing_if_a_row_is_refused(editor: User) -> None:
    with pytest.raises(runs.Refused):
        imported(ROW, {**ROW, "reference": ""}, by=editor, whole=True)
    assert not Claim.objects.exists()


def test_outcomes_are_those_of_the_rows_and_no_others(editor: User) -> None:
    run = imported(ROW, {**ROW, "reference": ""}, by=editor)
    assert sum(run.counts[outcome] for outcome in ImportOutcome.values) == run.counts["rows"] == 2
