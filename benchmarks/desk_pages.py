"""Time and queries of the desk's pages, at several sizes of the desk, beside Django's plain admin of the same rows.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/desk_pages.py 10000 1000000

The rows are made inside the database: claims with a claimant, an article and a piece of evidence each, nearly all
published. Words are drawn so that some are in nearly every claim and most in few.
"""

import logging
import statistics
import sys
import time
from typing import Any

import bulk

TIMES = 7
# A word of rank n is about n times as rare as the first. The state of one claim in a thousand is not a public one.
FILL = """
CREATE FUNCTION word() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT substr(translate(md5(n::text), '0123456789', 'ghijklmnop'), 1, 4 + n % 5)
    FROM (SELECT floor(exp(random() * ln(60000)))::int AS n) AS rank
$$;
CREATE FUNCTION sentence(words int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE said text := '';
BEGIN
    FOR i IN 1..words LOOP said := said || word() || ' '; END LOOP;
    RETURN said;
END $$;
SET session_replication_role = replica;
INSERT INTO sources_publisher (slug, name, address)
    SELECT 'paper-' || n, sentence(2) || n, '' FROM generate_series(1, 400) n;
INSERT INTO claims_claimant
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', 1000000 + n, 'slug', 'person-' || n, 'name', sentence(2)))).*
    FROM claims_claimant old, generate_series(1, {claims} / 50) n WHERE old.id = (SELECT min(id) FROM claims_claimant);
INSERT INTO sources_source
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', 1000000 + n, 'slug', 'paper-source-' || n, 'title', sentence(8), 'address', 'https://paper.example/' || n,
        'canonical_address', 'https://paper.example/' || n, 'lookup_key', 'paper.example/' || n,
        'publisher_id', (SELECT min(id) FROM sources_publisher) + n % 400))).*
    FROM sources_source old, generate_series(1, {claims} / 3) n WHERE old.slug = 'pattern';
INSERT INTO claims_claim
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', 1000000 + n, 'slug', replace(trim(sentence(3)), ' ', '-') || '-' || n, 'statement', sentence(14),
        'logged_at', now() - n * interval '1 minute',
        'state', CASE WHEN n % 1000 = 0 THEN 'researching' ELSE 'published' END,
        'claimant_id', 1000001 + n % ({claims} / 50)))).*
    FROM claims_claim old, generate_series(1, {claims}) n WHERE old.slug = 'pattern';
INSERT INTO claims_appearance
    SELECT (jsonb_populate_record(old, jsonb_build_object('id', 1000000 + n, 'claim_id', 1000000 + n,
        'source_id', 1000000 + 1 + n % ({claims} / 3)))).*
    FROM claims_appearance old, generate_series(1, {claims}) n WHERE old.claim_id = {pattern};
INSERT INTO claims_evidence
    SELECT (jsonb_populate_record(old, jsonb_build_object('id', 1000000 + n, 'claim_id', 1000000 + n,
        'source_id', 1000000 + 1 + n % ({claims} / 3)))).*
    FROM claims_evidence old, generate_series(1, {claims}) n WHERE old.claim_id = {pattern};
INSERT INTO claims_revision
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', 1000000 + n, 'claim_id', 1000000 + n, 'slug', claim.slug, 'body', '{{}}'))).*
    FROM claims_revision old, (SELECT id - 1000000 AS n, slug FROM claims_claim WHERE id > 1000000) claim
    WHERE old.claim_id = {pattern};
INSERT INTO claims_publishedclaim
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', 1000000 + n, 'claim_id', 1000000 + n, 'slug', claim.slug, 'revision_id', 1000000 + n))).*
    FROM claims_publishedclaim old, (SELECT id - 1000000 AS n, slug FROM claims_claim WHERE id > 1000000) claim
    WHERE old.claim_id = {pattern};
SET session_replication_role = origin;
"""


def fill(claims: int) -> None:
    """Put this many claims on the desk."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    from tests import factories  # noqa: PLC0415

    source = factories.SourceFactory.create(slug="pattern")
    claim = factories.published(slug="pattern", appearances=[source], evidence=[source])
    many = factories.ClaimFactory.create(slug="with-much-evidence", evidence=[])
    factories.EvidenceFactory.create_batch(50, claim=many)
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(claims=claims, pattern=claim.pk))
        cursor.execute("VACUUM ANALYZE")


def addresses() -> dict[str, str]:
    """What an editor may open, by name. “Plain” is the list of Django's own admin."""
    from claims.models import Claim  # noqa: PLC0415 — Django is set up only now

    with_much = Claim.objects.get(slug="with-much-evidence").pk
    some = Claim.objects.order_by("pk")[1_000]
    words = some.statement.split()
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
    from django.urls import path  # noqa: PLC0415

    from claims.models import Claim  # noqa: PLC0415
    from factcheck import urls  # noqa: PLC0415

    class PlainClaims(admin.ModelAdmin[Claim]):
        list_display = ("statement", "state", "rating", "claimant", "assignee", "logged_at")
        list_filter = ("state", "rating", "kind")
        list_per_page = 50
        list_select_related = ("rating", "claimant", "assignee")
        search_fields = ("statement", "slug", "claimant__name", "appearances__source__title")
        show_full_result_count = False

    site = admin.AdminSite(name="plain")
    site.register(Claim, PlainClaims)
    urls.urlpatterns.insert(0, path("plain/", site.urls))


def measure() -> dict[str, tuple[float, float, int]]:
    """Median and longest milliseconds, and queries, of each address."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from tests import factories  # noqa: PLC0415

    client, results = Client(), {}
    client.force_login(factories.UserFactory.create(role="Chief editor", is_superuser=True))
    for name, address in addresses().items():
        took = []
        for _ in range(TIMES):
            started = time.perf_counter()
            response = client.get(address)
            took.append(1000 * (time.perf_counter() - started))
            assert response.status_code == 200, (address, response.status_code)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        results[name] = (statistics.median(took), max(took), len(queries))
    return results


def main() -> None:
    """Measure each size in a database of its own and print one table."""
    sizes = [int(size) for size in sys.argv[1:]] or [10_000]
    results: list[dict[str, Any]] = []
    for place, size in enumerate(sizes):
        with bulk.scratch():
            import django  # noqa: PLC0415 — settings come first

            django.setup()
            logging.disable()
            from django.conf import settings  # noqa: PLC0415
            from django.db import connections  # noqa: PLC0415

            settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
            if not place:
                plain_admin()
            started = time.perf_counter()
            fill(size)
            print(f"{size:,} claims at the desk in {time.perf_counter() - started:.0f} s", flush=True)
            results.append(measure())
            connections.close_all()
    print(f"{'':24}" + "".join(f"{size:>12,} p50   max queries" for size in sizes) + "   growth")
    for name in results[0]:
        cells = "".join(f"{p50:>16.0f} {most:>5.0f} {queries:>7}" for p50, most, queries in (r[name] for r in results))
        print(f"{name:24}{cells} {results[-1][name][0] / results[0][name][0]:>8.1f}")


if __name__ == "__main__":
    main()
