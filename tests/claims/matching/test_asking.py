"""Tests of matching: a post finds what was checked of it, with the reasons, and a draft never reaches readers."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.choices import State
from claims.desk import workflow
from claims.matching import Answer, Outcome, ask, ask_all
from claims.models import Claim, PublishedClaim
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    SourceFactory,
    UserFactory,
    corrected,
    published,
    redacted,
    withdrawn,
)
from tests.once import once
from tests.properties import examples

pytestmark = pytest.mark.django_db

RAID = "Federal agents arrested 53 people in a raid on a Denver warehouse in June."
POST = "Whoa!! 53 ppl ARRESTED by federal agents, raid at some warehouse in #Denver — Jo Doe (@jodoe) June 22, 2025"
OTHERS = [
    "The city council of Denver bans gas stoves in new homes.",
    "A new bridge over the Platte costs 356 million dollars.",
    "The mayor of Springfield sold the zoo to a cement company.",
    "Schools in Ohio must teach cursive writing again.",
    "The warehouse fire in Aurora was started by a drone.",
]


@pytest.fixture(autouse=True)
def _sources_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow claims without sources, whose words would be compared too. Readiness has its own tests."""
    monkeypatch.setattr("claims.desk.readiness.blockers", lambda _claim: [])


def claim(statement: str, **values: Any) -> Claim:
    usual: dict[str, Any] = {"claimant": None, "summary": "See below.", "explanation": "See below."}
    return ClaimFactory(statement=statement, **(usual | {"appearances": [], "evidence": []} | values))


def slugs(answer: Answer) -> list[str]:
    return [match.claim.slug for match in answer.matches if match.claim]


def a_raid() -> Claim:
    """The claim of the raid, published among others."""
    for other in OTHERS:
        published(claim(other))
    return published(claim(RAID, slug="raid"))


raid = once(a_raid)


def day_of(of: Claim) -> datetime.date:
    return PublishedClaim.objects.get(slug=of.slug).first_published_at.date()


# Outcomes


def test_a_post_finds_the_claim_that_it_says(raid: Claim) -> None:
    assert slugs(ask(POST))[0] == "raid"


def test_words_alone_are_never_more_than_perhaps_related(raid: Claim) -> None:
    assert ask(POST).outcome == Outcome.PERHAPS


def test_with_the_date_of_the_post_it_is_probably_the_same(raid: Claim) -> None:
    answer = ask(POST, date=day_of(raid) - datetime.timedelta(days=2))
    assert [match.outcome for match in answer.matches][:1] == [Outcome.PROBABLY]
    assert all(match.outcome == Outcome.PERHAPS for match in answer.matches[1:])


def test_the_statement_itself_is_the_same_words_whatever_its_case_and_signs(raid: Claim) -> None:
    answer = ask("  FEDERAL agents arrested fifty-three people in a raid on a Denver warehouse, in June!!")
    assert answer.outcome == Outcome.SAME_WORDS
    assert slugs(answer)[0] == "raid"


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "?!", "🙈🙈", "the of and", "qqq xyzzy", "x" * 20_000, "a " * 20_000, "'", "\\", "%", "{1}"]
)
def test_a_text_that_says_nothing_finds_nothing(raid: Claim, text: str) -> None:
    assert ask(text).outcome == Outcome.NOTHING
    assert [answer.outcome for answer in ask_all([text, text], drafts=True)] == [Outcome.NOTHING] * 2


@given(st.text(max_size=80), st.booleans())
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_an_answer(raid: Claim, text: str, drafts: bool) -> None:
    for asked in (text, f"{RAID} {text}", f"{text} agents {text} raid"):
        assert ask(asked, drafts=drafts, date=day_of(raid)).outcome in Outcome


def test_an_empty_record_finds_nothing() -> None:
    assert ask(POST).matches == []
    assert ask_all([]) == []


def test_one_shared_word_in_a_small_record_is_not_probably_the_same(raid: Claim) -> None:
    answer = ask("My cousin moved to Denver.", date=day_of(raid))
    assert Outcome.PROBABLY not in {match.outcome for match in answer.matches}


# Reasons


def test_the_reasons_name_shared_words_from_the_rarest_on(raid: Claim) -> None:
    why = ask(POST).matches[0].reasons
    assert {"53", "agents", "raid", "denver", "warehouse"} <= set(why.words)
    assert why.words.index("raid") < why.words.index("denver")
    assert 0.5 < why.covered < 1


def test_the_reasons_name_the_names_that_the_text_has_and_lacks() -> None:
    jo = ClaimantFactory(name="Jo Doe")
    published(claim("The Riverside Water District lost the records of Ana Kovač.", claimant=jo))
    why = ask("@JoDoe says the Riverside water district has lost all records").matches[0].reasons
    assert why.names == ("Jo Doe", "Riverside Water District")
    assert why.missing_names == ("Ana Kovač",)


def test_the_reasons_compare_numbers_whatever_their_spelling() -> None:
    published(claim("The bridge over the Platte costs $356 million and has 4 lanes."))
    same = ask("They pay 356,000,000 for a bridge over the Platte!").matches[0].reasons
    other = ask("They pay 400M for a bridge over the Platte!").matches[0].reasons
    assert (same.numbers, same.numbers_of_claim) == (("356000000",), ())
    assert (other.numbers, other.numbers_of_claim, other.numbers_of_text) == ((), ("356000000", "4"), ("400000000",))


