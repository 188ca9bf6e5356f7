"""How well search ranks: ours against PostgreSQL's `ts_rank_cd` on the same words, in one run.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/search_quality.py [SET]

The sets: `tweets` (14,231 English claims of `claim-matching-en` with its tweets, and short queries of our own, as
readers type them), `debates` (19,250 claims of `politifact-claims` with sentences of `debate-matching-en`) and
`articles` (86,376 articles in 30 languages of `factcheck-articles` with tweets). Without a set it takes `tweets`.
"""

import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import bulk
import peers

DEEPEST = 100

# Typed from memory by people who had the claim in mind, not its words: the query, and the claims that answer it.
SHORT = {
    "margarine turkeys": "the-butter-truth",
    "butter vs margarine fatten turkey": "the-butter-truth",
    "elisa granato": "elisa-granato-trial-covid-19-vax",
    "elisa granatto vaccine died": "elisa-granato-trial-covid-19-vax",
    "holocaust wedding rings photo": "wedding-rings-holocaust-victims",
    "10 meter anaconda": "10-meter-anaconda",
    "giant anakonda brazil river": "10-meter-anaconda",
    "baby draws cartoons": "10-month-old-baby-drawing",
    "$1 fries mcdonalds": "1-mcdonald39s-any-size-fries",
    "trump cut from home alone 2": "trump-cut-from-home-alone-2",
    "cbc home alone trump": "trump-cut-from-home-alone-2",
    "wombats fires australia": "hero-wombats-australia-fires",
    "cocaine washed ashore hurricane dorian": "cocaine-bricks-wash-up-dorian",
    "bull shark kentucky lake": "bull-shark-kentucky-lake",
    "taured passport": "man-from-taured-parallel-universe",
    "man from tauerd airport japan": "man-from-taured-parallel-universe",
    "boris johnson great grandfather turkish": "boris-johnson-turkish-muslim",
    "bonnie and clyde letter to henry ford": "a-ford-able",
    "clint eastwood stan laurel": "clint-eastwood",
    "clint eastwod son of stan laurel": "clint-eastwood",
    "ibuprofen coronavirus": "covid-19-nsaids-ibuprofen",
    "ibuprofin covid": "covid-19-nsaids-ibuprofen",
    "zip ties senate chamber capitol riot": "zip-cuffs-capitol-riots",
    "pringles cancer": "cancer-in-a-can",
    "purple ladybugs hawaii": "purple-ladybugs",
    "purple ladybug hawai": "purple-ladybugs",
    "slenderman": "slenderman",
    "slender man monster tentacles children": "slenderman",
    "atheist holiday april 1": "atheist-holiday",
    '"make america white again" shirts': "make-america-white-again-trump",
    "zuckerberg giving 1,000 dollars hoaxes": "zuckerberg-dont-share-hoaxes",
    "air force one tail number": "air-force-one",
    "coachella dancing ferris wheel": "coachella-ferris-wheel-video",
    "bernie sanders scarlet cross": "bernie-sanders-scarlet-cross",
    "pelosi acting president election delayed": "president-pelosi-election-delayed",
    "18 year old adopts 17 year old": "18-legally-adopt-17-year-old",
    "hyatt conservatives": "hyatt-hotels-conservatives",
    "slime borax danger": "slime-health-risks",
    "genetically engineered pets for sale genpets": "genpets",
    "tim tebow arrested": "te-busted",
    "amanda bines product support": "amanda-bynes-now",
    "minecraft shutting down": "is-minecraft-shutting-down",
    "soleimani drone strike video": "video-of-drone-strike-soleimani",
    "solemani video drone": "video-of-drone-strike-soleimani",
    "obama shakes hands with rouhani": "obama-shaking-hands-rouhani",
}

