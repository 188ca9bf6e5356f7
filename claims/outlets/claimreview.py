"""The feed of all verdicts as ClaimReview, for those who keep a copy: one JSON document, or one item a line."""

import datetime
from collections.abc import Callable, Iterator

import orjson
from django.conf import settings
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from claims.formats import datafeed
from claims.outlets.responses import error_response, etag_of, not_modified, public_file
from factcheck.core.database import repeatable_read
from factcheck.core.fields import dates
from factcheck.core.web.streams import Busy, Stream, in_blocks

# Part of the ETag: raise the number whenever the format of the feed changes.
_SHAPE = 1


@public_file
def as_json(request: HttpRequest) -> HttpResponseBase:
    """The feed as one document. If the transfer is cut off, what arrived isn't valid JSON."""
    return _feed_response(request, _document, "application/json; charset=utf-8")


@public_file
def as_lines(request: HttpRequest) -> HttpResponseBase:
    """The items of the feed, one a line, the newest act last."""
    return _feed_response(request, _lines, "application/x-ndjson; charset=utf-8")


def _feed_response(
    request: HttpRequest, write: Callable[[datetime.datetime | None], Iterator[bytes]], content_type: str
) -> HttpResponseBase:
    """The feed as `write` gives it, from the time in the `since` parameter on. 400 if that can't be read."""
    # An unescaped plus sign arrives as a space.
    text = request.GET.get("since", "").replace(" ", "+")
    try:
        since = dates.instant(text) if text else None
    except ValueError:
        sentence = "Write since as a day, 2026-03-05, or as a time with its zone, 2026-03-05T03:00:00Z (RFC 3339)."
        return JsonResponse({"errors": {"since": [sentence]}}, status=400)
    tag = etag_of(content_type, since, _SHAPE)
    if response := not_modified(request, tag):
        return response
    try:
        pieces = Stream(in_blocks(write(since))) if request.method == "GET" else iter(())
    except Busy as busy:
        return error_response(busy)
    headers = {"ETag": tag, "Link": f'<{settings.DATA_LICENSE}>; rel="license"'}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)


def _document(since: datetime.datetime | None) -> Iterator[bytes]:
    with repeatable_read():
        yield orjson.dumps(datafeed.feed()).removesuffix(b"]}")
        before = b"\n"
        for item in datafeed.items(since):
            yield before + orjson.dumps(item)
            before = b",\n"
        yield b"\n]}\n"


def _lines(since: datetime.datetime | None) -> Iterator[bytes]:
    with repeatable_read():
        for item in datafeed.items(since):
            yield orjson.dumps(item) + b"\n"
