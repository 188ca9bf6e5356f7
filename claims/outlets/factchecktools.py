"""Views that act as Google's Fact Check Tools API: search, and the discovery document for client libraries."""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from claims.choices import Order
from claims.formats import factchecktools
from claims.formats.factchecktools import Refused, SearchRequest
from claims.models import PublishedClaim
from claims.outlets.responses import public_page
from claims.record.publications import publications
from claims.search.query import Found, find
from factcheck.core.web.headers import readable
from factcheck.core.web.limits import limited

_JSON = "application/json; charset=UTF-8"
_STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 429: "RESOURCE_EXHAUSTED"}


def _json_response(content: Any, *, status: int = 200, is_pretty: bool = True) -> HttpResponse:
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 if is_pretty else 0)
    return HttpResponse(text + b"\n", status=status, content_type=_JSON)


def _error(status: int, sentence: str, *, parameter: str = "") -> HttpResponse:
    """An error in the format of Google's APIs (google.rpc.Status, with google.rpc.BadRequest for a parameter)."""
    error: dict[str, Any] = {"code": status, "message": sentence, "status": _STATUSES[status]}
    if parameter:
        violation = {"field": parameter, "description": sentence}
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return _json_response({"error": error}, status=status)


def _api_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Decorate a public view, with errors in the format that clients of this API expect."""

    def refusals_as_errors(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except Refused as refused:
            return _error(400, str(refused), parameter=refused.parameter)

    page = public_page(refusals_as_errors)

    @csrf_exempt
    @readable
    @limited("api", lambda _request, _name, sentence: _error(429, sentence))
    @wraps(view)
    def decorated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            response = _error(405, "This API is read-only. Use GET.")
            response.headers["Allow"] = "GET, HEAD"
            return response
        return page(request, *args, **kwargs)

    return decorated


@_api_view
def search(request: HttpRequest) -> HttpResponse:
    """A page of the published claims that match a search: best match first, or newest check first without a query."""
    asked = factchecktools.parse_request(dict(request.GET.lists()))
    answer = factchecktools.select_fields(_page(asked), asked.fields)
    return _json_response(answer, is_pretty=asked.is_pretty)


@_api_view
def discovery(request: HttpRequest) -> HttpResponse:
    """The discovery document: the parts of the API that this site offers, for client libraries."""
    if request.GET.get("version", factchecktools.VERSION) != factchecktools.VERSION:
        return _error(404, f"This version isn't available. Use {factchecktools.VERSION}.")
    return _json_response(factchecktools.discovery())


@_api_view
def not_offered(_request: HttpRequest, rest: str) -> HttpResponse:
    """The 404 response for the methods of Google's API that this site doesn't have."""
    return _error(404, "This site offers only claims:search. It has no image search and no pages methods.")


def _page(asked: SearchRequest) -> dict[str, Any]:
    """The answer to a search. A field that would be empty is left out."""
    last = _last_of_previous_page(asked)
    if asked.site and asked.site != factchecktools.site():
        return {}
    found = find(asked.query) if asked.query else None
    claims = PublishedClaim.objects.all()
    is_narrowed = asked.language or asked.max_age or last
    if found:
        # Of a search that nothing narrows, only the best are read.
        claims = claims.found(found.places if is_narrowed else found.best(asked.offset + asked.size + 1))
    if asked.language:
        claims = claims.in_language(asked.language)
    if asked.max_age:
        claims = claims.made_or_checked_since(_days_ago(asked.max_age))
    if last:
        claims = claims.after(last.at, last.slug, place=_place(last, found))
    start = 0 if last else asked.offset
    # One more than the page shows, to see if another page follows. The bodies are read later, to keep the sort small.
    ordered = claims.in_order(Order.RELEVANCE if found else Order.NEWEST_VERDICT)
    keys = list(ordered.values_list("pk", "slug", "first_published_at")[start : start + asked.size + 1])
    shown = keys[: asked.size]
    by_slug = {one.slug: one for one in publications(PublishedClaim.objects.filter(pk__in=[pk for pk, *_ in shown]))}
    answer: dict[str, Any] = {}
    if by_slug:
        answer["claims"] = [factchecktools.claim_of(by_slug[slug]) for _pk, slug, _at in shown if slug in by_slug]
    if len(keys) > asked.size:
        pk, slug, at = shown[-1]
        answer["nextPageToken"] = _token(asked, Last(slug, at, found.places[pk] if found else None))
    return answer


def _days_ago(days: int) -> datetime.date:
    today = timezone.now().date()
    return today - datetime.timedelta(days=min(days, today.toordinal() - 1))


# Page tokens. A token names the last claim of its page, not a page number: the next page starts with the claim after
# it, even if claims were published or withdrawn since.


@dataclass(frozen=True)
class Last:
    """The last claim of a page, with its place in the results if there was a query."""

    slug: str
    at: datetime.datetime
    place: int | None


def _signer(asked: SearchRequest) -> Signer:
    """The signer of the page tokens of this search. Tokens of another search don't match."""
    return Signer(salt="claims:search " + json.dumps(asked.searched), sep=".")


def _token(asked: SearchRequest, last: Last) -> str:
    return _signer(asked).sign_object([last.slug, last.at.isoformat(), last.place])


def _last_of_previous_page(asked: SearchRequest) -> Last | None:
    """The claim that the page token names, if there is one. Raises Refused if the token belongs to another search."""
    if not asked.token:
        return None
    try:
        slug, at, place = _signer(asked).unsign_object(asked.token)
    except BadSignature:
        raise Refused(
            "pageToken",
            "This pageToken doesn't match these parameters. Repeat the search unchanged, or start again without it.",
        ) from None
    return Last(slug, datetime.datetime.fromisoformat(at), place)


def _place(last: Last, found: Found | None) -> int | None:
    """The claim's current place in the results. If it was withdrawn, its former place is the best estimate."""
    if found:
        for pk in PublishedClaim.objects.filter(slug=last.slug).values_list("pk", flat=True):
            return found.places.get(pk, last.place)
    return last.place
