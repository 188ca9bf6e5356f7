"""Ask what was checked of a text: of a post as a whole, or of each sentence of a longer text.

Claims are ranked by their words, by the likeness of their wording if the site has the sentence model, and by how near
the days are if the text's date is known. Nothing is fitted. By its words alone a claim is never more than "perhaps
related". The limits come from the measurements in docs/reference/matching.md.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from claims.choices import Order
from claims.matching import published
from claims.matching.answers import Answer, Draft, Match, Outcome, Reasons
from claims.matching.documents import Document, Key, average_length, bm25
from claims.matching.drafts import DeskIndex, Drafts, find
from claims.matching.reasons import Words, reasons, words_of
from claims.matching.sentences import MOST_SENTENCES
from claims.matching.vectors import Likeness, likeness
from claims.models import PublishedClaim
from claims.search import query as search
from claims.search.parsing import Query
from claims.search.reading import Index, read_posts
from factcheck.core import words

# The claims that an answer names, for a text and for one sentence of many.
MOST_MATCHES = 5
MOST_MATCHES_OF_A_SENTENCE = 3
MOST_ON_PAGE = 20

# The entries of the index that are read for one question, and the part of them for each of many.
_MOST_ENTRIES = 3_000
_MOST_ENTRIES_IN_ALL = 60_000
_LEAST_ENTRIES = 200

# The weights beside the words, which count at most 1: of the date, without and with the model, and of the wording.
_DATE, _DATE_WITH_MODEL = 0.4, 0.5
_WORDING = 2.0
# The claims with the best words whose wording is compared.
_MOST_REORDERED = 100
# After this many days the date counts half.
_DAYS_OF_HALF = 30
# A post is mostly older than its check. It may be younger by this many days.
_DAYS_BEFORE = 3
# The weight of the sentences around a sentence, divided by the distance, up to this distance.
_NEIGHBOUR = 0.3
_FARTHEST = 4

# With a date: the lead over the next claim with which the first is probably what the text says.
_LEAD = 0.6
# The least share of a claim's words that the text must have, to be named and to be probably the same.
_LEAST_COVERED = 0.15
_COVERED_IF_PROBABLE = 0.3
# The same with the model, where the wording must be alike too. The first lead is that without a date.
_LEAD_WITH_MODEL, _LEAD_WITH_MODEL_AND_DATE = 0.85, 0.9
_COVERED_WITH_MODEL = 0.2
_LEAST_LIKENESS = 0.3
# Fewer words can be the same by chance, above all where few claims are published.
_LEAST_SAME_WORDS = 3

Scores = dict[Key, float]


@dataclass(frozen=True)
class Asked:
    """Texts to ask about. `places` are their numbers in a longer text, by which they are neighbours."""

    texts: Sequence[str]
    places: Sequence[int]
    date: datetime.date | None = None
    language: str = ""
    is_piece: bool = False


@dataclass(frozen=True)
class Ranking:
    """The claims for each text with their scores, best first, and what they were compared by."""

    scores: list[Scores]
    # For each text the likeness of its claims. Empty if only words were compared.
    likeness: list[Likeness]
    documents: Mapping[Key, Document]
    drafts: Mapping[int, Draft]
    index: Index


def ask(text: str, *, date: datetime.date | None = None, language: str = "", drafts: bool = False) -> Answer:
    """The claims that may be what a text says, best first: at most `MOST_MATCHES`. Accepts any text.

    `date` is the day on which the text was published, `language` its language if it is known. With `drafts` the
    claims of the desk are compared too: only for editors. Runs a constant number of queries.
    """
    asked = Asked([text], [0], date, language)
    answer = answers(asked, rank(asked, drafts=drafts), MOST_MATCHES)[0]
    page = search.page_in(text)
    if page is None:
        return answer
    claims = PublishedClaim.objects.found(page.places).in_order(Order.RELEVANCE)
    return Answer(text, answer.matches, page.address, page.page, list(claims[:MOST_ON_PAGE]))


def ask_all(
    sentences: Sequence[str], *, drafts: bool = False, date: datetime.date | None = None, language: str = ""
) -> list[Answer]:
    """The answer for each of these sentences of one text, which lend each other weight. Accepts any texts.

    Only the first `MOST_SENTENCES` are compared; the others have no matches. Each has at most
    `MOST_MATCHES_OF_A_SENTENCE`. Runs a constant number of queries.
    """
    asked = Asked(sentences[:MOST_SENTENCES], range(len(sentences)), date, language, is_piece=True)
    found = answers(asked, rank(asked, drafts=drafts), MOST_MATCHES_OF_A_SENTENCE) if asked.texts else []
    return [*found, *(Answer(text) for text in sentences[MOST_SENTENCES:])]


def rank(
    asked: Asked, *, drafts: bool = False, without: Sequence[Collection[Key]] = (), by_words: bool = False
) -> Ranking:
    """The claims for each of these texts, with their scores. `without` leaves some out for each text.

    With `by_words` the wording isn't compared, though the site has the model.
    """
    queries = [Query.post(text) for text in asked.texts]
    most = max(_LEAST_ENTRIES, min(_MOST_ENTRIES, _MOST_ENTRIES_IN_ALL // len(queries)))
    of_desk = find(asked.texts, Index(), most, language=asked.language) if drafts else Drafts()
    index = DeskIndex(of_desk) if drafts else Index()
    readings = read_posts(queries, index, language=asked.language)
    in_record = published.candidates(readings, most)
    documents: dict[Key, Document] = {
        (False, pk): document for pk, document in published.documents(pk for ids in in_record for pk in ids).items()
    }
    documents |= {(True, pk): document for pk, document in of_desk.documents.items()}
    chosen: list[list[Key]] = [[(False, pk) for pk in ids] for ids in in_record]
    for keys, ids in zip(chosen, of_desk.candidates, strict=False):
        keys += [(True, pk) for pk in ids]
    if without:
        chosen = [[key for key in keys if key not in out] for keys, out in zip(chosen, without, strict=True)]
    average = average_length(list(documents.values()))
    scored = [
        bm25(reading, {key: documents[key] for key in keys if key in documents}, average)
        for reading, keys in zip(readings, chosen, strict=True)
    ]
    best = [[] if by_words else nlargest(_MOST_REORDERED, filter(own.get, own), key=own.__getitem__) for own in scored]
    like = likeness(asked.texts, best, language=asked.language)
    return Ranking(
        [_whole(number, scored, like[number], documents, asked) for number in range(len(scored))],
        like,
        documents,
        of_desk.drafts,
        index,
    )


def _whole(
    number: int, scored: Sequence[Scores], like: Likeness, documents: Mapping[Key, Document], asked: Asked
) -> Scores:
    """The scores of one text in order, with those of its neighbours, of the wording and of the date.

    Where only some claims have a vector, the others count as alike as those are on average: neither better nor worse.
    """
    own = scored[number]
    best = max(own.values(), default=0.0)
    if not best:
        return {}
    place = asked.places[number]
    near = [
        (other, abs(place - asked.places[other]))
        for other in range(max(0, number - _FARTHEST), min(len(scored), number + _FARTHEST + 1))
        if other != number and abs(place - asked.places[other]) <= _FARTHEST
    ]
    usual = sum(like.values()) / len(like) if like else 0.0
    date = _DATE_WITH_MODEL if like else _DATE
    whole = {
        key: score / best
        + _WORDING * like.get(key, usual)
        + sum(_NEIGHBOUR * scored[other].get(key, 0.0) / best / distance for other, distance in near)
        + date * nearness(asked.date, documents[key].day, is_piece=asked.is_piece)
        for key, score in own.items()
    }
    return dict(sorted(whole.items(), key=lambda pair: (-pair[1], pair[0])))


def nearness(asked: datetime.date | None, published_on: datetime.date | None, *, is_piece: bool) -> float:
    """How near two days are, from 0 to 1. A post is older than its check; a piece may repeat what was checked."""
    if asked is None or published_on is None:
        return 0.0
    days = (published_on - asked).days
    if days < -_DAYS_BEFORE and not is_piece:
        return 0.0
    return 1 / (1 + abs(days) / _DAYS_OF_HALF)


def answers(asked: Asked, ranking: Ranking, most: int) -> list[Answer]:
    """For each text the best `most` claims of its ranking that cover enough, with the reasons."""
    tops = [list(scores)[: most + 1] for scores in ranking.scores]
    shown = {key for top in tops for key in top}
    # Read last: what was withdrawn meanwhile isn't shown.
    claims = PublishedClaim.objects.in_bulk([pk for is_draft, pk in shown if not is_draft])
    by_key: dict[Key, PublishedClaim | Draft] = {(False, pk): claim for pk, claim in claims.items()}
    by_key |= {key: ranking.drafts[key[1]] for key in shown if key[0]}
    # Ask for the frequencies of all stems at once.
    ranking.index.frequencies(
        stem for claim in by_key.values() for stem in words_of(claim.statement, claim.language).stems
    )
    found = []
    for text, scores, like, top in zip(asked.texts, ranking.scores, ranking.likeness, tops, strict=True):
        in_record = {claims[pk].claim_id for is_draft, pk in top if not is_draft and pk in claims}
        # A published claim that the desk is changing is named once, as readers see it.
        known = [
            (key, by_key[key], scores[key]) for key in top if key in by_key and not (key[0] and key[1] in in_record)
        ]
        found.append(Answer(text, _matches(text, known, like, asked, ranking)[:most]))
    return found


def _matches(
    text: str,
    known: Sequence[tuple[Key, PublishedClaim | Draft, float]],
    like: Likeness,
    asked: Asked,
    ranking: Ranking,
) -> list[Match]:
    said = Words.of(text, sorted({words.primary(claim.language) for _key, claim, _score in known}))
    following = [score for _key, _claim, score in known[1:]] or [0.0]
    found = []
    for number, (key, claim, score) in enumerate(known):
        published_on = ranking.documents[key].day
        why = reasons(
            said,
            claim.statement,
            claim.language,
            maker=claim.claimant_name if isinstance(claim, PublishedClaim) else "",
            index=ranking.index,
            days=(published_on - asked.date).days if asked.date and published_on else None,
            likeness=like.get(key),
        )
        is_same = len(said.plain) >= _LEAST_SAME_WORDS and said.plain == words_of(claim.statement, claim.language).plain
        lead = score - following[0] if number == 0 else 0.0
        if is_same or why.covered >= _LEAST_COVERED or why.is_similar:
            has_date = asked.date is not None
            outcome = Outcome.SAME_WORDS if is_same else outcome_for(why, lead, has_date=has_date, has_model=bool(like))
            if isinstance(claim, PublishedClaim):
                found.append(Match(outcome, why, score, claim=claim))
            else:
                found.append(Match(outcome, why, score, draft=claim))
    return sorted(found, key=lambda match: match.outcome != Outcome.SAME_WORDS)


def outcome_for(why: Reasons, lead: float, *, has_date: bool, has_model: bool) -> Outcome:
    """The outcome for a claim with this lead over the next one, which is 0 if it isn't the first."""
    if has_model:
        is_probable = (
            lead >= (_LEAD_WITH_MODEL_AND_DATE if has_date else _LEAD_WITH_MODEL)
            and why.covered >= _COVERED_WITH_MODEL
            and why.likeness is not None
            and why.likeness >= _LEAST_LIKENESS
        )
    else:
        is_probable = (
            has_date and lead >= _LEAD and why.covered >= _COVERED_IF_PROBABLE and len(why.words) >= _LEAST_SAME_WORDS
        )
    return Outcome.PROBABLY if is_probable else Outcome.PERHAPS
