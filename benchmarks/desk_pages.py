"""Time and queries of the desk's pages, at several sizes of the desk, beside Django's plain admin of the same rows.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/desk_pages.py 10000 1000000

The records are those of `build.py`, and are kept.
"""

import logging
import re
import statistics
import subprocess
import sys
import time

import bulk
import corpus
import peers

TIMES = 7
# After a call of so many milliseconds, the address isn't called again.
TOO_LONG = 3_000


def fill() -> None:
    """Add a claim with fifty pieces of evidence, and one that was changed since it was published."""
    from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now
    from claims.models import Claim  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415

    if Claim.objects.filter(slug="with-much-evidence").exists():
        return
    rows = (factories.ClaimantFactory, factories.TopicFactory, factories.SourceFactory, factories.PublisherFactory)
    for factory in (*rows, factories.UserFactory):
        factory.reset_sequence(10_000_000)  # the record has names of the first numbers
    factories.EvidenceFactory.create_batch(
        50, claim=factories.ClaimFactory.create(slug="with-much-evidence", evidence=[])
    )
    claim = Claim.objects.filter(published__isnull=False).order_by("pk").first()
    assert claim is not None
    workflow.edit(claim, by=factories.UserFactory.create(role="Editor"), version=claim.version)


def addresses() -> dict[str, str]:
    """What an editor may open, by name. “Plain” is the list of Django's own admin."""
    from claims.models import Claim  # noqa: PLC0415 — Django is set up only now

    with_much = Claim.objects.get(slug="with-much-evidence").pk
    some = Claim.objects.order_by("pk")[1_000]
    words = [word for word in re.findall(r"\w+", some.statement) if len(word) > 2]
    rare = min(words, key=lambda word: Claim.objects.filter(statement__contains=word)[:1000].count())
    common = max(words, key=lambda word: Claim.objects.filter(statement__contains=word)[:1000].count())
    picker = "/admin/autocomplete/?app_label=claims&model_name=appearance&field_name=source&term="
    return {
        "list": "/admin/claims/claim/",
        "plain list": "/plain/claims/claim/",
        "search, common word": f"/admin/claims/claim/?q={common}",
        "plain, common word": f"/plain/claims/claim/?q={common}",
        "search, rare word": f"/admin/claims/claim/?q={rare}",
        "plain, rare word": f"/plain/claims/claim/?q={rare}",
        "search, three words": f"/admin/claims/claim/?q={words[0]}+{words[1]}+{words[2]}",
        "plain, three words": f"/plain/claims/claim/?q={words[0]}+{words[1]}+{words[2]}",
        "search by slug": f"/admin/claims/claim/?q={some.slug}",
        "search, no such word": "/admin/claims/claim/?q=zzzyzz",
        "view “changed”": "/admin/claims/claim/?view=changed",
        "view “waiting”": "/admin/claims/claim/?view=review",
        "picker of sources": f"{picker}{rare}",
        "picker, common word": f"{picker}{common}",
        "picker, nothing typed": picker,
        "list of sources, word": f"/admin/sources/source/?q={common}",
        "new claim": "/admin/claims/claim/add/",
        "claim, 50 pieces": f"/admin/claims/claim/{with_much}/change/",
    }


def plain_admin() -> None:
    """Serve Django's own admin of claims, with the same columns and search, under /plain/."""
    from django.contrib import admin  # noqa: PLC0415 — Django is set up only now

    from claims.models import Claim  # noqa: PLC0415

    class PlainClaims(admin.ModelAdmin[Claim]):
        list_display = ("statement", "state", "rating", "claimant", "assignee", "logged_at")
        list_filter = ("state", "rating", "kind")
        list_per_page = 50
        list_select_related = ("rating", "claimant", "assignee")
        search_fields = ("statement", "slug", "claimant__name", "appearances__source__title")
        show_full_result_count = False

    peers.plain_site(Claim, PlainClaims)


def measure() -> dict[str, tuple[float, float, int]]:
    """Median and longest milliseconds, and queries, of each address."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from tests import factories  # noqa: PLC0415

    client, results = Client(), {}
    client.force_login(
        factories.UserFactory.create(username=f"reader-{time.time_ns()}", role="Chief editor", is_superuser=True)
    )
    for name, address in addresses().items():
        took = []
        for _ in range(TIMES):
            started = time.perf_counter()
            response = client.get(address)
            took.append(1000 * (time.perf_counter() - started))
            assert response.status_code == 200, (address, response.status_code)
            if took[-1] > TOO_LONG:
                break
        with CaptureQueriesContext(connection) as queries:
            if max(took) <= TOO_LONG:
                client.get(address)
        results[name] = (statistics.median(took), max(took), len(queries))
    return results


def main() -> None:
    """Measure the pages at one size and print them; measure several sizes one after the other."""
    sizes = sys.argv[1:] or ["10000"]
    if len(sizes) > 1:
        for size in sizes:
            subprocess.run([sys.executable, __file__, size], check=True)  # noqa: S603
        return
    with bulk.scratch(sizes[0], keep=True) as known:
        if not known:
            subprocess.run([sys.executable, corpus.__file__, sizes[0]], check=True)  # noqa: S603
        import django  # noqa: PLC0415 — settings come first

        django.setup()
        logging.disable()
        from django.conf import settings  # noqa: PLC0415
        from django.db import connections, transaction  # noqa: PLC0415

        settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
        settings.DESK_SECONDS = settings.READER_SECONDS = 600  # Django's admin needs more than a page may take
        plain_admin()
        with transaction.atomic():
            fill()
        results = measure()
        connections.close_all()
    print(f"{int(sizes[0]):,} claims{'p50':>20}{'longest':>10}{'queries':>9}")
    for name, (middle, longest, queries) in results.items():
        print(f"{name:24}{middle:>10.0f}{longest:>10.0f}{queries:>9}")


if __name__ == "__main__":
    main()