Queries = list[tuple[str, set[str]]]


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(bulk.DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def slug(name: str) -> str:
    return name.replace("_", "-")[:100]


@dataclass(frozen=True)
class Claim:
    """A claim of a set, as it is published in the scratch database."""

    slug: str
    statement: str
    summary: str
    language: str = "en"

    @classmethod
    def of(cls, line: dict[str, Any]) -> "Claim":
        title, subtitle = line["title"] or "", line.get("subtitle") or ""
        summary = f"{title}. {subtitle}" if line.get("claim") else subtitle
        statement = line.get("claim") or title or subtitle or "?"
        return cls(slug(line["id"]), statement, summary, line.get("lang") or "en")


@dataclass(frozen=True)
class Set:
    """The files of a set: its claims, the folder of its queries, and the splits of them that are measured."""

    claims: str
    queries: str
    splits: tuple[str, ...]

    def read(self) -> Iterator[Claim]:
        return map(Claim.of, lines(self.claims))

    def judged(self, split: str) -> Queries:
        """The queries of one split with the claims that answer them."""
        answers = defaultdict(set)
        for line in (bulk.DATA / self.queries / f"{split}.qrels").read_text().splitlines():
            query, _, claim, _ = line.split("\t")
            answers[query].add(slug(claim))
        return [(one["text"], answers[one["id"]]) for one in lines(f"{self.queries}/{split}.queries")]


SETS = {
    "tweets": Set("claim-matching-en/claims", "claim-matching-en", ("dev", "train")),
    "debates": Set("politifact-claims/claims", "debate-matching-en", ("dev",)),
    "articles": Set("factcheck-articles/articles", "factcheck-articles", ("dev",)),
}


def ours(text: str) -> list[str]:
    """The slugs that search gives, best first."""
    from claims.choices import Order  # noqa: PLC0415
    from claims.models import PublishedClaim  # noqa: PLC0415
    from claims.search import query as search  # noqa: PLC0415 — Django is set up only now

    claims = PublishedClaim.objects.found(search.find(text).places).in_order(Order.RELEVANCE)
    return list(claims.values_list("slug", flat=True)[:DEEPEST])


def theirs(text: str) -> list[str]:
    """What `ts_rank_cd` makes of the same words: any of them, the statement weighted above the rest."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    from factcheck.core import words  # noqa: PLC0415

    stems = dict.fromkeys(words.hashed(stem, "en") for stem in words.stems(words.plain(text), "en"))
    if not stems:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slug FROM ranked, to_tsquery('simple', %s) AS query WHERE vector @@ query "
            "ORDER BY ts_rank_cd(vector, query, 1) DESC, slug LIMIT %s",
            [" | ".join(f"h{stem}" for stem in stems), DEEPEST],
        )
        return [found for (found,) in cursor.fetchall()]


def prepare_theirs(claims: Iterator[Claim]) -> None:
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    from factcheck.core import words  # noqa: PLC0415

    def hashes(text: str, language: str) -> str:
        return " ".join(f"h{words.hashed(stem, 'en')}" for stem in words.stems(words.plain(text), language))

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ranked (slug text, vector tsvector)")
        for claim in claims:
            cursor.execute(
                "INSERT INTO ranked VALUES (%s, setweight(to_tsvector('simple', %s), 'A') || "
                "setweight(to_tsvector('simple', %s), 'C'))",
                [claim.slug, hashes(claim.statement, claim.language), hashes(claim.summary, claim.language)],
            )


def measure(search: Callable[[str], list[str]], queries: Queries) -> str:
    """MRR, MAP@5, success@1 and @5, and the time in milliseconds: its median and its 95th percentile."""
    reciprocal = average = first = five = 0.0
    took = []
    for text, right in queries:
        started = time.perf_counter()
        found = search(text)
        took.append(1000 * (time.perf_counter() - started))
        hits = [place for place, name in enumerate(found, start=1) if name in right]
        reciprocal += 1 / hits[0] if hits else 0
        near = [place for place in hits if place <= 5]
        average += sum(number / place for number, place in enumerate(near, start=1)) / min(len(right), 5)
        first += hits[:1] == [1]
        five += bool(near)
    size = len(queries)
    median, p95 = peers.spread(took)
    return (
        f"MRR {reciprocal / size:.3f}  MAP@5 {average / size:.3f}  "
        f"success@1 {first / size:.3f}  success@5 {five / size:.3f}  "
        f"p50 {median:.0f} ms  p95 {p95:.0f} ms"
    )


def run(name: str, chosen: Set) -> None:
    """Publish the claims of a set, ask both, and print a line for each."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    rating = bulk.false()
    bulk.publish(
        [
            [bulk.content(one.slug, one.statement, rating=rating, summary=one.summary, language=one.language)]
            for one in chosen.read()
        ]
    )
    prepare_theirs(chosen.read())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    short = [(text, {f"vclaim-sno-{right}"}) for text, right in SHORT.items()] if name == "tweets" else []
    measured = {f"{name}, {split}": chosen.judged(split) for split in chosen.splits} | (
        {"short": short} if short else {}
    )
    for title, queries in measured.items():
        print(f"{title} ({len(queries)})")
        print("  search     ", measure(ours, queries))
        print("  ts_rank_cd ", measure(theirs, queries), flush=True)
    for text, right in short:
        if not right & set(ours(text)[:5]):
            print("  missed:", text)


def main() -> None:
    """Measure the set that the command line names, in a scratch database."""
    name = (sys.argv[1:] or ["tweets"])[0]
    if name not in SETS:
        sys.exit(__doc__)
    if not (bulk.DATA / SETS[name].queries).is_dir():
        print(f"There is no {bulk.DATA / SETS[name].queries}. Set BENCHMARK_DATA to the folder that holds it.")
        return
    with bulk.scratch():
        import django  # noqa: PLC0415 — settings come first

        django.setup()
        from django.conf import settings  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        settings.DEBUG = False
        run(name, SETS[name])
        connections.close_all()


if __name__ == "__main__":
    main()
