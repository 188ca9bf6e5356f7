"""An id for each request: in every log line, every security event, and each response that no cache keeps.

Code that has no request at hand finds the one that it works for with `current_request`.
"""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_FROM_PROXY = re.compile(r"[A-Za-z0-9-]{8,64}")
_current: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class RequestIdMiddleware:
    """Gives each request an id. A trusted proxy can set one in `X-Request-ID`; without a proxy the header is ignored.

    A response that a cache may keep doesn't have it: a cache would give it to others, and all readers of a page
    get the same bytes. It is the outermost middleware, so that the log lines of all others have the id.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get(HEADER, "") if settings.TRUSTED_PROXY else ""
        request.id = sent if _FROM_PROXY.fullmatch(sent) else secrets.token_hex(8)  # type: ignore[attr-defined]
        before = _current.set(request)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(before)
        caching = response.headers.get("Cache-Control", "")
        if "no-store" in caching or "private" in caching or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            response.headers[HEADER] = id_of(request)
        return response


def current_request() -> HttpRequest | None:
    """The request that this code works for, or None in a command or a thread of its own."""
    return _current.get()


def id_of(request: HttpRequest | None) -> str:
    """The id of the request. Empty if there is none."""
    return str(getattr(request, "id", ""))