def test_the_reasons_count_the_days_between(raid: Claim) -> None:
    assert ask(POST, date=day_of(raid) - datetime.timedelta(days=2)).matches[0].reasons.days == 2
    assert ask(POST).matches[0].reasons.days is None


# The record


def test_a_claim_published_just_now_is_found_by_the_next_question(raid: Claim) -> None:
    text = "Is it true that a heron nested on the courthouse roof?"
    assert ask(text).outcome == Outcome.NOTHING
    published(claim("A heron nested on the roof of the courthouse.", slug="heron"))
    assert slugs(ask(text)) == ["heron"]


def test_a_withdrawn_claim_is_not_found(raid: Claim) -> None:
    withdrawn(raid)
    assert "raid" not in slugs(ask(RAID))


def test_the_words_of_a_redacted_version_find_nothing(raid: Claim) -> None:
    corrected(raid, statement="Somebody said something about an industrial building.")
    redacted(Claim.objects.get(pk=raid.pk))
    assert "raid" not in slugs(ask("53 people arrested in a raid"))


def test_claims_of_other_languages_that_quote_a_common_word_do_not_hide_those_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(4):
        published(claim(f"The zeppelin number {number} flew.", slug=f"en-{number}"))
    for number in range(2):
        published(claim(f"Czy zeppelin numer {number} istnieje?", slug=f"pl-{number}", language="pl"))
    for name in ("_MOST_ENTRIES", "_LEAST_ENTRIES"):
        monkeypatch.setattr(f"claims.matching.asking.{name}", 3)
    assert "en-0" in slugs(ask("zeppelin"))


def test_a_link_finds_the_article_with_its_claims() -> None:
    source = SourceFactory(address="https://paper.example/story", title="The story")
    published(ClaimFactory(slug="told", appearances=[source]))
    answer = ask("look at this http://www.paper.example/story?utm_source=x")
    assert answer.page
    assert (answer.page.name, [found.slug for found in answer.on_page]) == ("The story", ["told"])


# Drafts


def test_readers_questions_never_find_a_draft(raid: Claim) -> None:
    claim("A heron nested on the roof of the courthouse.")
    assert ask("A heron nested on the roof of the courthouse.").matches == []


def test_the_desk_finds_its_drafts_with_their_state(raid: Claim) -> None:
    claim("A heron nested on the roof of the courthouse.", slug="heron")
    answer = ask("Herons nest on our courthouse", drafts=True)
    draft = answer.matches[0].draft
    assert draft
    assert (draft.slug, draft.state, draft.statement) == (
        "heron",
        State.LOGGED,
        "A heron nested on the roof of the courthouse.",
    )
    assert set(answer.matches[0].reasons.words) == {"heron", "nested", "courthouse"}


def test_the_desk_finds_drafts_in_an_empty_record_and_another_language() -> None:
    claim("Una garza anidó en el tejado del juzgado.", slug="garza", language="es")
    assert [match.draft and match.draft.slug for match in ask("¿Garzas en el tejado?", drafts=True).matches] == [
        "garza"
    ]


def test_the_desk_finds_published_claims_and_drafts_in_one_list(raid: Claim) -> None:
    claim("A raid on a Denver bakery found 53 people.", slug="bakery")
    answer = ask("A raid on a Denver bakery found 53 people, and agents arrested them", drafts=True)
    assert [match.claim.slug if match.claim else match.draft and match.draft.slug for match in answer.matches][:2] == [
        "bakery",
        "raid",
    ]


def test_a_published_claim_is_not_listed_again_as_a_draft(raid: Claim) -> None:
    assert [bool(match.claim) for match in ask(RAID, drafts=True).matches if match.reasons.covered > 0.9] == [True]


def test_a_published_claim_that_the_desk_is_changing_is_named_once_as_readers_see_it(raid: Claim) -> None:
    changed = Claim.objects.get(pk=raid.pk)
    changed.statement = "Federal agents arrested 54 people in a raid on a Denver warehouse in June."
    workflow.edit(changed, by=UserFactory(role="Editor"), version=changed.version)
    named = [match.desk_pk for match in ask(RAID, drafts=True).matches if match.reasons.covered > 0.8]
    assert named == [raid.pk]
    assert ask(RAID, drafts=True).matches[0].claim


# A longer text


def test_each_sentence_has_an_answer_of_its_own(raid: Claim) -> None:
    answers = ask_all(
        ["It was a quiet week.", RAID, "The zoo was sold to a cement company by the mayor of Springfield."]
    )
    assert [answer.outcome for answer in answers] == [Outcome.NOTHING, Outcome.SAME_WORDS, Outcome.PERHAPS]


def test_sentences_beyond_the_most_are_answered_with_nothing(raid: Claim) -> None:
    answers = ask_all([RAID] * 301)
    assert len(answers) == 301
    assert [answer.outcome for answer in answers[-2:]] == [Outcome.SAME_WORDS, Outcome.NOTHING]


@pytest.mark.parametrize("drafts", [False, True])
def test_the_number_of_queries_is_the_same_for_one_sentence_and_for_many(raid: Claim, drafts: bool) -> None:
    claim("A raid on a Denver bakery found 53 people.")
    with CaptureQueriesContext(
        connection,
    ) as one:
        ask_all([POST], drafts=drafts)
    for number in range(30):
        published(claim(f"Federal agents arrested {number} people in a raid on a Denver warehouse."))
        claim(f"Federal agents arrested {number} people in a raid on a Denver shop.")
    with CaptureQueriesContext(connection) as many:
        ask_all([POST, *OTHERS, RAID] * 20, drafts=drafts)
    assert len(many) == len(one) <= 12
