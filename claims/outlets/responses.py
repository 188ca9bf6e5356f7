"""Responses that all public views share: cache headers, 304, 410 for what was withdrawn or redacted, and errors."""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import parse_etags, parse_http_date_safe
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from claims.formats.files import MissingPackage
from claims.formats.tables import TooLong
from claims.models import PageVersion, RecordRefresh, Revision
from claims.outlets import software
from claims.record import imprint
from claims.record.merged import ROW_OF, Moved, survivors
from claims.record.reading import MergedClaim, Redacted, Withdrawn
from claims.search.filters import MOST_VALUES, FilterSet
from factcheck.core.web import caching
from factcheck.core.web.context import MIRROR, NEWEST_PAGE
from factcheck.core.web.errors import too_many_requests
from factcheck.core.web.headers import readable, shareable
from factcheck.core.web.limits import limited
from factcheck.core.web.streams import Busy

# The status of the response when a file can't be written.
_FILE_ERROR_STATUSES: dict[type[Exception], int] = {TooLong: 400, MissingPackage: 501, Busy: 503}
FILE_ERRORS = tuple(_FILE_ERROR_STATUSES)
_RETRY_AFTER_SECONDS = 30
# The filters whose values are slugs of names, by the name of the parameter.
_NAME_FILTERS = {str(entry): row for entry, row in ROW_OF.items()}


def public_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view whose page anybody may read. Caches may keep it, unless the view says otherwise.

    The page answers GET and HEAD, with 304 when the client already has the same bytes. Every other method gets 405.
    No method changes anything, so none needs a CSRF token. A name or claim that was merged redirects to what it became,
    and so does a list that is filtered by it. A withdrawn claim or a redacted version gets 410, with the
    public reason and none of the text.
    """

    @wraps(view)
    def decorated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = moved_filters(request) or view(request, *args, **kwargs)
        except (Moved, MergedClaim) as moved:
            response = moved_response(request, moved)
        except Withdrawn as gone:
            context = {"withdrawal": gone.withdrawal, "history": gone.history}
            response = render(request, "claims/claim_withdrawn.html", context, status=410)
        except Redacted as gone:
            response = render(
                request,
                "claims/revision_redacted.html",
                {
                    "revision": gone.version,
                    "redaction": gone.redaction,
                    "newest": gone.history[0],
                    "history": gone.history,
                },
                status=410,
            )
        caching.share(response)
        return response

    return csrf_exempt(require_safe(_conditional(decorated)))


def moved_response(request: HttpRequest, moved: Moved | MergedClaim) -> HttpResponse:
    """The permanent redirect from the address of something that was merged to the same address of what it became."""
    place = request.resolver_match
    assert place  # noqa: S101 — a view is called by its address
    slug = moved.into if isinstance(moved, MergedClaim) else moved.slug
    # Without the arguments that the route itself gives to the view.
    captured = {name: value for name, value in place.kwargs.items() if f":{name}>" in place.route}
    address = reverse(place.view_name, kwargs=captured | {"slug": slug})
    return _redirect(address, request.META.get("QUERY_STRING", ""))


def moved_filters(request: HttpRequest) -> HttpResponse | None:
    """The permanent redirect of a list that is filtered by a merged name to the one for what it became.

    None if no filter names one. Runs a query for each kind of name that is filtered by, and else none.
    """
    query = request.GET.copy()
    is_moved = False
    for name, kind in _NAME_FILTERS.items():
        slugs = [slug for slug in query.getlist(name) if slug and "\0" not in slug][:MOST_VALUES]
        into = survivors(kind, slugs) if slugs else {}
        if into:
            query.setlist(name, list(dict.fromkeys(into.get(slug, slug) for slug in query.getlist(name))))
            is_moved = True
    return _redirect(request.path, query.urlencode()) if is_moved else None


def _redirect(path: str, query: str) -> HttpResponse:
    # Not what Django's redirect allows: any scheme or host in the address.
    return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


def _conditional(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view to set an ETag and to answer conditional requests, GET and HEAD alike.

    Django's `conditional_page` leaves HEAD without an ETag.
    """

    @wraps(view)
    def decorated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if not isinstance(response, HttpResponse):
            return response  # a file has answered already, before it was read
        if not (response.has_header("ETag") or "no-store" in response.headers.get("Cache-Control", "")):
            set_response_etag(response)
        tag = response.headers.get("ETag", "")
        modified = parse_http_date_safe(response.headers.get("Last-Modified", ""))
        # The client may have the same bytes from an earlier state of the record.
        known = next((sent for sent in _tags_sent(request) if _has_same_bytes(sent, tag)), tag)
        answer = get_conditional_response(request, known or None, modified, response)
        if answer is None:
            return response
        if tag:
            answer.headers["ETag"] = tag
        caching.copy(response, answer)
        return answer

    return decorated


# Pages that follow from the record alone
#
# The tag of such a page has two parts: the state of everything that it's made from, and its bytes. If a client has the
# page of the same state, it gets 304 before the page is made. If it has the same bytes from an earlier state, because
# an act concerned other claims, it gets 304 after that.

