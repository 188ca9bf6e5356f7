"""Every verdict as ClaimReview in one feed, for those who keep a copy: as one JSON document, or an item a line."""

import datetime
from collections.abc import Callable, Iterator

import orjson
from django.conf import settings
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from claims.formats import datafeed
from claims.outlets.answers import etag_of, not_modified, public_file, refusal_of
from factcheck.core.database import repeatable_read
from factcheck.core.fields import dates
from factcheck.core.web.streams import Busy, Stream, in_blocks

# Part of what the feed is cached by: raise the number with every change to its bytes.
_SHAPE = 1


@public_file
def as_json(request: HttpRequest) -> HttpResponseBase:
    """The feed as one document. A copy that was cut off on its way is no JSON."""
    return _answer(request, _document, "application/json; charset=utf-8")


@public_file
def as_lines(request: HttpRequest) -> HttpResponseBase:
    """The items of the feed, each on a line of its own, the newest act last."""
    return _answer(request, _lines, "application/x-ndjson; charset=utf-8")


def _answer(
    request: HttpRequest, written: Callable[[datetime.datetime | None], Iterator[bytes]], kind: str
) -> HttpResponseBase:
    # A plus sign that was not escaped arrives as a space.
    text = request.GET.get("since", "").replace(" ", "+")
    try:
        since = dates.instant(text) if text else None
    except ValueError:
        sentence = "Write since as a day, 2026-03-05, or as a time with its zone, 2026-03-05T03:00:00Z (RFC 3339)."
        return JsonResponse({"errors": {"since": [sentence]}}, status=400)
    tag = etag_of(kind, since, _SHAPE)
    if answer := not_modified(request, tag):
        return answer
    try:
        pieces = Stream(in_blocks(written(since))) if request.method == "GET" else iter(())
    except Busy as busy:
        return refusal_of(busy)
    headers = {"ETag": tag, "Link": f'<{settings.DATA_LICENSE}>; rel="license"'}
    return StreamingHttpResponse(pieces, content_type=kind, headers=headers)


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
