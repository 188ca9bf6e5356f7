"""The files of a list: the claims that an address asks for, in every form that programs and spreadsheets take."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from claims.formats.files import FILES, SHAPE, File
from claims.formats.xlsx import TooLong
from claims.models import PublishedClaim
from claims.outlets.answers import CANNOT_BE_WRITTEN, etag_of, not_modified, public_file, refusal_of, refused
from claims.record.publications import Publication, publications
from claims.search.filters import ClaimFilterSet
from claims.search.query import MOST_CANDIDATES
from factcheck.core.database import one_moment
from factcheck.core.web.streams import Stream


@public_file
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """Every claim that fits the address, in the order of the list, as they all stood at one moment."""
    file = FILES[name]
    filters = ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())
    if filters.errors:
        return refused(filters)
    tag = etag_of(file.name, filters.query, SHAPE)
    if answer := not_modified(request, tag):
        return answer
    try:
        _check_length(file, filters)
        pieces = file.write(_published(filters))
        if request.method == "GET":
            pieces = Stream(pieces, begun=file.is_buffered)
    except CANNOT_BE_WRITTEN as refusal:
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
