"""The claim's form: what is typed is stored as one act, refused with a sentence, and never lost."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.choices import EventKind, Stance, State
from claims.desk import record_check, workflow
from claims.models import Claim, ClaimEvent, Rating
from factcheck.accounts.models import User
from factcheck.core.text import PROSE_MAX_LENGTH
from tests import factories
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:claims_claim_add")


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(claim: Claim) -> str:
    return reverse("admin:claims_claim_change", args=[claim.pk])


def opened(client: Client, claim: Claim) -> Fields:
    response = client.get(address(claim))
    assert response.status_code == 200
    return fields_of(response, "claim_form")


@pytest.fixture
def editor() -> User:
    return UserFactory(role="Editor", first_name="Ada", last_name="Editor")


@pytest.fixture
def desk(editor: User) -> Client:
    return at_desk(editor)


@pytest.fixture
def claim(editor: User) -> Claim:
    return ClaimFactory(by=editor, topics=[TopicFactory()], places=["Denver"], claimed_on="2025-06")


# Logging


def typed(fields: Fields, values: dict[str, Any]) -> Fields:
    return fields | {name: value if isinstance(value, list) else [value] for name, value in values.items()}


def filled(client: Client, **values: Any) -> Fields:
    source = SourceFactory()
    fields = {
        "statement": "The city spent 356 million.",
        "kind": "statistic",
        "appearances-0-source": str(source.pk),
        "appearances-0-exact": "spent 356 million",
        "evidence-0-source": str(source.pk),
        "evidence-0-stance": "refutes",
        "evidence-0-finding": "Another figure.",
        "evidence-0-origin": "City budget",
    }
    return typed(fields_of(client.get(ADD), "claim_form"), fields | values)


def test_logging_stores_the_claim_its_rows_and_one_event(desk: Client, editor: User) -> None:
    topic, claimant = TopicFactory(), ClaimantFactory()
    response = desk.post(
        ADD, filled(desk, topics=[str(topic.pk)], claimant=str(claimant.pk), places="Denver, Colorado")
    )
    assert response.status_code == 302
    claim = Claim.objects.get()
    assert (claim.state, claim.author, claim.version) == (State.LOGGED, editor, 1)
    assert claim.slug == "the-city-spent-356-million"
    assert claim.places == ["Denver", "Colorado"]
    assert list(claim.topics.all()) == [topic]
    assert claim.evidence.get().stance == Stance.REFUTES
    assert claim.appearances.get().exact == "spent 356 million"
    assert [event.kind for event in claim.events.all()] == [EventKind.LOGGED]


def test_a_claim_logged_from_an_article_appears_there(desk: Client) -> None:
    article = SourceFactory(title="The article under check")
    page = desk.get(ADD, {"source": article.pk})
    assert "The article under check" in page.content.decode()
    sent = fields_of(page, "claim_form") | {"statement": ["It rained."], "kind": ["event"]}
    assert sent["appearances-0-source"] == [str(article.pk)]
    desk.post(f"{ADD}?source={article.pk}", sent)
    assert Claim.objects.get().appearances.get().source == article


@pytest.mark.parametrize("source", ["", "x", "-1", "99999999999999999999999", "0", "１", "\0"])
def test_an_article_that_is_not_there_prefills_nothing(desk: Client, source: str) -> None:
    assert desk.get(ADD, {"source": source, "claimant": source, "topics": source, "rating": source}).status_code == 200


def test_the_form_begins_with_links_to_its_parts(desk: Client, claim: Claim) -> None:
    page = desk.get(address(claim)).content.decode()
    parts = re.findall(r'<li><a href="#([\w-]+)">([^<]+)</a>', page)
    assert [name for _target, name in parts][:4] == [
        "The claim",
        "More about the claim",
        "Where it appears",
        "Evidence",
    ]
    assert [target for target, _name in parts if page.count(f'id="{target}"') != 1] == []


# Changing


def test_a_change_is_one_act_with_its_rows_and_topics(desk: Client, claim: Claim) -> None:
    topic = TopicFactory()
    sent = opened(desk, claim) | {
        "summary": ["New."],
        "evidence-0-finding": ["Other."],
        "topics": [str(topic.pk)],
    }
    assert desk.post(address(claim), sent).status_code == 302
    claim = Claim.objects.get()
    assert (claim.summary, claim.version, claim.evidence.get().finding) == ("New.", 2, "Other.")
    assert list(claim.topics.all()) == [topic]


def test_a_change_of_rows_alone_is_a_new_version(desk: Client, claim: Claim) -> None:
    desk.post(address(claim), opened(desk, claim) | {"evidence-0-finding": ["Other."]})
    assert Claim.objects.get().version == 2


def test_a_save_that_changes_nothing_makes_no_version(desk: Client, editor: User) -> None:
    claim = ClaimFactory(
        by=editor,
        topics=[TopicFactory(), TopicFactory()],
        places=["Denver", "a, b"],
        explanation="One.\n\nTwo.",
        missing="a\nb",
    )
    page = desk.post(address(claim), opened(desk, claim), follow=True)
    assert "Nothing was changed" in page.content.decode()
    assert Claim.objects.get().version == 1
    assert ClaimEvent.objects.count() == 1


def test_changing_a_published_claim_leaves_what_readers_see(desk: Client) -> None:
    claim = factories.published()
    desk.post(address(claim), opened(desk, claim) | {"summary": ["Another answer."]})
    claim.refresh_from_db()
    assert claim.state == State.RESEARCHING
    assert claim.published.summary != "Another answer."
    assert "Another" in desk.get(address(claim)).content.decode().partition("panel-changes")[2]


def test_a_published_claim_whose_text_is_restored_is_published_again_by_itself(desk: Client) -> None:
    claim = factories.published()
    before = opened(desk, claim)
    desk.post(address(claim), before | {"summary": ["Something else."], "evidence-0-note": ["A note."]})
    desk.post(address(claim), opened(desk, claim) | {"summary": before["summary"]})
    assert Claim.objects.get().state == State.RESEARCHING
    page = desk.post(address(claim), opened(desk, claim) | {"evidence-0-note": [""]}, follow=True)
    assert "The text is again what readers see" in page.content.decode()
    assert Claim.objects.get().state == State.PUBLISHED
    assert ClaimEvent.objects.latest("version").kind == EventKind.RESTORED
    assert claim.revisions.count() == 1
    assert list(record_check.faults()) == []


def test_the_address_of_a_published_claim_cannot_be_changed(desk: Client) -> None:
    claim = factories.published()
    sent = opened(desk, claim)
    assert "slug" not in sent
    desk.post(address(claim), sent | {"slug": ["other"], "summary": ["New."]})
    assert Claim.objects.get().slug == claim.slug


def test_rows_are_numbered_in_their_order(desk: Client, claim: Claim) -> None:
    for _n in range(3):
        EvidenceFactory(claim=claim)
    first, second, third, fourth = claim.evidence.order_by("order")
    sent = opened(desk, claim)
    assert [sent[f"evidence-{n}-place"] for n in range(4)] == [["1"], ["2"], ["3"], ["4"]]
    sent |= {"evidence-3-place": ["1"], "evidence-0-place": ["3"], "evidence-1-DELETE": ["on"]}
    sent |= {
        "evidence-4-source": [str(SourceFactory().pk)],
        "evidence-4-stance": ["context"],
        "evidence-4-finding": ["New."],
        "evidence-4-origin": ["New"],
    }
    assert desk.post(address(claim), sent).status_code == 302
    connection.check_constraints()
    rows = list(claim.evidence.order_by("order"))
    assert [row.order for row in rows] == [0, 1, 2, 3]
    assert rows[:3] == [fourth, third, first]
    assert rows[3].finding == "New."
    assert second not in rows


# Refusals keep what was typed


def test_a_locked_claim_is_shown_with_the_reason_and_without_fields(desk: Client, claim: Claim, editor: User) -> None:
    workflow.submit(claim, by=editor, version=1)
    page = desk.get(address(claim)).content.decode()
    assert "This claim is in review. Send it back before you change it." in page
    assert 'name="summary"' not in page
    assert 'name="_save"' not in page


def test_text_typed_while_the_claim_was_submitted_comes_back(desk: Client, claim: Claim, editor: User) -> None:
    sent = opened(desk, claim) | {
        "summary": ["Typed for an hour."],
        "evidence-0-finding": ["Found for an hour."],
    }
    workflow.submit(claim, by=editor, version=1)
    response = desk.post(address(claim), sent)
    assert response.status_code == 409
    page = response.content.decode()
    assert "This claim is in review." in page
    back = fields_of(response, "claim_form")
    assert back["summary"] == ["Typed for an hour."]
    assert back["evidence-0-finding"] == ["Found for an hour."]


def test_a_reporter_reads_the_claims_of_others_and_changes_their_own(claim: Claim, editor: User) -> None:
    reporter = UserFactory(role="Reporter")
    desk = at_desk(reporter)
    page = desk.get(address(claim)).content.decode()
    assert "This claim is another reporter's." in page.replace("&#x27;", "'")
    assert 'name="_save"' not in page
    sent = opened(at_desk(editor), claim) | {"summary": ["Mine."]}
    assert desk.post(address(claim), sent).status_code == 403
    workflow.assign(claim, to=reporter, by=editor, version=1)
    sent = opened(desk, claim) | {"summary": ["Mine."]}
    assert desk.post(address(claim), sent).status_code == 302
    assert Claim.objects.get().summary == "Mine."


def test_an_assessor_reads_and_changes_nothing(claim: Claim, editor: User) -> None:
    desk = at_desk(UserFactory(role="Assessor"))
    assert desk.get(address(claim)).status_code == 200
    assert desk.get(ADD).status_code == 403
    assert desk.post(ADD, {"statement": "x"}).status_code == 403
    sent = opened(at_desk(editor), claim) | {"summary": ["Mine."]}
    assert desk.post(address(claim), sent).status_code == 403
    assert Claim.objects.get().version == 1


def test_no_claim_is_deleted(claim: Claim) -> None:
    desk = at_desk(UserFactory(role="Chief editor"))
    delete = reverse("admin:claims_claim_delete", args=[claim.pk])
    assert desk.get(delete).status_code == 403
    assert desk.post(delete, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in desk.get(reverse("admin:claims_claim_changelist")).content.decode()


WRONG: dict[str, list[str | list[str]]] = {
    "statement": [""],
    "slug": ["x" * 10_000, "ä ö", "\0"],
    "kind": ["nothing"],
    "claimant": ["abc", "9" * 40],
    "topics": [["abc", "9" * 40, "\0"]],
    "rating": ["abc"],
    "claimed_on": ["yesterday"],
    "places": ["x" * 200],
    "language": ["Klingon!"],
    "evidence-0-place": ["-1", "99999999999999"],
    "evidence-0-source": ["abc", "9" * 40, "\0"],
    "appearances-0-position": ["-5", "9" * 40],
}
# What can't be said at a field. The last ones are saved. `tests/core/desk/test_formsets.py` has the counts of rows.
BROKEN: list[dict[str, Any]] = [
    {"checkable": "off", "version": "x"},
    {"version": "", "as_read": '{"": {"summary": {}}}'},
    {"version": "-1", "as_read": "nonsense"},
    {"version": "9" * 40},
    {"as_read": "[]"},
    {"as_read": '{"": 1}'},
    {"as_read": "[" * 100_000},
    {"evidence-0-id": "9" * 40, "version": "0"},
    {"evidence-0-id": "123456", "version": "0"},
    {"evidence-TOTAL_FORMS": "1000000000", "version": "0"},
    {"evidence-0-claim": "abc"},
    {"evidence-0-is_primary": []},
    {"appearances-TOTAL_FORMS": [], "evidence-TOTAL_FORMS": []},
    {"statement": "nul\0nul"},
    {"places": 'a "b, c'},
    {"_saveasnew": "1"},
    {"evidence-0-order": "-1"},
]


def test_every_value_that_is_wrong_is_marked_at_its_field(desk: Client, claim: Claim) -> None:
    as_opened = opened(desk, claim) | {"summary": ["Typed."]}
    for turn in range(max(map(len, WRONG.values()))):
        wrong = {name: values[turn] for name, values in WRONG.items() if turn < len(values)}
        response = desk.post(address(claim), typed(as_opened, wrong))
        rows = [form for inline in response.context["inline_admin_formsets"] for form in inline.formset]
        forms = [response.context["adminform"].form, *rows]
        assert {field.html_name for form in forms for field in form if field.errors} == set(wrong)
        assert fields_of(response, "claim_form")["summary"] == ["Typed."]


def test_nothing_typed_breaks_the_form(desk: Client, claim: Claim) -> None:
    as_opened = opened(desk, claim) | {"summary": ["Typed."]}
    for number, values in enumerate(BROKEN):
        sent = typed(as_opened, values)
        response = desk.post(address(claim), sent)
        assert response.status_code < 500, values
        assert response.status_code == 302 or "Typed." in response.content.decode(), values
        # The form of a new claim is the same one.
        assert number % 4 or desk.post(ADD, sent).status_code < 500, values


def test_a_slug_that_another_claim_has_is_a_message(desk: Client, claim: Claim) -> None:
    ClaimFactory(slug="taken")
    response = desk.post(address(claim), opened(desk, claim) | {"slug": ["TAKEN"], "summary": ["Typed."]})
    assert response.status_code == 200
    assert "already exists" in response.content.decode()
    assert fields_of(response, "claim_form")["summary"] == ["Typed."]


def test_more_text_than_a_page_can_render_quickly_is_a_message(desk: Client, claim: Claim) -> None:
    sent = opened(desk, claim) | {"explanation": ["x" * (PROSE_MAX_LENGTH + 1)], "summary": ["Typed."]}
    response = desk.post(address(claim), sent)
    assert response.status_code == 200
    assert f"at most {PROSE_MAX_LENGTH} characters" in response.content.decode()
    assert fields_of(response, "claim_form")["summary"] == ["Typed."]


# Two people at once


def test_the_second_of_two_gets_both_texts_and_loses_nothing(desk: Client, claim: Claim) -> None:
    mine = opened(desk, claim)
    theirs = opened(desk, claim)
    assert (
        desk.post(address(claim), theirs | {"summary": ["The payer was the state."], "method": ["Called."]}).status_code
        == 302
    )
    mine |= {"summary": ["The payer was the city."], "explanation": ["Because of the **budget**."]}
    mine |= {"evidence-1-source": mine["evidence-0-source"], "evidence-1-stance": ["supports"]}
    mine |= {"evidence-1-finding": ["A new finding."], "evidence-1-origin": ["New"]}
    response = desk.post(address(claim), mine)
    assert response.status_code == 409
    page = response.content.decode()
    assert "The payer was the state." in page
    assert "<ins> city.</ins>" in page
    assert "<del> state.</del>" in page
    again = fields_of(response, "claim_form")
    assert again["summary"] == ["The payer was the city."]
    assert again["explanation"] == ["Because of the **budget**."]
    assert again["evidence-1-finding"] == ["A new finding."]
    # Saving again doesn't undo what only they changed.
    assert again["method"] == ["Called."]
    assert desk.post(address(claim), again).status_code == 302
    stored = Claim.objects.get()
    assert (stored.summary, stored.method, stored.version) == ("The payer was the city.", "Called.", 3)
    assert stored.evidence.count() == 2


def test_without_fingerprints_everything_typed_counts_as_typed(desk: Client, claim: Claim) -> None:
    mine = opened(desk, claim)
    del mine["as_read"]
    desk.post(address(claim), opened(desk, claim) | {"method": ["Called."]})
    response = desk.post(address(claim), mine | {"summary": ["Mine."]})
    assert response.status_code == 409
    assert "Called." in response.content.decode()
    again = fields_of(response, "claim_form")
    assert (again["method"], again["summary"]) == ([""], ["Mine."])


def test_a_row_that_they_deleted_and_i_changed_comes_back_as_a_new_one(desk: Client, claim: Claim) -> None:
    kept = EvidenceFactory(claim=claim, finding="Untouched.")
    mine, theirs = opened(desk, claim), opened(desk, claim)
    desk.post(address(claim), theirs | {"evidence-0-DELETE": ["on"]})
    response = desk.post(address(claim), mine | {"evidence-0-finding": ["Mine."]})
    assert response.status_code == 409
    again = fields_of(response, "claim_form")
    assert desk.post(address(claim), again).status_code == 302
    assert [row.finding for row in claim.evidence.order_by("order")] == ["Mine.", "Untouched."]
    assert claim.evidence.filter(pk=kept.pk).exists()


def test_a_row_that_they_deleted_and_i_did_not_change_stays_deleted(desk: Client, claim: Claim) -> None:
    EvidenceFactory(claim=claim, finding="Untouched.")
    mine, theirs = opened(desk, claim), opened(desk, claim)
    desk.post(address(claim), theirs | {"evidence-0-DELETE": ["on"]})
    response = desk.post(address(claim), mine | {"summary": ["Mine."]})
    assert desk.post(address(claim), fields_of(response, "claim_form")).status_code == 302
    assert [row.finding for row in claim.evidence.all()] == ["Untouched."]


def test_a_row_that_they_added_stays(desk: Client, claim: Claim, editor: User) -> None:
    mine = opened(desk, claim)
    workflow.edit(claim, by=editor, version=1)
    EvidenceFactory(claim=claim, finding="Theirs.")
    mine |= {"evidence-1-source": mine["evidence-0-source"], "evidence-1-stance": ["supports"]}
    mine |= {"evidence-1-finding": ["Mine."], "evidence-1-origin": ["New"]}
    response = desk.post(address(claim), mine)
    assert "Theirs." in response.content.decode()
    assert desk.post(address(claim), fields_of(response, "claim_form")).status_code == 302
    assert [row.finding for row in claim.evidence.order_by("order")][1:] == ["Theirs.", "Mine."]


# Beside the form


def test_the_panel_says_what_is_missing_before_publication(desk: Client) -> None:
    claim = ClaimFactory(rating=None, summary="", evidence=[])
    page = desk.get(address(claim)).content.decode()
    assert "Choose a rating." in page
    assert "Write the summary" in page


def test_the_panel_counts_the_sources_in_the_sentence_that_readers_get(desk: Client) -> None:
    claim = factories.ClaimFactory.create()
    factories.EvidenceFactory.create(claim=claim, stance=Stance.SUPPORTS)
    assert "1 independent source contradicts the claim, 1 supports it." in desk.get(address(claim)).content.decode()


def test_the_panel_shows_the_history(desk: Client) -> None:
    claim = factories.corrected(factories.published(), reason="The year was wrong.", summary="In 2024.")
    page = desk.get(address(claim)).content.decode()
    assert page.count("The year was wrong.") == 2
    assert "Version 2" in page


def test_the_preview_shows_the_desks_text_and_changes_nothing(desk: Client) -> None:
    claim = ClaimFactory(rating=None, explanation="Because **so**.")
    page = desk.get(reverse("admin:claims_claim_preview", args=[claim.pk]))
    assert page.status_code == 200
    assert "<strong>so</strong>" in page.content.decode()
    assert "Not rated yet" in page.content.decode()
    assert Claim.objects.get().rating is None


def test_the_page_for_consumers_shows_the_desks_text_and_their_rules(desk: Client) -> None:
    claim = factories.published(statement="They built three.", claimant=ClaimantFactory(name="Ana Roe"))
    claim.statement = "It is mostly false that they built </code> four."
    workflow.edit(claim, by=UserFactory(role="Editor"), version=claim.version)
    page = desk.get(reverse("admin:claims_claim_consumers", args=[claim.pk])).content.decode()
    assert "built &lt;/code&gt; four." in page
    assert "&quot;version&quot;: 2" in page
    assert "Google advises:" in page
    assert "The claim contains the words of its rating." in page
    assert "Add the claimant’s Wikidata address." in page or "Add the claimant&#x27;s Wikidata address." in page
    assert "refuses it" not in page


def test_the_page_for_consumers_works_for_a_claim_without_a_rating(desk: Client) -> None:
    claim = ClaimFactory(rating=None, claimant=None, evidence=[])
    page = desk.get(reverse("admin:claims_claim_consumers", args=[claim.pk]))
    assert page.status_code == 200
    assert "Not rated yet" in page.content.decode()
    assert "Nobody is named" in page.content.decode()
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(reverse("admin:claims_claim_consumers", args=[claim.pk])).status_code == 403


def test_markdown_is_previewed_sanitised_and_only_by_post(desk: Client) -> None:
    preview = reverse("admin:claims_claim_markdown")
    assert desk.post(preview, {"text": "**so** <script>x</script>"}).content == (
        b"<p><strong>so</strong> &lt;script&gt;x&lt;/script&gt;</p>\n"
    )
    assert desk.get(preview).status_code == 405
    assert desk.post(preview, {"text": "x" * (PROSE_MAX_LENGTH + 1)}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(UserFactory(role="Editor"))
    assert strict.post(preview, {"text": "x"}).status_code == 403
    assert Client().post(preview, {"text": "x"}).status_code == 403


def test_fifty_pieces_of_evidence_cost_no_more_queries_than_two(desk: Client, editor: User) -> None:
    def queries(evidence: int) -> list[str]:
        claim = ClaimFactory(by=editor, evidence=[SourceFactory() for _n in range(evidence)])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert desk.get(address(claim)).status_code == 200
        return [query["sql"] for query in captured]

    queries(1)  # fills the caches of content types and permissions
    few, many = queries(2), queries(50)
    assert len(few) == len(many), "\n".join(many)


def test_a_count_of_rows_that_were_not_sent_costs_nothing(desk: Client, claim: Claim) -> None:
    sent = opened(desk, claim) | {"evidence-TOTAL_FORMS": ["1000000000"], "statement": [""]}
    page = desk.post(address(claim), sent).content.decode()
    assert 'name="evidence-1-source"' in page
    assert 'name="evidence-2-source"' not in page


def test_the_form_carries_no_text_of_the_claim_twice(desk: Client, claim: Claim) -> None:
    read = json.loads(opened(desk, claim)["as_read"][0])
    assert set(read[""]) >= {"statement", "summary", "topics", "rating"}
    assert Rating.objects.get(slug="mostly-false").label not in str(read)


class TestAStatementThatIsThereAlready:
    @pytest.mark.parametrize("typed", ["The city spent 356 million.", "the City  spent “356” million"])
    @pytest.mark.parametrize("make", [factories.ClaimFactory, factories.published])
    def test_is_saved_again_only_if_the_editor_insists(self, desk: Client, make: Any, typed: str) -> None:
        twin = make(statement="The city spent 356 million.")
        sent = fields_of(desk.get(ADD), "claim_form") | {"statement": [typed], "kind": ["event"]}
        refused = desk.post(ADD, sent)
        assert Claim.objects.get() == twin
        text = refused.content.decode()
        assert f'/{twin.pk}/change/">{twin.slug}</a>' in text
        assert "word for word" in text
        again = fields_of(refused, "claim_form")
        assert again["statement"] == [typed]
        assert desk.post(ADD, again | {"is_another": ["on"]}).status_code == 302
        assert Claim.objects.count() == 2

    def test_is_no_obstacle_to_other_changes_of_the_two(self, desk: Client) -> None:
        claim, _twin = factories.ClaimFactory.create_batch(2, statement="The city spent 356 million.")
        assert desk.post(address(claim), opened(desk, claim) | {"summary": ["Shorter."]}).status_code == 302

    def test_may_be_that_of_a_declined_claim_or_have_another_number(self, desk: Client) -> None:
        declined = factories.ClaimFactory.create(statement="The city spent 356 million.")
        Claim.objects.filter(pk=declined.pk).update(state="declined")
        factories.ClaimFactory.create(statement="The city spent 357 million.")
        sent = fields_of(desk.get(ADD), "claim_form") | {"statement": [declined.statement], "kind": ["event"]}
        assert desk.post(ADD, sent).status_code == 302


def test_the_independent_sources_of_the_claim_and_of_its_documents_are_offered_while_one_is_typed(
    desk: Client, editor: User
) -> None:
    shared = SourceFactory()
    claim = ClaimFactory(by=editor, evidence=[])
    for source, origin in ((shared, "The audit"), (SourceFactory(), "A <survey>"), (SourceFactory(), "the audit")):
        EvidenceFactory(claim=claim, source=source, origin=origin)
    EvidenceFactory(claim=ClaimFactory(evidence=[]), source=shared, origin="City books")
    EvidenceFactory(claim=ClaimFactory(evidence=[]), origin="Elsewhere")
    html = desk.get(address(claim)).content.decode()
    offered = re.search(r'<datalist id="known-origins">(.*?)</datalist>', html)
    assert offered
    assert re.findall(r'value="([^"]*)"', offered[1]) == ["The audit", "A &lt;survey&gt;", "City books"]
    fields = re.findall(r'<input[^>]*name="evidence-\w+-origin"[^>]*>', html)
    assert len(fields) >= 4
    assert all('list="known-origins"' in field for field in fields)


def test_enter_in_a_field_shows_what_was_typed_and_saves_nothing(desk: Client, claim: Claim) -> None:
    page = desk.get(address(claim)).content.decode()
    form = page.partition('id="claim_form"')[2]
    first = re.search(r"<(?:button|input)[^>]*type=\"submit\"[^>]*>", form)
    assert first
    assert 'name="_look"' in first[0]
    fields = opened(desk, claim) | {"summary": ["Half a sentence"], "_look": ["1"]}
    response = desk.post(address(claim), fields)
    assert response.status_code == 200
    assert "Half a sentence" in response.content.decode()
    assert "This isn&#x27;t saved yet." in response.content.decode()
    claim.refresh_from_db()
    assert claim.version == 1
