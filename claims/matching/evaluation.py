"""How good matching is on a set of claims, texts and judgements, as MAP, success and the precision of outcomes.

The claims of the set are written to temporary tables with the names of the real ones, which only this connection sees.
So the code that is measured is the code that answers readers, and nothing of the site is read or changed.
"""

import datetime
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import connection

from claims.matching import vectors
from claims.matching.answers import Outcome
from claims.matching.asking import Asked, answers, rank
from claims.matching.documents import Key
from claims.matching.encoder import encoder
from claims.matching.sentences import MOST_SENTENCES
from claims.models import PublishedClaim
from claims.search.indexing import Document
from factcheck.core.batches import batched

_DEEPEST = 5
_RESAMPLES = 1_000
_BATCH = 500
_TABLES = ("claims_publishedclaim", "claims_searchrow", "claims_stem", "claims_facet", "claims_claimvector")

_COUNT = """
    INSERT INTO claims_stem (hash, claims)
        SELECT stem, count(*) FROM claims_searchrow, unnest(words) AS stem GROUP BY stem;
    INSERT INTO claims_facet (kind, value, claims)
        SELECT 'language', language, count(*) FROM claims_publishedclaim GROUP BY language;
    CREATE INDEX ON claims_searchrow USING gin (words);
    CREATE INDEX ON claims_searchrow (published_id);
    CREATE INDEX ON claims_publishedclaim (id);
    CREATE INDEX ON claims_stem (hash);
    CREATE UNIQUE INDEX ON claims_claimvector (published_id);
    ANALYZE claims_searchrow, claims_publishedclaim, claims_stem;
"""

