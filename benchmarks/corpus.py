"""A record of any size: the statements, findings, people, sources and dates of the real sets, recombined.

No two claims have the same statement. A claim depends only on its number and the size of the record, so any process can
make any claim. Names are drawn by Zipf's law: the first claimant makes one claim in ten, most make few.
"""

import gzip
import json
import random
import re
import sys
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

import bulk

FIRST, LAST = datetime(2005, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
# Of a hundred claims: half are false and half are about the first topic; in a hundred sources, one is the first.
RATINGS = {"false": 50, "mostly-false": 18, "half-true": 12, "mostly-true": 8, "true": 7, "unverified": 5}
TOPICS = 300
EVIDENCE = {0: 5, 1: 15, 2: 25, 3: 25, 4: 15, 5: 10, 8: 5}
ARTICLE_CLAIMS = 1_000
CORRECTED = 0.05
STANCES = {"refutes": 55, "supports": 25, "mixed": 10, "context": 10}
KINDS = {"statistic": 35, "event": 30, "causal": 20, "legal-policy": 15}


def lines(name: str) -> list[dict[str, Any]]:
    """The records of one file of the sets. Exits if the sets aren't there."""
    path = bulk.DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        print(f"There is no {path}. Set BENCHMARK_DATA to the folder that holds the sets.")
        sys.exit(0)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _weighted(shares: dict[Any, int]) -> tuple[list[Any], list[float]]:
    return list(shares), list(accumulate(float(share) for share in shares.values()))


def _halves(texts: list[str]) -> tuple[list[str], list[str]]:
    """The different first halves and second halves of some texts, cut between words."""
    cut = [text.split() for text in texts]
    heads = dict.fromkeys(" ".join(words[: len(words) // 2]) for words in cut if len(words) > 3)
    tails = dict.fromkeys(" ".join(words[len(words) // 2 :]) for words in cut if len(words) > 3)
    return list(heads), list(tails)


class Corpus:
    """The bodies of `count` claims, each with its versions."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.claimants = _Names(max(200, count // 50))
        self.topics = _Names(TOPICS)
        self.sources = max(100, count // 5)
        self.articles = max(20, count // 10)

    def __len__(self) -> int:
        return self.count

    @cached_property
    def _pools(self) -> dict[str, tuple[list[str], list[str], list[str]]]:
        """The heads and tails of statements and the longer texts in each language."""
        statements: dict[str, list[str]] = {"en": []}
        longer: dict[str, list[str]] = {"en": []}
        for name in ("claim-matching-en/claims", "snopes-claims-crowdchecked/claims", "politifact-claims/claims"):
            for one in lines(name):
                statements["en"].append(one["claim"] or one["title"])
                longer["en"].append(one.get("subtitle") or one["title"] or one["claim"])
        for one in self._articles:
            statements.setdefault(one["lang"], []).append(one["title"] or "")
            longer.setdefault(one["lang"], []).append(one["subtitle"] or one["title"] or "")
        return {
            language: (*_halves(texts), longer[language]) for language, texts in statements.items() if len(texts) > 100
        }

    @cached_property
    def _articles(self) -> list[dict[str, Any]]:
        return [one for one in lines("factcheck-articles/articles") if one["title"] and one["url"]]

    @cached_property
    def _findings(self) -> list[tuple[str, str]]:
        """What checkers asked and found."""
        return [
            (question["question"], answer["answer"])
            for one in lines("averitec-dev/dev")
            for question in one["questions"]
            for answer in question["answers"]
        ]

    @cached_property
    def _verdicts(self) -> list[str]:
        return [one["justification"] for one in lines("averitec-dev/dev")]

    @cached_property
    def _speakers(self) -> list[str]:
        return sorted({one["speaker"] for one in lines("politifact-claims/claims") if one["speaker"]})

    @cached_property
    def _subjects(self) -> list[str]:
        found = {part for one in lines("liar/train") for part in one["subjects"].split(",") if part}
        return sorted(found)

    @cached_property
    def _contexts(self) -> list[str]:
        return [one["context"] for one in lines("politifact-claims/claims") if one["context"]]

    @cached_property
    def _languages(self) -> tuple[list[str], list[float]]:
        return _weighted({language: len(heads) for language, (heads, _tails, _more) in self._pools.items()})

    @cached_property
    def _ratings(self) -> dict[str, bulk.Content]:
        from claims.models import Rating  # noqa: PLC0415 — Django is set up only now
        from claims.record.body import rating_card  # noqa: PLC0415

        return {row.slug: rating_card(row) for row in Rating.objects.select_related("scale").filter(slug__in=RATINGS)}

    def load(self) -> None:
        """Read every set now, so that forked processes share them."""
        for name in ("_pools", "_findings", "_verdicts", "_speakers", "_subjects", "_contexts", "_ratings"):
            getattr(self, name)

    def _claimant(self, number: int) -> bulk.Content:
        speakers = self._speakers
        name = speakers[number % len(speakers)]
        if number >= len(speakers):
            name = f"{name.split()[0]} {speakers[(number * 7 + number // len(speakers)) % len(speakers)].split()[-1]}"
        return {
            "slug": f"claimant-{number}",
            "name": name[:180],
            "kind": "person",
            "role": self._contexts[number % len(self._contexts)][:200],
            "affiliations": [],
            "wikidata": "",
        }

    def _topic(self, number: int) -> bulk.Content:
        subjects = self._subjects
        first, second = subjects[number % len(subjects)], subjects[(number * 5 + 3) % len(subjects)]
        name = f"{first} {number}" if number < len(subjects) else f"{first} and {second} {number}"
        return {
            "slug": f"topic-{number}", "name": name.replace("-", " ").title()[:180], "description": "",
            "translations": [],
        }  # fmt: skip

    def _source(self, number: int, *, is_article: bool) -> bulk.Content:
        """One document. Articles that are checked and sources of evidence are different ones."""
        place = number + (self.sources if is_article else 0)
        one = self._articles[place % len(self._articles)]
        again = place // len(self._articles)
        parts = urlsplit(one["url"])
        host = parts.hostname if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.hostname or "") else "paper.example"
        path = parts.path[:300] if re.fullmatch(r"[\w/.-]+", parts.path, re.ASCII) else "/"
        slug = f"{'article' if is_article else 'source'}-{number}"
        return {
            "slug": slug,
            "title": (one["title"] if not again else f"{one['title'][:400]}, part {again + 1}")[:450],
            "publisher": {"slug": host.replace(".", "-")[:90], "name": host, "address": ""},
            "kind": "news-report",
            "authors": [],
            "published": day[0] if (day := re.match(r"\d{4}-\d\d-\d\d", one["date"] or "")) else "",
            "language": one["lang"],
            "address": f"https://{host}{path}?n={slug}",
            "archived_address": "",
            "address_is_private": False,
            "is_protected": False,
            "is_copy": False,
            "original_address": "",
            "interest": "",
            "summary": "",
        }

    def __getitem__(self, number: int, /) -> list[bulk.Content]:
        chance = random.Random(number)  # noqa: S311 — nothing is kept secret with it

        def one_of(weighted: tuple[list[Any], list[float]]) -> Any:
            return chance.choices(weighted[0], cum_weights=weighted[1])[0]

        def draw(texts: list[str]) -> str:
            return texts[int(chance.random() * len(texts))]

        language = one_of(self._languages)
        heads, tails, longer = self._pools[language]
        # Two numbers give two pairs of halves until there are as many claims as pairs.
        statement = f"{heads[number % len(heads)]} {tails[(number * 7 + number // len(heads)) % len(tails)]}"
        claimed = FIRST + (LAST - FIRST) * chance.random()
        published = FIRST + (LAST - FIRST) * ((number + 1) / (self.count + 1))
        topics = {0} if chance.random() < 0.5 else set()
        topics |= {self.topics.draw(chance) for _ in range(chance.choice((1, 1, 2)))}
        is_long = chance.random() < ARTICLE_CLAIMS / self.count
        article = self._source(0 if is_long else int(chance.random() * self.articles), is_article=True)
        evidence = []
        for _ in range(one_of(_weighted(EVIDENCE))):
            question, answer = self._findings[int(chance.random() * len(self._findings))]
            place = 0 if chance.random() < 0.004 else int(chance.random() * self.sources)
            source = self._source(place, is_article=False)
            evidence.append(
                {
                    "stance": one_of(_weighted(STANCES)), "finding": answer, "quote": draw(longer)[:200],
                    "locator": "", "origin": source["publisher"]["name"] if chance.random() < 0.8 else question[:200],
                    "primary": True, "secondary_reason": "", "note": "", "source": source,
                }
            )  # fmt: skip
        # Each paragraph ends in a full stop, so that no number or name goes on in the next.
        paragraphs = [draw(self._verdicts), *(draw(longer) for _ in range(3)), draw(self._verdicts)]
        explanation = "\n\n".join(f"{text}." for text in paragraphs)
        given: dict[str, Any] = {
            "kind": one_of(_weighted(KINDS)),
            "claimant": self._claimant(self.claimants.draw(chance)) if chance.random() < 0.95 else None,
            "claimed_on": claimed.strftime("%Y-%m-%d"),
            "language": language,
            "topics": sorted((self._topic(topic) for topic in topics), key=lambda card: str(card["slug"])),
            "rating": self._ratings[one_of(_weighted(RATINGS))],
            "summary": f"{draw(longer)} — {draw(self._verdicts)}",
            "explanation": explanation,
            "appearances": [
                {
                    "exact": statement, "prefix": "", "suffix": "", "locator": "", "position": number % 100,
                    "date": "", "source": article, "attributed_to": None,
                }
            ],
            "evidence": evidence,
        }  # fmt: skip
        slug = f"claim-{number}"
        first = bulk.content(slug, statement, **given, revision=_signing(1, published))
        if chance.random() >= CORRECTED:
            return [first]
        corrected = published + timedelta(days=1)
        return [
            first | {"summary": given["summary"].split(". ")[0] or "…"},
            first | {"revision": _signing(2, corrected)},
        ]


def _signing(number: int, at: datetime) -> bulk.Content:
    from claims.choices import Act, CorrectionKind  # noqa: PLC0415 — Django is set up only now
    from claims.record.body import Signing  # noqa: PLC0415

    again: dict[str, Any] = (
        {"reason": "A source was published later.", "correction": CorrectionKind.UPDATE} if number > 1 else {}
    )
    act = Act.CORRECT if number > 1 else Act.PUBLISH
    signing = Signing(number=number, act=act, at=at, signed_by="author", approved_by="Another", **again)
    return signing.as_content()


class _Names:
    """Draws numbers of names below `count` by Zipf's law."""

    def __init__(self, count: int) -> None:
        self.weights = list(accumulate(1 / number for number in range(1, count + 1)))
        self.numbers = range(count)

    def draw(self, chance: random.Random) -> int:
        return chance.choices(self.numbers, cum_weights=self.weights)[0]


def build(count: int) -> int:
    """Fill the database, which must be empty, with such a record. Returns its number of claims."""
    corpus = Corpus(count)
    corpus.load()
    return bulk.publish(corpus)


if __name__ == "__main__":
    import django

    django.setup()
    build(int(sys.argv[1]))
