"""Readers' requests read from a hot standby, and from the primary if the standby can't answer.

Only installed if DATABASE_REPLICA_URLS is set.
"""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from psycopg.errors import QueryCanceled

from factcheck.core.database import is_away, is_unavailable
from factcheck.core.postgres.base import begin_again
from factcheck.core.postgres.reading import alias, read_from, reading_from
from factcheck.core.postgres.standbys import watch
from factcheck.core.text import one_line
from factcheck.core.web.context import MIRROR
from factcheck.core.web.outages import DESK_PATHS


class StandbyMiddleware:
    """Chooses the database that a request reads from.

    The desk, everything with a session and all but GET and HEAD use the primary, so who publishes sees it at once. A
    standby can be some seconds behind, so what it doesn't have is looked up at the primary before it is "not found".
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        standby = watch.choose() if _is_a_readers(request) else DEFAULT_DB_ALIAS
        with reading_from(standby):
            response = self.get_response(request)
            is_missing = response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
            if is_missing and alias() != DEFAULT_DB_ALIAS and request.resolver_match:
                read_from(DEFAULT_DB_ALIAS)
                response = self.get_response(request)
            database = alias()
        if isinstance(response, StreamingHttpResponse):
            # It is generated after this, and must go on where it began.
            pieces = cast("Iterable[bytes]", response.streaming_content)
            response.streaming_content = _reading_from(database, pieces)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response of the primary, if the standby failed or hasn't the page. A slow statement isn't repeated."""
        standby, match = alias(), request.resolver_match
        has_failed = is_unavailable(error) and not isinstance(error.__cause__, QueryCanceled)
        if standby == DEFAULT_DB_ALIAS or not match or not (has_failed or isinstance(error, Http404)):
            return None
        if has_failed and is_away(error):
            watch.leave_out(standby, one_line(str(error)))
        read_from(DEFAULT_DB_ALIAS)
        if has_failed:
            # A standby that fell silent has used up the time of the request.
            begin_again()
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response


def _is_a_readers(request: HttpRequest) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not request.path_info.startswith(DESK_PATHS)
        and MIRROR not in request.META
    )


def _reading_from(database: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(pieces)
    while True:
        with reading_from(database):
            piece = next(rest, None)
        if piece is None:
            return
        yield piece
