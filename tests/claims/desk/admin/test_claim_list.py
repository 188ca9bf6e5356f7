"""The list of claims: saved views and filters in a fixed number of queries, and acts on many claims at once."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.choices import State
from claims.desk import workflow
from claims.desk.admin import listing
from claims.models import Claim
from factcheck.accounts.models import User
from sources.choices import Protection
from tests import factories
from tests.claims.desk.admin.browser import fields_of
from tests.factories import ClaimantFactory, ClaimFactory, EvidenceFactory, SourceFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:claims_claim_changelist")


@pytest.fixture
def editor() -> User:
    return UserFactory(role="Editor")


@pytest.fixture
def desk(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


def listed(client: Client, **query: Any) -> set[Claim]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_line_shows_what_editors_need(desk: Client) -> None:
    claim = ClaimFactory(evidence=[], appearances=[SourceFactory(title="The article")])
    for stance, origin in [("supports", "A"), ("refutes", "a "), ("refutes", "B"), ("context", "C")]:
        EvidenceFactory(claim=claim, stance=stance, origin=origin)
    page = desk.get(LIST).content.decode()
    for text in (
        "1 for",
        "2 against",
        "2 independent sources",
        claim.statement,
        "The article",
        "Mostly false",
        claim.claimant.name,
        "To do",
    ):
        assert text in page


def test_saved_views_list_the_right_claims(desk: Client, editor: User) -> None:
    mine = workflow.assign(ClaimFactory(), to=editor, by=editor, version=1)
    waiting = workflow.submit(ClaimFactory(), by=editor, version=1)
    changed = factories.published()
    workflow.edit(changed, by=editor, version=changed.version)
    factories.published()
    assert listed(desk, view="mine") == {mine}
    assert listed(desk, view="review") == {waiting}
    assert listed(desk, view="changed") == {changed}
    assert len(listed(desk)) == len(listed(desk, view="nonsense")) == 4


def test_filters_and_search_find_the_right_claims(desk: Client, editor: User) -> None:
    topic, article = TopicFactory(), SourceFactory(title="Bridges of Denver")
    claim = ClaimFactory(
        topics=[topic],
        appearances=[article, SourceFactory()],
        claimant=ClaimantFactory(name="Rosalind Quint"),
        slug="bridges-of-denver",
        kind="legal-policy",
    )
    other = ClaimFactory(rating=None)
    workflow.assign(claim, to=editor, by=editor, version=1)
    queries: list[dict[str, Any]] = [
        {"topic": topic.pk},
        {"article": article.pk},
        {"claimant": claim.claimant_id},
        {"assignee": editor.pk},
        {"rating": "mostly-false"},
        {"q": "bridges of denver"},
        {"q": "bridges-of-denver"},
        {"q": "quint"},
    ]
    for query in queries:
        assert listed(desk, **query) == {claim}, query
    assert listed(desk, rating="none") == {other}
    assert listed(desk, assignee="none") == {other}
    assert listed(desk, state="logged", kind="statistic") == {other}


@pytest.mark.parametrize(
    "query",
    [
        {"state": "burnt"},
        {"state": "\0"},
        {"topic": "x"},
        {"topic": "9" * 40},
        {"claimant": "1 OR 1"},
        {"assignee": "\0"},
        {"explanation__regex": "(a+)+$"},
        {"author__password__startswith": "a"},
        {"utm_source": "mail"},
        {"q": "\0"},
        {"q": "'\"%_\\"},
        {"p": "99999999999"},
        {"p": "x"},
        {"o": "x.-99.3"},
        {"all": ""},
        {"view": "\0"},
        {"_to_field": "author__password"},
    ],
)
def test_no_query_string_breaks_the_list_or_filters_by_other_fields(desk: Client, query: dict[str, str]) -> None:
    ClaimFactory()
    response = desk.get(LIST, query, follow=True)
    assert response.status_code in {200, 400}
    if response.status_code == 200 and "q" not in query:
        assert len(response.context["cl"].result_list) == 1


def test_more_claims_cost_no_more_queries(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(LIST).status_code == 200
        return len(captured)

    def log(number: int) -> None:
        for _n in range(number):
            claim = ClaimFactory(topics=[TopicFactory()], evidence=[SourceFactory(), SourceFactory()])
            workflow.assign(claim, to=UserFactory(role="Editor"), by=UserFactory(role="Editor"), version=1)
            factories.published(ClaimFactory())

    log(1)
    queries()
    few = queries()
    log(8)
    assert queries() == few


# Many at once


def chosen(desk: Client, action: str, claims: Iterable[Any]) -> Any:
    return desk.post(LIST, {"action": action, "_selected_action": [claim.pk for claim in claims], "index": "0"})


def test_claims_are_assigned_together(desk: Client) -> None:
    claims, reporter = [ClaimFactory(), ClaimFactory()], UserFactory(role="Reporter")
    page = chosen(desk, "assign_selected", claims)
    assert page.status_code == 200
    assert Claim.objects.filter(assignee=None).count() == 2
    response = desk.post(LIST, fields_of(page) | {"to": [str(reporter.pk)]})
    assert said(response) == ["Assign: 2 claims."]
    assert Claim.objects.filter(assignee=reporter, version=2).count() == 2


def test_a_refusal_for_one_claim_does_not_stop_the_others(desk: Client) -> None:
    good, bare = ClaimFactory(), ClaimFactory(summary="")
    page = chosen(desk, "submit_selected", [good, bare])
    assert "not complete" in page.content.decode()
    response = desk.post(LIST, fields_of(page))
    refused, done = sorted(said(response), key=len, reverse=True)
    assert bare.statement in refused
    assert "Write the summary" in refused
    assert done == "Submit for review: 1 claim."
    assert set(Claim.objects.filter(state=State.IN_REVIEW)) == {good}


def test_many_refusals_are_one_message_with_each_reason_once(desk: Client) -> None:
    claims = [ClaimFactory(summary="", evidence=[], appearances=[]) for _n in range(7)]
    page = chosen(desk, "submit_selected", claims)
    [message] = said(desk.post(LIST, fields_of(page)))
    assert "Not done for 7 claims:" in message
    assert message.count("Write the summary") == 1
    assert "and 2 more" in message


def test_a_claim_that_changed_since_is_not_touched(desk: Client, editor: User) -> None:
    claim = ClaimFactory()
    page = chosen(desk, "submit_selected", [claim])
    workflow.edit(claim, by=editor, version=1)
    response = desk.post(LIST, fields_of(page))
    assert "This claim was changed since you opened it" in said(response)[0]
    assert Claim.objects.get().state == State.LOGGED


def test_bulk_acts_are_for_those_who_may(editor: User) -> None:
    claim = ClaimFactory(by=editor)
    offers = {
        "Reporter": {"submit_selected"},
        "Editor": {"assign_selected", "submit_selected"},
        "Chief editor": {"assign_selected", "submit_selected"},
        "Assessor": set(),
    }
    for role, offered in offers.items():
        client = Client()
        client.force_login(UserFactory(role=role))
        page = client.get(LIST).content.decode()
        for action in ("assign_selected", "submit_selected"):
            assert (f'value="{action}"' in page) == (action in offered)
            if action not in offered:
                sent = {"action": action, "_selected_action": [claim.pk], "confirmed": "yes", "to": editor.pk}
                client.post(LIST, sent | {f"version-{claim.pk}": "1"})
    assert Claim.objects.get().version == 1


@pytest.mark.parametrize("selected", [["x"], ["9" * 40], ["\0"], [], ["0"]])
@pytest.mark.parametrize("more", [{}, {"index": "x"}, {"confirmed": "yes"}, {"action": "burn"}, {"select_across": "1"}])
def test_no_selection_breaks_the_list(desk: Client, selected: list[str], more: dict[str, str]) -> None:
    ClaimFactory()
    sent = {"action": "submit_selected", "_selected_action": selected, "index": "0", **more}
    assert desk.post(LIST, sent).status_code in {200, 302}


def test_too_many_at_once_are_refused(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.desk.admin.bulk.BULK", 2)
    response = chosen(desk, "submit_selected", [ClaimFactory() for _n in range(3)])
    assert "Choose 2 claims or fewer" in said(response)[0]


def test_an_author_lists_what_they_logged() -> None:
    reporter = UserFactory.create(role="Reporter")
    own, other = ClaimFactory.create(by=reporter), ClaimFactory.create()
    client = Client()
    client.force_login(reporter)
    rows = client.get("/admin/claims/claim/?view=logged").context["cl"].result_list
    assert own in rows
    assert other not in rows


@pytest.mark.parametrize(
    ("column", "word"), [("summary", "Tollgate"), ("explanation", "Tollgate"), ("finding", "Tollgate")]
)
def test_a_claim_is_found_by_its_explanation_and_its_evidence(desk: Client, column: str, word: str) -> None:
    ClaimFactory()
    claim = ClaimFactory(evidence=[], **({} if column == "finding" else {column: f"The {word} paid."}))
    EvidenceFactory(claim=claim, finding=f"The {word} paid." if column == "finding" else "It paid.")
    assert listed(desk, q=word.lower()) == {claim}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("bridge", {"live"}), ("BRIDGES council", {"live"}), ("bridges rents", set()), ("council -bridges", set())),
        *(('"new bridges"', {"live"}), ('"bridges new"', set()), ("counc", {"live"}), ("zzzyzz", set())),
        *(("live", {"live"}), ("rents", {"draft"}), ("ents", {"draft"}), ("ridges", set()), ("budget", {"live"})),
        *(("toll", {"changed"}), ("fares", {"changed"}), ("the", {"live", "changed", "draft"})),
    ],
)  # fmt: skip
def test_what_readers_see_is_found_by_its_words_and_what_is_in_work_by_any_letters(
    desk: Client, text: str, found: set[str]
) -> None:
    unsaid: dict[str, Any] = {"summary": "Nothing.", "explanation": "Nothing.", "claimant": None}
    budget = SourceFactory(title="Budget of 2026")
    factories.published(
        ClaimFactory(slug="live", statement="The council built new bridges.", appearances=[budget], **unsaid)
    )
    changed = factories.published(ClaimFactory(slug="changed", statement="The fares rose.", **unsaid))
    changed.statement = "The tollgate closed."
    workflow.edit(changed, by=UserFactory(role="Editor"), version=changed.version)
    ClaimFactory(slug="draft", statement="The rents fell.", **unsaid)
    assert {claim.slug for claim in listed(desk, q=text)} == found


def test_a_search_with_more_claims_than_a_list_shows_finds_the_newest(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_MOST_FOUND", 2)
    claims = [factories.published(statement="The zeppelin landed.") for _ in range(3)]
    assert listed(desk, q="zeppelin") == {*claims[1:]}
    assert "the list has the newest of them" in desk.get(LIST, {"q": "zeppelin"}).content.decode()
    assert "the list has the newest of them" not in desk.get(LIST, {"q": claims[0].slug}).content.decode()
    refused = desk.get(f"{LIST}csv/", {"q": "zeppelin"}, follow=True)
    assert refused.redirect_chain == [(f"{LIST}?q=zeppelin", 302)]
    assert "Too many rows have these words for a file." in refused.content.decode()


def test_evidence_that_only_named_people_see_finds_nothing(desk: Client) -> None:
    source = SourceFactory(protection=Protection.NAMED, title="Tollgate letter")
    EvidenceFactory(claim=ClaimFactory(), source=source, finding="The Tollgate paid.")
    assert listed(desk, q="tollgate") == set()


def test_claims_are_filtered_by_who_logged_them_when_and_by_originals(desk: Client, editor: User) -> None:
    own, old = ClaimFactory(by=editor, evidence=[]), ClaimFactory(evidence=[])
    EvidenceFactory(claim=old, is_primary=False, secondary_reason="The original is sealed.")
    Claim.objects.filter(pk=old.pk).update(logged_at=timezone.now() - timedelta(days=8))
    original = ClaimFactory()
    assert listed(desk, author=str(editor.pk)) == {own}
    assert listed(desk, logged="7") == {own, original}
    assert [listed(desk, original=value) for value in ("yes", "no", "none")] == [{original}, {old}, {own}]
