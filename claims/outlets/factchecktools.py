"""The doors of the Fact Check Tools API: search, and its description for client libraries."""

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
from claims.outlets.answers import public_page
from claims.record.publications import publications
from claims.search.query import Found, find
from factcheck.core.web.headers import readable
from factcheck.core.web.limits import limited

_JSON = "application/json; charset=UTF-8"
_STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 429: "RESOURCE_EXHAUSTED"}


def _answer(content: Any, *, status: int = 200, is_pretty: bool = True) -> HttpResponse:
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 if is_pretty else 0)
    return HttpResponse(text + b"\n", status=status, content_type=_JSON)


def _refusal(status: int, sentence: str, *, parameter: str = "") -> HttpResponse:
    """An error as Google's APIs give it (google.rpc.Status, with google.rpc.BadRequest for a parameter)."""
    error: dict[str, Any] = {"code": status, "message": sentence, "status": _STATUSES[status]}
    if parameter:
        violation = {"field": parameter, "description": sentence}
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return _answer({"error": error}, status=status)


def _door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A public page whose refusals, too, are in the shape that clients of this API read."""

    def answered(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except Refused as refused:
            return _refusal(400, str(refused), parameter=refused.parameter)

    page = public_page(answered)

    @csrf_exempt
    @readable
    @limited("api", lambda _name, sentence: _refusal(429, sentence))
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            response = _refusal(405, "This API only reads. Use GET.")
            response.headers["Allow"] = "GET, HEAD"
            return response
        return page(request, *args, **kwargs)

    return door


@_door
def search(request: HttpRequest) -> HttpResponse:
    """A page of the published claims that a search finds: the best first, or without a query the newest check."""
    asked = factchecktools.parse_request(dict(request.GET.lists()))
    answer = factchecktools.select_fields(_page(asked), asked.fields)
    return _answer(answer, is_pretty=asked.is_pretty)


@_door
def discovery(request: HttpRequest) -> HttpResponse:
    """What this site offers of the API, for client libraries."""
    if request.GET.get("version", factchecktools.VERSION) != factchecktools.VERSION:
        return _refusal(404, f"There is no such version here. Ask for {factchecktools.VERSION}.")
    return _answer(factchecktools.discovery())


@_door
def nothing(_request: HttpRequest, rest: str) -> HttpResponse:
    """The answer to the methods of this API that a site with checks of its own does not have."""
    return _refusal(404, "This site offers claims:search alone: no search by image, and no store of markup.")


def _page(asked: SearchRequest) -> dict[str, Any]:
    """The answer to a search; what would be empty in it is missing."""
    last = _last_before(asked)
    if asked.site and asked.site != factchecktools.site():
        return {}
    found = find(asked.query) if asked.query else None
    claims = PublishedClaim.objects.all()
    if found:
        claims = claims.found(found.places)
    if asked.language:
        claims = claims.in_language(asked.language)
    if asked.max_age:
        claims = claims.made_or_checked_since(_days_ago(asked.max_age))
    if last:
        claims = claims.after(last.at, last.slug, place=_place(last, found))
    start = 0 if last else asked.offset
    # One more than is shown tells whether there is another page. The bodies come apart, so that no sort carries them.
    ordered = claims.in_order(Order.RELEVANCE if found else Order.NEWEST_VERDICT)
    keys = list(ordered.values_list("pk", "slug", "first_published_at")[start : start + asked.size + 1])
    shown = keys[: asked.size]
    told = {one.slug: one for one in publications(PublishedClaim.objects.filter(pk__in=[pk for pk, *_ in shown]))}
    answer: dict[str, Any] = {}
    if told:
        answer["claims"] = [factchecktools.claim_of(told[slug]) for _pk, slug, _at in shown if slug in told]
    if len(keys) > asked.size:
        pk, slug, at = shown[-1]
        answer["nextPageToken"] = _token(asked, Last(slug, at, found.places[pk] if found else None))
    return answer


def _days_ago(days: int) -> datetime.date:
    today = timezone.now().date()
    return today - datetime.timedelta(days=min(days, today.toordinal() - 1))


# Page tokens. One names the claim that its page ended with, not a number of pages: whatever is published or withdrawn
# meanwhile, the next page begins with the claim after it.


@dataclass(frozen=True)
class Last:
    """The claim that a page ended with; with its place when something was searched for."""

    slug: str
    at: datetime.datetime
    place: int | None


def _signer(asked: SearchRequest) -> Signer:
    """Signs page tokens that hold for this search alone."""
    return Signer(salt="claims:search " + json.dumps(asked.searched), sep=".")


def _token(asked: SearchRequest, last: Last) -> str:
    return _signer(asked).sign_object([last.slug, last.at.isoformat(), last.place])


def _last_before(asked: SearchRequest) -> Last | None:
    """The claim that the token names, if there is one. Raises Refused for a token that belongs to another search."""
    if not asked.token:
        return None
    try:
        slug, at, place = _signer(asked).unsign_object(asked.token)
    except BadSignature:
        raise Refused(
            "pageToken",
            "This pageToken belongs to no search with these parameters. Repeat them unchanged, or begin without it.",
        ) from None
    return Last(slug, datetime.datetime.fromisoformat(at), place)


def _place(last: Last, found: Found | None) -> int | None:
    """The place that the claim has now; when it was withdrawn, the one that it had is the best guess."""
    if found:
        for pk in PublishedClaim.objects.filter(slug=last.slug).values_list("pk", flat=True):
            return found.places.get(pk, last.place)
    return last.place
