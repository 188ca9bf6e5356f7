"""Refusals of acts at the desk, as pages answer them."""

from django.http import HttpRequest

from claims.desk.rules import NotAllowed, Refused
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind


def status(refusal: Refused) -> int:
    """The HTTP status of a page that shows `refusal`."""
    return 403 if isinstance(refusal, NotAllowed) else 409


def note_refusal(request: HttpRequest, refusal: Exception | None) -> None:
    """Record a refusal by role as a security event. Call this on pages whose status isn't 403."""
    if isinstance(refusal, NotAllowed):
        security.note(SecurityKind.REFUSED, request=request, about=request.path, method=str(request.method))
