"""How every door for readers answers: how long caches may keep it, what is gone, and what is refused."""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from claims.formats.files import MissingPackage
from claims.formats.xlsx import TooLong
from claims.models import Revision
from claims.record import imprint
from claims.record.reading import Redacted, Withdrawn
from claims.search.filters import FilterSet
from factcheck.core.web.headers import readable, shareable
from factcheck.core.web.streams import Busy

SECONDS_FRESH = 60
_REFUSALS: dict[type[Exception], int] = {TooLong: 400, MissingPackage: 501, Busy: 503}
CANNOT_BE_WRITTEN = tuple(_REFUSALS)
_SECONDS_UNTIL_NEXT_TRY = 30


def public_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page that anybody may read and every cache may keep for a minute, unless the view says for how long.

    It answers GET and HEAD, and 304 when the reader has the same bytes. Every other method gets 405; no method changes
    anything, so none needs a token. What was withdrawn or redacted gets 410, with the reason and nothing of the text.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
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
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, public=True, max_age=SECONDS_FRESH)
        return response

    return csrf_exempt(require_safe(conditional_page(answer)))


def refused(filters: FilterSet) -> HttpResponse:
    """The answer to a program that asked for a list with a value that cannot be meant."""
    lines = [f"{name}: {' '.join(map(str, errors))}" for name, errors in filters.errors.items()]
    return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")


# Files


def public_file(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A public page that the pages of other sites may read as well."""
    return readable(shareable(public_page(view)))


def etag_of(*asked_for: object) -> str:
    """The tag of what is made of the record for these: another one after every public act, and for nothing else.

    Weak, because it is found before the moment that the answer shows: it may name a state that is a little older.
    """
    site = (settings.SITE_URL, settings.SITE_NAME, settings.DATA_LICENSE)
    state = (Revision.objects.last_act(), *asked_for, site)
    return f'W/"{hashlib.sha256(repr(state).encode()).hexdigest()}"'


def not_modified(request: HttpRequest, tag: str) -> HttpResponse | None:
    """The answer to who has the bytes of this tag already; None to others. Nothing has to be made for it."""
    answer = get_conditional_response(request, etag=tag)
    if answer:
        answer.headers["ETag"] = tag
    return answer


def refusal_of(refusal: Exception) -> HttpResponse:
    """The answer in place of a file that is not written now, or never."""
    text = str(refusal)
    if isinstance(refusal, TooLong):
        text += f" Narrow the list down, or take everything: {imprint.address('claims:data')}"
    answer = HttpResponse(f"{text}\n", status=_REFUSALS[type(refusal)], content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    if isinstance(refusal, Busy):
        answer.headers["Retry-After"] = str(_SECONDS_UNTIL_NEXT_TRY)
    return answer