_TAG = re.compile(r'W/"([0-9a-f]{24})-([0-9a-f]{32})"')


def recorded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a public page whose bytes follow from its address, the record and the software. A search isn't one.

    It costs one look at the newest version. Put it below `public_page`.
    """

    @wraps(view)
    def decorated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not _has_state(request) or "q" in request.GET:
            return view(request, *args, **kwargs)
        # Before the page is read: the tag may name an older state than the page has, and never a newer one.
        state = state_of(request, last_act())
        return unchanged(request, state) or tagged(view(request, *args, **kwargs), state)

    return decorated


def state_of(request: HttpRequest, act: Sequence[Any]) -> str:
    """A digest of all that a page is made from: its address with its language, the record as of this act, the software.

    Empty if a page can't be told by them: while somebody changes the templates, and in the static copy.
    """
    if not _has_state(request):
        return ""
    request.META[NEWEST_PAGE] = act[-1]
    parts = (request.get_full_path(), get_language(), act, software.digest())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def unchanged(request: HttpRequest, state: str) -> HttpResponse | None:
    """The 304 response if the client has this page of this state, otherwise None."""
    for sent in _tags_sent(request):
        if state and (parts := _TAG.fullmatch(sent)) and parts[1] == state:
            return not_modified(request, sent)
    return None


def tagged(response: HttpResponse, state: str) -> HttpResponse:
    """The response with the tag of this state and of its bytes, if it's a page."""
    if state and response.status_code == HTTPStatus.OK and not response.has_header("ETag"):
        response.headers["ETag"] = f'W/"{state}-{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return response


def last_act() -> Sequence[Any]:
    """The keys of the newest version, with its time, of the last refresh of the record and of the newsroom's pages.

    It changes with every public act and refresh. One query once something is published.
    """
    if last := Revision.objects.last_act():
        return last
    refresh = RecordRefresh.objects.order_by("-pk").values_list("pk", flat=True).first()
    return 0, None, refresh or 0, PageVersion.objects.newest()


def _has_state(request: HttpRequest) -> bool:
    return not settings.DEBUG and MIRROR not in request.META


def _tags_sent(request: HttpRequest) -> list[str]:
    return parse_etags(request.headers.get("If-None-Match", ""))


def _has_same_bytes(one: str, other: str) -> bool:
    """True if both are tags of pages with the same bytes."""
    first, second = _TAG.fullmatch(one), _TAG.fullmatch(other)
    return bool(first and second and first[2] == second[2])


def invalid_filters_response(filters: FilterSet) -> HttpResponse:
    """The 400 response to a program whose filters have an invalid value, as plain text."""
    lines = [f"{name}: {' '.join(map(str, errors))}" for name, errors in filters.errors.items()]
    return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")


# The limit of requests


def _narrows(request: HttpRequest) -> bool:
    """True if the request asks for anything but a page of a whole list."""
    return any(name != "page" for name in request.GET)


def _too_many_as_text(_request: HttpRequest, _limit: str, message: str) -> HttpResponse:
    return HttpResponse(f"{message}\n", status=429, content_type="text/plain; charset=utf-8")


# Decorate a public view for programs that costs more than a page. All such views together share one limit per network.
counted = limited("public", _too_many_as_text)
# The same for a page with a list: requests that search, filter or sort it count, and the whole list doesn't.
counted_if_narrowed = limited("public", too_many_requests, counts=_narrows)
# The same for a page with a form that changes nothing: requests that send it count.
counted_if_posted = limited("public", too_many_requests, counts=lambda request: request.method == "POST")


# Files


def public_file(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a public view whose response scripts on other sites may also read (CORS) and show. Requests count."""
    return readable(shareable(counted(public_page(view))))


def etag_of(*request_parts: object) -> str:
    """The ETag of a response that is made from the record and these parts of the request.

    It changes with every public act, every refresh of the record, and with the site's name, address and licence, and
    with nothing else. It is weak because it is computed before the response reads the record, so it may name a slightly
    older state.
    """
    site = (settings.SITE_URL, settings.SITE_NAME, settings.DATA_LICENSE)
    state = (last_act(), *request_parts, site)
    return f'W/"{hashlib.sha256(repr(state).encode()).hexdigest()}"'


def not_modified(request: HttpRequest, tag: str) -> HttpResponse | None:
    """The 304 response if the client already has the content with this ETag, otherwise None. 412 if If-Match fails.

    Call it before making the content.
    """
    response = get_conditional_response(request, etag=tag)
    if response:
        response.headers["ETag"] = tag
    return response


def error_response(error: Exception) -> HttpResponse:
    """The response, as plain text, in place of a file that can't be written. `error` is one of `FILE_ERRORS`."""
    text = str(error)
    if isinstance(error, TooLong):
        text += f" Filter the list, or download everything: {imprint.address('claims:data')}"
    status = _FILE_ERROR_STATUSES[type(error)]
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response