# The last line of a copied post: — Name (@handle) June 22, 2025
_DAY_AT_END = re.compile(r"([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{4})\s*\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A sentence of a piece: the day of the piece, its name, and the number of the line.
_SENTENCE = re.compile(r"(?P<piece>(?P<day>\d{8})_.+)_(?P<line>\d+)")


@dataclass(frozen=True)
class CheckedClaim:
    """A claim of a set: its name, words, language, and the day on which its check was published."""

    name: str
    statement: str
    summary: str
    language: str
    day: str

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "CheckedClaim":
        """The claim of a line: `id`, `claim` or `title`, and perhaps `subtitle`, `date` or `published_on`, `lang`."""
        title, subtitle = line.get("title") or "", line.get("subtitle") or ""
        statement = line.get("claim") or title or subtitle or "?"
        summary = f"{title}. {subtitle}" if line.get("claim") else subtitle
        day = str(line.get("date") or line.get("published_on") or "")[: len("2025-06-21")]
        try:
            datetime.date.fromisoformat(day)
        except ValueError:
            day = ""  # the day isn't known
        return cls(str(line["id"]), statement, summary, line.get("lang") or "en", day)


@dataclass(frozen=True)
class JudgedText:
    """A text of a set with the names of the claims that it says. `piece` and `line` are empty for a post."""

    name: str
    text: str
    right: frozenset[str]
    day: datetime.date | None = None
    piece: str = ""
    line: int = 0


@dataclass
class Figures:
    """The figures of each text, for means and intervals."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    # For each text that was said to be probably the same as a claim: 1 if it was. With and without an answer.
    probable: list[float] = field(default_factory=list)
    of_texts: int = 0

    def lines(self) -> Iterator[str]:
        """A line for each figure, with the interval in which 95 of 100 resamples are."""
        for name, values in self.values.items():
            yield f"{name:<12} {_with_interval(values)}"
        right = sum(self.probable)
        precision = _with_interval(self.probable) if self.probable else "–"
        times = f"{len(self.probable)} times in {self.of_texts} questions, half of them without an answer"
        yield f"{Outcome.PROBABLY.label}: {times}; right {right:.0f} times; precision {precision}"


def read_claims(file: Path) -> Iterator[CheckedClaim]:
    """The claims of a file with one JSON object a line, which may be compressed (.gz)."""
    return map(CheckedClaim.of, _lines(file))


def read_texts(queries: Path, judgements: Path) -> list[JudgedText]:
    """The texts of a file with one JSON object a line, with the judgements of a TREC file (text, 0, claim, 1)."""
    right: dict[str, set[str]] = defaultdict(set)
    for judged in judgements.read_text(encoding="utf-8").splitlines():
        text, _zero, claim, _one = judged.split()
        right[text].add(claim)
    found = []
    for line in _lines(queries):
        name, text = str(line["id"]), line["text"]
        sentence = _SENTENCE.fullmatch(name)
        day = _day(line.get("date") or (sentence and sentence["day"]) or "", text)
        piece = (sentence["piece"], int(sentence["line"])) if sentence else ("", 0)
        found.append(JudgedText(name, text, frozenset(right[name]), day, *piece))
    return found


def evaluate(
    claims: Iterable[CheckedClaim], texts: Sequence[JudgedText], *, use_date: bool, advance: Callable[[int], None]
) -> Figures:
    """The figures for these texts over these claims. Sentences of one piece are asked together.

    If the site has the sentence model, the claims are encoded first: `advance` is called for each claim too.
    """
    figures = Figures(of_texts=2 * len(texts))
    with corpus(claims) as names:
        if model := encoder():
            vectors.refresh(model, drafts=False, advance=advance)
        keys = {name: (False, pk) for pk, name in names.items()}
        for asked, some in _questions(texts, use_date=use_date):
            right = [frozenset(keys[name] for name in text.right if name in keys) for text in some]
            ranking = rank(asked)
            for scores, wanted in zip(ranking.scores, right, strict=True):
                _add_ranks(figures.values, list(scores)[:_DEEPEST], wanted)
            for without in (False, True):
                if without:
                    ranking = rank(asked, without=right)
                for answer, wanted in zip(answers(asked, ranking, 1), right, strict=True):
                    if answer.outcome in {Outcome.PROBABLY, Outcome.SAME_WORDS} and (claim := answer.matches[0].claim):
                        figures.probable.append(float((False, claim.pk) in wanted and not without))
            advance(len(some))
    return figures


@contextmanager
def corpus(claims: Iterable[CheckedClaim]) -> Iterator[dict[int, str]]:
    """Make these claims the only ones that this connection finds. Gives their names by primary key.

    The real tables are hidden behind temporary ones, which are dropped in the end.
    """
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {table} INCLUDING DEFAULTS INCLUDING IDENTITY)")
        try:
            names: dict[int, str] = {}
            for batch in batched(enumerate(claims, start=1), _BATCH):
                names |= {pk: claim.name for pk, claim in batch}
                _insert(cursor, batch)
            cursor.execute(_COUNT)
            yield names
        finally:
            for table in _TABLES:
                cursor.execute(f"DROP TABLE pg_temp.{table}")


def _insert(cursor: Any, batch: Sequence[tuple[int, CheckedClaim]]) -> None:
    for table, rows in (
        ("claims_publishedclaim", [_public_row(pk, claim) for pk, claim in batch]),
        ("claims_searchrow", [_search_row(pk, claim) for pk, claim in batch]),
    ):
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)",  # noqa: S608 — ours
            [json.dumps(rows)],
        )


def _public_row(pk: int, claim: CheckedClaim) -> dict[str, Any]:
    """A row as the record has it, with blanks for all that matching doesn't read."""
    at = f"{claim.day or '1970-01-01'}T00:00:00Z"
    blank: dict[str, Any] = {
        str(column.column): [] if column.get_internal_type() == "ArrayField" else ""
        for column in PublishedClaim._meta.concrete_fields
    }
    known = {"id": pk, "claim_id": pk, "revision_id": pk, "slug": str(pk), "statement": claim.statement}
    known |= {"summary": claim.summary, "language": claim.language, "first_published_at": at, "revised_at": at}
    unknown = {"rating_value": None, "claimed_from": None, "claimed_until": None, "is_corrected": False}
    return blank | known | unknown | dict.fromkeys(("supports", "refutes", "origins"), 0)


def _search_row(pk: int, claim: CheckedClaim) -> dict[str, Any]:
    content = {"statement": claim.statement, "summary": claim.summary, "language": claim.language}
    nothing: dict[str, Any] = {
        "headline": "",
        "explanation": "",
        "pictures": [],
        "claimant": None,
        "topics": [],
        "appearances": [],
        "evidence": [],
    }
    document = Document.of(content | nothing)
    return {
        "published_id": pk,
        "version": 0,
        "words": document.words,
        "weights": document.weights,
        "length": sum(document.weights),
        "text": "",
    }


def _questions(texts: Sequence[JudgedText], *, use_date: bool) -> Iterator[tuple[Asked, list[JudgedText]]]:
    """Each post alone, and the sentences of each piece together in their order."""
    in_order = sorted(texts, key=lambda text: (text.piece, text.line))
    for piece, group in groupby(in_order, key=lambda text: text.piece):
        some = list(group)
        size = MOST_SENTENCES if piece else 1
        for together in (some[start : start + size] for start in range(0, len(some), size)):
            yield (
                Asked(
                    [text.text for text in together],
                    [text.line for text in together],
                    together[0].day if use_date else None,
                    is_piece=bool(piece),
                ),
                together,
            )


def _add_ranks(values: dict[str, list[float]], found: Sequence[Key], right: frozenset[Key]) -> None:
    hits = [place for place, key in enumerate(found, start=1) if key in right]
    precise = sum(number / place for number, place in enumerate(hits, start=1))
    values["MAP@1"].append(float(hits[:1] == [1]))
    values["MAP@5"].append(precise / max(1, min(len(right), _DEEPEST)))
    values["success@5"].append(float(bool(hits)))


def _with_interval(values: Sequence[float]) -> str:
    """The mean, and the interval in which 95 of 100 means of resamples are (bootstrap, with a fixed seed)."""
    chance = random.Random(1)  # noqa: S311 — no secret
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    low, high = means[_RESAMPLES * 25 // 1_000], means[_RESAMPLES * 975 // 1_000 - 1]
    return f"{sum(values) / len(values):.3f} ({low:.3f} to {high:.3f})"


def _day(given: str, text: str) -> datetime.date | None:
    """The day that a set gives for a text, or the day in the last line of a copied post."""
    if given:
        return datetime.date.fromisoformat(given)
    at_end = _DAY_AT_END.search(text)
    if not at_end or at_end[1] not in _MONTHS:
        return None
    return datetime.date(int(at_end[3]), _MONTHS.index(at_end[1]) + 1, int(at_end[2]))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        yield from map(json.loads, filter(str.strip, lines))
