"""Downloads of a list of claims as files, in each format for programs and spreadsheets."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from claims.formats.files import FILES, SHAPE, SOURCE_LISTS, File
from claims.formats.tables import TooLong
from claims.models import PublishedClaim
from claims.outlets.responses import (
    FILE_ERRORS,
    error_response,
    etag_of,
    invalid_filters_response,
    not_modified,
    public_file,
)
from claims.record.publications import Publication, publications
from claims.search.filters import ClaimFilterSet
from factcheck.core.database import repeatable_read
from factcheck.core.web.streams import Stream


@public_file
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """The claims that match the filters in the address, in the order of the list, all as of one moment."""
    file = FILES.get(name) or SOURCE_LISTS[name]
    filters = ClaimFilterSet(request.GET, queryset=PublishedClaim.objects.all())
    if filters.errors:
        return invalid_filters_response(filters)
    tag = etag_of(file.name, filters.query, SHAPE)
    if response := not_modified(request, tag):
        return response
    try:
        _check_length(file, filters)
        pieces = file.write(_published(filters))
        if request.method == "GET":
            pieces = Stream(pieces, begun=file.is_buffered)
    except FILE_ERRORS as error:
        return error_response(error)
    headers = {
        "ETag": tag,
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Link": f'<{settings.DATA_LICENSE}>; rel="license"',
    }
    return StreamingHttpResponse(pieces, content_type=file.content_type, headers=headers)


def _published(filters: ClaimFilterSet) -> Iterator[Publication]:
    """The claims of the list, all as of the moment when the first is read."""
    with repeatable_read():
        yield from publications(filters.qs)


def _check_length(file: File, filters: ClaimFilterSet) -> None:
    """Raises TooLong if the list has more claims than this file may hold, or than the search keeps."""
    if filters.found and filters.found.is_capped:
        raise TooLong("Too many claims have these words to compare them all. Add a rarer word.")
    if file.most and filters.qs[: file.most + 1].count() > file.most:
        raise TooLong(f"{file.form} files hold at most {file.most:,} claims, and this list has more.")
