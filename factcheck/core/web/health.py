"""Whether this process lives, and whether it can serve: for a load balancer, a container runtime or a monitor.

Both answer before any check of the host, without a session, and aren't counted. They contain nothing about the site.
"""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from factcheck.core.postgres.base import time_limit
from factcheck.core.postgres.standbys import watch

LIVE, READY = "/-/live", "/-/ready"


class HealthMiddleware:
    """Answers `/-/live` and `/-/ready`. It is outside of the redirect to https and of the check of the host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == LIVE:
            return _answer({"live": True})
        if request.path_info == READY:
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """Status 200 if the database answers and has all migrations of this code, else 503. One short query.

    With standbys, one of them is enough: readers are served.
    """
    for database in dict.fromkeys([watch.choose(), DEFAULT_DB_ALIAS] if settings.REPLICAS else [DEFAULT_DB_ALIAS]):
        try:
            with time_limit(settings.READER_SECONDS), connections[database].cursor() as cursor:
                cursor.execute("SELECT app, name FROM django_migrations")
                applied = set(cursor.fetchall())
            break
        except Error:
            continue
    else:
        return _answer({"ready": False, "database": "unavailable"}, status=503)
    if not _needed() <= applied:
        return _answer({"ready": False, "database": "not migrated"}, status=503)
    return _answer({"ready": True})


@cache
def _needed() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _answer(state: dict[str, bool | str], *, status: int = 200) -> HttpResponse:
    return JsonResponse(state, status=status, headers={"Cache-Control": "no-store"})
