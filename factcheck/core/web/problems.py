"""What programs are told when something is wrong: problem details (RFC 9457), the same shape for every status."""

from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpResponse

from factcheck.core.web.headers import READABLE, SHAREABLE

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, *, kind: str = "about:blank", title: str = "", **more: Any) -> HttpResponse:
    """An answer that says what is wrong, and what to do, to a program and to whoever reads its log.

    `kind` is the address that names this kind of problem; without one the status says it all. `more` is added to
    the object. It holds nothing of the request, unless `more` does.
    """
    content = {"type": kind, "title": title or HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return HttpResponse(orjson.dumps(content), status=status, content_type=MEDIA_TYPE, headers=READABLE | SHAREABLE)


def nothing_here() -> HttpResponse:
    """404: the same bytes for what is hidden and for what never was."""
    return problem(404, "There is nothing at this address, or nothing has been published here.")
