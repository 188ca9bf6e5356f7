"""Refusals of acts at the desk, as pages answer them."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from claims.desk.rules import NotAllowed, Refused
from claims.models import Claim
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind
from factcheck.core.text import shortened


def status(refusal: Refused) -> int:
    """The HTTP status of a page that shows `refusal`."""
    return 403 if isinstance(refusal, NotAllowed) else 409


def note_refusal(request: HttpRequest, refusal: Exception | None) -> None:
    """Record a refusal by role as a security event. Call this on pages whose status isn't 403."""
    if isinstance(refusal, NotAllowed):
        security.note(SecurityKind.REFUSED, request=request, about=request.path, method=str(request.method))


def by_reason(refused: Iterable[tuple[Claim, str]], *, named: int = 5) -> SafeString:
    """A list of the reasons, each with the first `named` claims that were refused for it, and how many more."""
    reasons: dict[str, list[str]] = {}
    for claim, reason in refused:
        reasons.setdefault(reason, []).append(shortened(claim.statement, 80))
    lines = ((reason, _named(statements, named)) for reason, statements in reasons.items())
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}</li>", lines))


def _named(statements: list[str], most: int) -> str:
    shown = "; ".join(f"“{one}”" for one in statements[:most])
    more = len(statements) - most
    return shown + (ngettext(" and %(count)d more", " and %(count)d more", more) % {"count": more} if more > 0 else "")
