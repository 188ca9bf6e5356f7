"""Requests wait for the database no longer than their door allows, and then get status 503.

The page needs no database. What an editor typed is in it, and can be sent again.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from factcheck.core.postgres.base import time_limit
from factcheck.core.web.context import MIRROR, site
from factcheck.core.web.problems import problem

# The desk's paths.
DESK_PATHS = ("/admin/",)
# When a client should try again. A database that restarts is back within seconds.
RETRY_SECONDS = 5


class TimeLimitMiddleware:
    """Limits the waits for the database: readers' in all, the desk's one by one. The static copy has no limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if MIRROR in request.META:
            return self.get_response(request)
        is_desk = request.path_info.startswith(DESK_PATHS)
        # An act of the desk on many claims takes many short waits.
        with time_limit(settings.DESK_SECONDS if is_desk else settings.READER_SECONDS, in_all=not is_desk):
            return self.get_response(request)


def unavailable(request: HttpRequest, *, is_api: bool) -> HttpResponse:
    """Status 503: a page, or problem details for API clients."""
    if is_api:
        response = problem(503, "The database isn't available. Try again in a few seconds.")
    else:
        page = {"typed": _typed(request), "address": request.get_full_path(), "method": request.method}
        response = HttpResponse(
            render_to_string("503.html", {**site(request), **page}), status=HTTPStatus.SERVICE_UNAVAILABLE
        )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form of the desk that came from one of our own pages, without passwords."""
    is_ours = getattr(request, "csrf_processing_done", False) and request.path_info.startswith(DESK_PATHS)
    if request.method != "POST" or not is_ours:
        return []
    fields = ((name, str(value)) for name, values in request.POST.lists() for value in values)
    return [(name, value) for name, value in fields if "password" not in name.lower()]
