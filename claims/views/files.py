"""The files of a list: the claims that an address asks for, in every form that programs and spreadsheets take."""

import hashlib
from collections.abc import Callable, Iterator
from typing import ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from claims import imprint
from claims.exports.files import FILES, SHAPE, File, Missing
from claims.exports.fixture import one_moment
from claims.exports.xlsx import TooLong
from claims.filters import ClaimFilterSet
from claims.models import Revision
from claims.publications import Publication, publications
from claims.search import MOST_CANDIDATES
from claims.views.lists import asked
from claims.views.public import public_page, refused
from factcheck.core.headers import readable, shareable
from factcheck.core.streams import Busy, Stream

P = ParamSpec("P")
_REFUSALS: dict[type[Exception], int] = {TooLong: 400, Missing: 501, Busy: 503}
_SECONDS_UNTIL_NEXT_TRY = 30


def route_of(name: str) -> str:
    """What the address of a file is called: `list-csv` for claims.csv, `evidence-csv` for evidence.csv."""
    file = FILES[name]
    return f"{'list' if file.of == 'claims' else file.of}-{file.ending}"


def public_file(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A public page that the pages of other sites may read as well."""
    return readable(shareable(public_page(view)))


def tag_of(*asked_for: object) -> str:
    """The tag of what is made of the record for these: another one after every public act, and for nothing else.

    Weak, because it is found before the moment that the answer shows: it may name a state that is a little older.
    """
    site = (settings.SITE_URL, settings.SITE_NAME, settings.DATA_LICENSE)
    state = (Revision.objects.last_act(), *asked_for, site)
    return f'W/"{hashlib.sha256(repr(state).encode()).hexdigest()}"'


def known(request: HttpRequest, tag: str) -> HttpResponse | None:
    """The answer to who has the bytes of this tag already; None to others. Nothing has to be made for it."""
    answer = get_conditional_response(request, etag=tag)
    if answer:
        answer.headers["ETag"] = tag
    return answer


@public_file
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """Every claim that fits the address, in the order of the list, as they all stood at one moment."""
    file = FILES[name]
    filters = asked(request)
    if filters.errors:
        return refused(filters)
    tag = tag_of(file.name, filters.query, SHAPE)
    if answer := known(request, tag):
        return answer
    try:
        _check_length(file, filters)
        pieces = file.write(_published(filters))
        if request.method == "GET":
            pieces = Stream(pieces, begun=file.is_made_whole)
    except tuple(_REFUSALS) as refusal:
        return refusal_of(refusal)
    headers = {
        "ETag": tag,
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Link": f'<{settings.DATA_LICENSE}>; rel="license"',
    }
    return StreamingHttpResponse(pieces, content_type=file.content_type, headers=headers)


def _published(filters: ClaimFilterSet) -> Iterator[Publication]:
    """The claims of the list, as of the moment at which the first is taken."""
    with one_moment():
        yield from publications(filters.qs)


def _check_length(file: File, filters: ClaimFilterSet) -> None:
    """Raises TooLong for more claims than are written into this file for one request, or than a search finds."""
    if filters.found and filters.found.is_capped:
        raise TooLong(f"More than {MOST_CANDIDATES:,} claims have these words, and search finds the best of them only.")
    if file.most and filters.qs[: file.most + 1].count() > file.most:
        raise TooLong(f"{file.form} is written for at most {file.most:,} claims at a time, and these are more.")


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
