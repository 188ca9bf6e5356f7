"""Time and queries of the list of claims, its facets and its search, at several sizes of the record, in one run.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/list_page.py 10000 200000

Words and names are drawn by Zipf's law, so that some are in nearly every claim and most in few.
"""

import random
import sys
import time
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import bulk

VOCABULARY, CLAIMANTS, TOPICS, OUTLETS = 60_000, 3_000, 300, 400
TIMES = 15
RATINGS = [
    *(
        ("false", 1),
        ("mostly-false", 2),
        ("half-true", 3),
        ("mostly-true", 4),
        ("true", 5),
        ("unverified", None),
    ),
]


class Zipf:
    """Draws from some values, the n-th with a weight of 1/n."""

    def __init__(self, values: list[str], chance: random.Random) -> None:
        self.values, self.chance = values, chance
        self.weights = list(accumulate(1 / n for n in range(1, len(values) + 1)))

    def draw(self, count: int) -> list[str]:
        return self.chance.choices(self.values, cum_weights=self.weights, k=count)


def contents(count: int) -> Iterator[dict[str, Any]]:
    """`count` bodies; the same for every run."""
    chance = random.Random(1)  # noqa: S311 — nothing is kept secret with it
    parts = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "kel", "mar"]
    made = dict.fromkeys("".join(chance.choices(parts, k=chance.randint(2, 5))) for _ in range(4 * VOCABULARY))
    vocabulary = Zipf(list(made)[:VOCABULARY], chance)
    claimants = Zipf([f"claimant-{n}" for n in range(CLAIMANTS)], chance)
    topics = Zipf([f"topic-{n}" for n in range(TOPICS)], chance)
    outlets = Zipf([f"outlet-{n}" for n in range(OUTLETS)], chance)
    for number in range(count):
        rating, value = chance.choice(RATINGS)
        (claimant,), (outlet,) = claimants.draw(1), outlets.draw(1)
        source = {
            "slug": f"{outlet}-1",
            "title": f"Title {outlet}",
            "address": "",
            "archived_address": "",
            "is_copy": False,
            "original_address": "",
            "publisher": {"slug": outlet, "name": outlet},
        }
        yield bulk.content(
            f"claim-{number}",
            " ".join(vocabulary.draw(14)),
            summary=" ".join(vocabulary.draw(20)),
            explanation=" ".join(vocabulary.draw(40)),
            claimant={"slug": claimant, "name": claimant.title()},
            topics=[{"slug": slug, "name": slug.title()} for slug in dict.fromkeys(topics.draw(2))],
            appearances=[{"source": source, "exact": "", "position": 1, "attributed_to": None}],
            rating={"slug": rating, "label": rating.title(), "worst": 1, "best": 5}
            | ({"value": value} if value else {}),
            kind=chance.choice(["statistic", "event", "causal", "legal-policy"]),
            language=chance.choices(["en", "es", "de"], weights=[8, 1, 1])[0],
            claimed_on=f"{chance.randint(2005, 2025)}-06-01",
        )


def addresses() -> dict[str, str]:
    """What a reader may ask for, by name."""
    from claims.models import Word  # noqa: PLC0415 — Django is set up only now

    by_claims = list(Word.objects.order_by("-claims").values_list("word", flat=True)[:5000])
    common, middling, rare = by_claims[0], by_claims[200], by_claims[4000]
    return {
        "no filter": "/claims/",
        "last page": "/claims/?page=100",
        "one filter": "/claims/?rating=false",
        "three filters": "/claims/?rating=false&topic=topic-0&year=2020",
        "search, rare word": f"/claims/?q={rare}",
        "search, common word": f"/claims/?q={common}",
        "search, three words": f"/claims/?q={rare}+{middling}+{common}",
        "search, misspelled": f"/claims/?q={rare[:-2]}x{rare[-1]}+{middling}",
        "search and filter": f"/claims/?q={common}&rating=false",
        "search, 150 words": "/claims/?q=" + "+".join(by_claims[::33][:150]),
        "newest claim": "/claims/?sort=newest-claim",
        "csv": "/claims.csv",
    }


def measure() -> dict[str, tuple[float, float, int]]:
    """Median and 95th percentile in milliseconds, and queries, of each address."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client, results = Client(), {}
    for name, address in addresses().items():
        took = []
        for _ in range(TIMES):
            started = time.perf_counter()
            response = client.get(address)
            body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
            took.append(1000 * (time.perf_counter() - started))
            assert response.status_code == 200, (address, response.status_code, body[:500])
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        took.sort()
        results[name] = (took[TIMES // 2], took[-1], len(queries))
    return results


def main() -> None:
    """Measure each size in a database of its own and print one table."""
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 200_000]
    results = []
    for size in sizes:
        with bulk.scratch():
            import django  # noqa: PLC0415 — settings come first

            django.setup()
            from django.conf import settings  # noqa: PLC0415
            from django.db import connection, connections  # noqa: PLC0415

            settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
            started = time.perf_counter()
            bulk.publish(contents(size))
            print(f"{size:,} claims written in {time.perf_counter() - started:.0f} s", flush=True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                cursor.execute(
                    "SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class WHERE relname = ANY(%s)",
                    [
                        [
                            "claims_searchrow",
                            "claims_stem",
                            "claims_word",
                            "claims_claimfacets",
                            "claims_publishedclaim",
                        ]
                    ],
                )
                print(*(f"{name} {space}" for name, space in cursor.fetchall()), sep=", ")
            results.append(measure())
            connections.close_all()
    print(f"{'':24}" + "".join(f"{size:>12,} p50   p95 queries" for size in sizes) + "   growth")
    for name in results[0]:
        cells = "".join(f"{p50:>16.0f} {p95:>5.0f} {queries:>7}" for p50, p95, queries in (r[name] for r in results))
        print(f"{name:24}{cells} {results[-1][name][0] / results[0][name][0]:>8.1f}")


if __name__ == "__main__":
    main()
