"""The reading desk: text beside claims, marked words become claims, places and evidence, with and without scripts."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from claims.choices import State
from claims.desk import workflow
from claims.models import Appearance, Claim, Claimant, ClaimEvent, Evidence, MatchDecision
from sources import texts
from sources.extraction import from_pasted
from sources.models import PassedSentence, Source
from tests.desk import signed_in
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    UserFactory,
    published,
)

pytestmark = pytest.mark.django_db

TEXT = (
    "The council of Ostwick built 12 bridges in 2019. Mayor Ana Ruiz praised them.\n\n"
    "“Ten percent of the budget went to bridges,” she said. Nobody disagreed 🌉 then. Ten percent is a lot."
)


@pytest.fixture
def article() -> Source:
    source = SourceFactory.create(title="The bridges of Ostwick", authors=["Ana Ruiz"], published="2025-06-21")
    texts.bring_in(source, from_pasted(TEXT))
    return source


def page_of(article: Source) -> str:
    return f"/admin/sources/source/{article.pk}/read/"


def place(words: str) -> dict[str, Any]:
    start = TEXT.replace("\n\n", "\n").index(words)
    return {"start": start, "end": start + len(words)}


def log(client: Client, article: Source, words: str, **typed: Any) -> Any:
    return client.post(
        page_of(article),
        {"act": "log", **place(words), "statement": f"Neutral: {words}", "kind": "statistic", "words-exact": words}
        | typed,
    )


def test_marked_words_become_a_claim_with_its_place(article: Source) -> None:
    client = signed_in("Reporter")
    words = "12 bridges in 2019"
    form = client.get(page_of(article), {"act": "log", **place(words)}).context["made"]
    assert form["claim"]["statement"].value() == form["words"]["exact"].value() == words
    assert form["claim"]["claimed_on"].value() == "2025-06-21"

    assert log(client, article, words, claimed_on="2025-06-21").status_code == 302
    claim, logged = Claim.objects.get(), Appearance.objects.get()
    assert (claim.statement, claim.state, claim.claimed_on) == (f"Neutral: {words}", State.LOGGED, "2025-06-21")
    assert (logged.claim, logged.source, logged.exact) == (claim, article, words)
    assert (logged.prefix, logged.suffix) == ("The council of Ostwick built", ". Mayor Ana Ruiz praised them.")
    assert (logged.locator, logged.position, logged.appeared_on) == ("paragraph 1", 1, "2025-06-21")
    assert ClaimEvent.objects.get().kind == "claim.logged"
    assert LogEntry.objects.filter(object_id=article.pk, change_message__contains="Logged a claim").exists()


def test_the_claimant_is_the_articles_author_unless_another_is_chosen(article: Source) -> None:
    client = signed_in("Reporter")
    log(client, article, "12 bridges", is_of_author="on")
    author = Claimant.objects.get()
    assert (author.name, Claim.objects.get().claimant) == ("Ana Ruiz", author)
    form = client.get(page_of(article), {"act": "log", **place("praised")}).context["made"]["claim"]
    assert form["claimant"].value() == author.pk
    other = ClaimantFactory.create(name="Bo Lind")
    log(client, article, "praised them", claimant_name="bo lind")
    assert Claim.objects.latest("pk").claimant == other
    assert log(client, article, "praised", claimant_name="nobody we have").status_code == 400


def test_the_words_can_be_cut_to_words_that_stand_there_and_to_no_others(article: Source) -> None:
    client = signed_in("Reporter")
    sentence = "Ten percent is a lot."
    assert log(client, article, sentence, **{"words-exact": "Ten percent"}).status_code == 302
    logged = Appearance.objects.get()
    assert (logged.exact, logged.suffix) == ("Ten percent", "is a lot.")
    refused = log(client, article, sentence, **{"words-exact": "Twelve percent", "statement": "Kept."})
    assert refused.status_code == 400
    assert b"These words aren" in refused.content
    assert b"Twelve percent" in refused.content
    assert b"Kept." in refused.content
    assert Claim.objects.count() == 1


def test_an_identical_statement_is_a_notice_with_a_way_to_add_the_place(article: Source) -> None:
    client = signed_in("Editor")
    twin = ClaimFactory.create(statement="Ostwick built twelve bridges.")
    typed = {"statement": "OSTWICK  built twelve bridges"}
    refused = log(client, article, "12 bridges", **typed)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert "Another claim says this word for word" in page
    assert "Add this place to it instead" in page
    address = page.split('">Add this place to it instead')[0].rpartition('href="')[2].replace("&amp;", "&")
    offered = client.get(address)
    assert offered.context["made"]["chosen"]["claim"].value() == f"{twin.pk}-{twin.version}"
    assert log(client, article, "12 bridges", **typed, is_another="on").status_code == 302


def add(client: Client, article: Source, act: str, claim: Claim, *, version: int = 0, **typed: Any) -> Any:
    """Add the words “12 bridges” to a claim."""
    sent = {"act": act, **place("12 bridges"), "claim": f"{claim.pk}-{version or claim.version}"}
    sent |= {"words-exact": "12 bridges", "words-quote": "12 bridges"}
    return client.post(page_of(article), sent | typed)


def test_words_become_another_place_of_a_claim(article: Source) -> None:
    claim = ClaimFactory.create()
    client = signed_in("Editor")
    found = client.get(page_of(article), {"act": "place", **place("12 bridges"), "find": claim.statement})
    assert claim.statement in found.content.decode()
    assert add(client, article, "place", claim).status_code == 302
    added = Appearance.objects.get(source=article)
    assert (added.claim, added.order, added.exact) == (claim, 1, "12 bridges")
    claim.refresh_from_db()
    assert claim.version == 2


def test_words_become_evidence_for_a_claim(article: Source) -> None:
    claim = ClaimFactory.create()
    typed: dict[str, Any] = {
        "words-stance": "supports",
        "words-finding": "It says twelve.",
        "words-origin": "Ostwick council",
    }
    typed |= {"words-is_primary": "on"}
    client = signed_in("Editor")
    refused = add(client, article, "evidence", claim, **typed | {"words-origin": ""})
    assert refused.status_code == 400
    assert "It says twelve." in refused.content.decode()
    done = add(client, article, "evidence", claim, **typed)
    assert done.status_code == 302
    added = Evidence.objects.get(source=article)
    assert (added.claim, added.order, added.quote, added.locator) == (claim, 1, "12 bridges", "paragraph 1")


@pytest.mark.parametrize("act", ["place", "evidence"])
def test_a_claim_that_changed_meanwhile_is_a_conflict_that_keeps_what_was_typed(article: Source, act: str) -> None:
    claim = ClaimFactory.create()
    seen = claim.version
    workflow.edit(claim, by=UserFactory.create(role="Editor"), version=seen)
    typed = {"words-stance": "supports", "words-finding": "What I typed.", "words-origin": "Ostwick"}
    typed |= {"words-is_primary": "on"}
    client = signed_in("Editor")
    refused = add(client, article, act, claim, version=seen, **typed)
    assert refused.status_code == 409
    assert "This claim was changed since you opened it" in refused.content.decode()
    assert f'value="{claim.pk}-{seen + 1}" ' in refused.content.decode()
    assert not Appearance.objects.filter(source=article).exists()


def test_a_claim_in_review_takes_no_place(article: Source) -> None:
    claim = ClaimFactory.create()
    claim = workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    refused = add(signed_in("Editor"), article, "place", claim)
    assert refused.status_code == 409
    assert "Send it back before you change it" in refused.content.decode()


def test_a_reporter_adds_no_place_to_the_claim_of_another(article: Source) -> None:
    refused = add(signed_in("Reporter"), article, "place", ClaimFactory.create())
    assert refused.status_code == 403
    assert not Appearance.objects.filter(source=article).exists()


def test_an_assessor_reads_and_logs_nothing(article: Source) -> None:
    client = signed_in("Assessor")
    page = client.get(page_of(article), {"act": "log", **place("12 bridges")})
    assert "Ten percent" in page.content.decode()
    assert "Log a claim" not in page.content.decode()
    assert log(client, article, "12 bridges").status_code == 403
    assert client.post(page_of(article), {"act": "pass", **place("12 bridges")}).status_code == 403
    assert (Claim.objects.count(), PassedSentence.objects.count()) == (0, 0)


# Sentence by sentence


def test_saving_can_mark_the_next_sentence_that_nobody_marked_or_dismissed(article: Source) -> None:
    client = signed_in("Reporter")
    dismissed = "Mayor Ana Ruiz praised them."
    client.post(page_of(article), {"act": "pass", **place(dismissed)})
    done = log(client, article, "The council of Ostwick built 12 bridges in 2019.", _next="")
    query = parse_qs(urlsplit(done["Location"]).query)
    assert query["act"] == ["log"]
    following = client.get(done["Location"]).context["reading"]
    assert following.selected_words == "“Ten percent of the budget went to bridges,” she said."


def test_a_dismissed_sentence_comes_back(article: Source) -> None:
    client = signed_in("Reporter")
    sentence = place("Ten percent is a lot.")
    for _again in range(2):
        client.post(page_of(article), {"act": "pass", **sentence})
    assert PassedSentence.objects.count() == 1
    assert "Undo dismissing" in client.get(page_of(article), sentence).content.decode()
    client.post(page_of(article), {"act": "unpass", **sentence})
    assert PassedSentence.objects.count() == 0


def test_without_scripts_a_paragraph_lists_its_sentences_as_links(article: Source) -> None:
    client = signed_in("Reporter")
    page = client.get(page_of(article), {"paragraph": "2"}).content.decode()
    assert page.count(">Mark this sentence</a>") == 3
    start = place("Nobody disagreed 🌉 then.")
    assert f"?start={start['start']}&amp;end={start['end']}#work" in page


def test_sentences_can_be_gone_through_figures_first(article: Source) -> None:
    client = signed_in("Reporter")
    plain = client.get(page_of(article))
    assert "?sort=signs" in plain.content.decode()
    response = client.get(page_of(article), {"sort": "signs"})
    listed = [
        (one.sentence.words, [sign.value for sign in one.signs]) for one in response.context["reading"].open_sentences
    ]
    assert listed == [
        ("“Ten percent of the budget went to bridges,” she said.", ["figure", "attribution"]),
        ("The council of Ostwick built 12 bridges in 2019.", ["figure"]),
        ("Ten percent is a lot.", ["figure"]),
        ("Mayor Ana Ruiz praised them.", []),
        ("Nobody disagreed 🌉 then.", []),
    ]
    assert "a figure, who said it · " in response.content.decode()
    done = log(client, article, listed[1][0], sort="signs", _next="")
    query = parse_qs(urlsplit(done["Location"]).query)
    assert query["sort"] == ["signs"]
    following = client.get(done["Location"])
    assert following.context["reading"].selected_words == "Ten percent is a lot."
    assert len(following.context["reading"].open_sentences) == 4
    assert '<mark class="selected">Ten percent is a lot.</mark>' in following.content.decode()
    assert 'name="sort" value="signs"' in following.content.decode()


@pytest.mark.parametrize(
    "sent",
    [{"start": "x"}, {"start": "9" * 30, "end": "3"}, {"start": "5000", "end": "6000"}, {"text": "77", "act": "no"}],
)
def test_an_address_that_means_nothing_shows_the_text(article: Source, sent: dict[str, str]) -> None:
    client = signed_in("Reporter")
    assert client.get(page_of(article), sent).status_code == 200
    assert client.post(page_of(article), {"act": "log", **sent, "statement": "\0", "find": "\0"}).status_code in {
        400,
        404,
    }


# Marks


def test_places_are_highlighted_where_they_overlap(article: Source) -> None:
    first = AppearanceFactory(claim=ClaimFactory.create(appearances=[]), source=article, exact="built 12 bridges")
    second = AppearanceFactory(claim=ClaimFactory.create(appearances=[]), source=article, exact="12 bridges in 2019.")
    page = signed_in("Reporter").get(page_of(article)).content.decode()
    assert '<mark class="placed">built </mark><mark class="placed overlap">12 bridges</mark>' in page
    for row in (first, second):
        assert f'id="place-{row.pk}" href="#at-place-{row.pk}"' in page
        assert f'href="#place-{row.pk}"' in page


def test_a_new_version_finds_places_again_or_says_that_they_are_lost(article: Source) -> None:
    client = signed_in("Editor")
    for words in ("12 bridges in 2019", "Ten percent of the budget"):
        log(client, article, words)
    texts.bring_in(article, from_pasted("A new start.\n\n" + TEXT.replace("went to bridges", "went to roads")))
    page = client.get(page_of(article))
    reading = page.context["reading"]
    assert [mark.words for mark in reading.unplaced] == ["Ten percent of the budget"]
    assert "Words that aren't in this text" in page.content.decode()
    assert [(mark.row.locator, mark.moved_to) for mark in reading.places if mark.span] == [
        ("paragraph 1", "paragraph 2")
    ]
    assert "now in paragraph 2" in page.content.decode()

    lost = reading.unplaced[0].row
    words = "Nobody disagreed"
    start = reading.text.text.index(words)
    sent = {"act": "again", "place": lost.pk, "version": lost.claim.version, "start": start, "end": start + len(words)}
    assert client.post(page_of(article), sent).status_code == 302
    lost.refresh_from_db()
    assert (lost.exact, lost.locator) == (words, "paragraph 3")
    assert client.post(page_of(article), sent).status_code == 409


def test_what_was_typed_about_a_text_that_is_gone_is_kept(article: Source) -> None:
    client = signed_in("Editor")
    gone = texts.of(article)[0].pk
    texts.of(article)[0].delete()
    texts.bring_in(article, from_pasted("A text with 12 bridges in another place, and other words."))
    refused = log(client, article, "12 bridges", text=gone, statement="What I typed.")
    assert refused.status_code == 400
    assert "What I typed." in refused.content.decode()
    assert "Mark the words in the text first." in refused.content.decode()
    assert not Claim.objects.exists()


def test_an_earlier_version_stays_readable(article: Source) -> None:
    old = texts.of(article)[0]
    texts.bring_in(article, from_pasted("Another text."))
    page = signed_in("Reporter").get(page_of(article), {"text": old.pk}).content.decode()
    assert "This is an earlier version" in page
    assert "12 bridges" in page


def checked(response: Any) -> dict[str, list[str]]:
    """What the page says was checked before: statements by sentences."""
    return {
        one.sentence.words: [
            match.claim.statement if match.claim else match.draft.statement for match in one.answer.matches
        ]
        for paragraph in response.context["reading"].paragraphs
        for one in paragraph.checked
    }


def test_each_sentence_says_what_was_checked_before(article: Source) -> None:
    public = published(statement="Ostwick built 12 bridges in 2019, its council says.")
    draft = ClaimFactory.create(statement="Ten percent of the budget of Ostwick went to bridges.")
    client = signed_in("Reporter")
    response = client.get(page_of(article))
    first, _second, third, *_rest = response.context["reading"].text.sentences
    words = response.context["reading"].text.words
    assert checked(response)[words(first)][0] == public.statement
    assert checked(response)[words(third)][0] == draft.statement


def test_marked_words_say_what_was_checked_before(article: Source) -> None:
    published(statement="Ostwick built 12 bridges in 2019, its council says.")
    page = signed_in("Reporter").get(page_of(article), place("12 bridges in 2019"))
    assert [match.claim.statement for match in page.context["reading"].selected_answer.matches] == [
        "Ostwick built 12 bridges in 2019, its council says."
    ]
    assert "Has this been checked?" in page.content.decode()


def test_a_sentence_with_a_place_or_dismissed_says_nothing_of_earlier_checks(article: Source) -> None:
    claim = published(statement="Ostwick built 12 bridges in 2019, its council says.")
    client = signed_in("Reporter")
    sentence = "The council of Ostwick built 12 bridges in 2019."
    assert sentence in checked(client.get(page_of(article)))
    client.post(page_of(article), {"act": "pass", **place(sentence)})
    assert sentence not in checked(client.get(page_of(article)))
    client.post(page_of(article), {"act": "unpass", **place(sentence)})
    AppearanceFactory(claim=ClaimFactory.create(appearances=[]), source=article, exact="12 bridges in 2019")
    assert sentence not in checked(client.get(page_of(article)))
    assert claim.statement in client.get(page_of(article), place(sentence)).content.decode()


def say(client: Client, article: Source, act: str, words: str, claim: Claim) -> Any:
    return client.post(page_of(article), {"act": act, **place(words), "claim": claim.pk}, follow=True)


def decided(response: Any) -> list[tuple[str, str]]:
    """What the page says was decided: kinds and words."""
    return [(one.decision.get_kind_display(), one.words) for one in response.context["reading"].decided]


def undo(client: Client, article: Source) -> Any:
    sent = {"act": "undo", "decision": MatchDecision.objects.latest("pk").pk}
    return client.post(page_of(article), sent, follow=True)


def test_an_editor_says_that_a_sentence_is_a_claim_and_undoes_it(article: Source) -> None:
    draft = ClaimFactory.create(statement="Ostwick built 12 bridges in 2019, its council says.", appearances=[])
    client = signed_in("Editor")
    sentence = "The council of Ostwick built 12 bridges in 2019."
    assert ">It is this one<" in client.get(page_of(article)).content.decode()
    done = say(client, article, "same", sentence, draft)
    added = Appearance.objects.get(claim=draft)
    assert (added.source, added.exact, added.locator) == (article, sentence, "paragraph 1")
    assert added.appeared_on == article.published
    assert sentence not in checked(done)
    assert decided(done) == [("The same claim", sentence)]

    undone = undo(client, article)
    assert not Appearance.objects.filter(claim=draft).exists()
    assert sentence in checked(undone)
    assert decided(undone) == []
    assert list(ClaimEvent.objects.filter(claim=draft).values_list("kind", flat=True)) == [
        "claim.logged", "claim.edited", "claim.edited",
    ]  # fmt: skip
    assert [one.kind for one in MatchDecision.objects.order_by("pk")] == ["same", "undone"]
    assert (
        "This was undone already"
        in client.post(
            page_of(article), {"act": "undo", "decision": MatchDecision.objects.earliest("pk").pk}
        ).content.decode()
    )


def test_a_claim_that_a_sentence_is_not_is_no_longer_offered_for_it(article: Source) -> None:
    draft = ClaimFactory.create(statement="Ostwick built 12 bridges in 2019, its council says.")
    client = signed_in("Reporter")
    sentence = "The council of Ostwick built 12 bridges in 2019."
    done = say(client, article, "not-same", sentence, draft)
    assert draft.statement not in checked(done).get(sentence, [])
    assert decided(done) == [("Not the same", sentence)]
    assert not client.get(page_of(article), place(sentence)).context["reading"].selected_answer.matches
    assert draft.statement in checked(undo(client, article))[sentence]


def test_a_place_that_was_changed_since_is_not_removed_by_undoing(article: Source) -> None:
    draft = ClaimFactory.create(statement="Ostwick built 12 bridges in 2019, its council says.", appearances=[])
    client = signed_in("Editor")
    say(client, article, "same", "The council of Ostwick built 12 bridges in 2019.", draft)
    Appearance.objects.filter(claim=draft).update(exact="12 bridges")
    refused = undo(client, article)
    assert refused.status_code == 409
    assert "The place was changed since" in refused.content.decode()
    assert Appearance.objects.filter(claim=draft).exists()


def test_what_cannot_be_decided_says_why_and_changes_nothing(article: Source) -> None:
    claim = ClaimFactory.create()
    in_review = workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    sentence = "Mayor Ana Ruiz praised them."
    editor = signed_in("Editor")
    refused = say(editor, article, "same", sentence, in_review)
    assert (refused.status_code, "Send it back before" in refused.content.decode()) == (409, True)
    assert say(signed_in("Reporter"), article, "same", sentence, ClaimFactory.create()).status_code == 403
    assert say(signed_in("Assessor"), article, "not-same", sentence, claim).status_code == 403
    for sent in ({"act": "same"}, {"act": "not-same", **place(sentence), "claim": "999999"}, {"act": "undo"}):
        assert editor.post(page_of(article), sent).status_code == 409
    assert not MatchDecision.objects.exists()


def test_earlier_checks_can_be_hidden_and_shown_again(article: Source) -> None:
    published(statement="Ostwick built 12 bridges in 2019, its council says.")
    client = signed_in("Reporter")
    assert client.post(page_of(article), {"act": "hide"}).status_code == 302
    assert not checked(client.get(page_of(article)))
    client.post(page_of(article), {"act": "compare"})
    assert checked(client.get(page_of(article)))


def test_what_the_page_costs_does_not_grow(article: Source, django_assert_num_queries: Any) -> None:
    client = signed_in("Editor")
    address = page_of(article)

    def rows(number: int) -> None:
        for _row in range(number):
            AppearanceFactory(
                claim=ClaimFactory.create(appearances=[], evidence=[]), source=article, exact="12 bridges"
            )
            EvidenceFactory(claim=Claim.objects.latest("pk"), source=article, quote="Nobody")

    rows(1)
    client.get(address, {"act": "place", **place("12 bridges")})
    with django_assert_num_queries(19) as first:
        client.get(address, {"act": "place", **place("12 bridges")})
    rows(5)
    with django_assert_num_queries(len(first)):
        client.get(address, {"act": "place", **place("12 bridges")})


def test_the_page_needs_the_right_to_read_texts(article: Source) -> None:
    client = Client()
    assert client.get(page_of(article)).status_code == 302
    client.force_login(UserFactory.create())
    assert client.get(page_of(article)).status_code == 403
    assert signed_in("Editor").get("/admin/sources/source/999999/read/").status_code == 404
