"""Error responses for API clients: problem details (RFC 9457), with the same shape for every status."""

from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpResponse

from factcheck.core.web.headers import READABLE, SHAREABLE

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, *, kind: str = "about:blank", title: str = "", **more: Any) -> HttpResponse:
    """A response that says what is wrong and what to do, for programs and for people who read their logs.

    `kind` is a URI that identifies the type of problem; by default the status alone does. `more` adds members to the
    object. Nothing from the request is included, except through `detail` and `more`.
    """
    content = {"type": kind, "title": title or HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return HttpResponse(orjson.dumps(content), status=status, content_type=MEDIA_TYPE, headers=READABLE | SHAREABLE)


def not_found() -> HttpResponse:
    """Status 404, with the same bytes whether something is hidden or never existed."""
    return problem(404, "Nothing exists at this URL, or it was never published.")
