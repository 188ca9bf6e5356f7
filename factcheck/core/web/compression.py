"""Compression of public text."""

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

_TEXT = re.compile(
    r"text/|image/svg\+xml|application/x-research-info-systems\b"
    r"|application/(?:[a-z.+-]+\+)?(?:json|xml|x-ndjson|javascript|x-bibtex)\b"
)
# Accepted, unless with the weight 0 (RFC 9110, section 12.5.3).
_ACCEPTED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_GZIP = 31


class CompressionMiddleware(GZipMiddleware):
    """Sends public text as gzip to clients that accept it. All other responses stay as they are.

    What isn't public isn't compressed: the length of a compressed page that has both a secret and something that a
    stranger chose reveals the secret (BREACH). Public pages have no secret: no cookie, no token, no name of a reader.
    Files that are compressed already, such as images, zip and xlsx, are sent as they are.
    """

    # Django adds random bytes to hide the length. Without a secret that isn't needed, and equal pages have equal bytes.
    max_random_bytes = 0

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        is_public = "public" in response.headers.get("Cache-Control", "")
        if not is_public or response.has_header("Content-Encoding"):
            return response
        if response.status_code == 304:  # noqa: PLR2004 — its headers replace those of the page in a cache
            return _varying(response)
        if not _TEXT.match(response.headers.get("Content-Type", "")):
            return response
        if not _ACCEPTED.search(request.headers.get("Accept-Encoding", "")):
            return _varying(response)
        if not isinstance(response, StreamingHttpResponse):
            return _varying(super().process_response(request, response))
        response.streaming_content = _compressed(response.streaming_content)  # type: ignore[arg-type]
        response.headers["Content-Encoding"] = "gzip"
        return _varying(response)


def _varying(response: Any) -> Any:
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as gzip. If they end with an error, all of them are sent, and gzip's own end is missing."""
    gzip = zlib.compressobj(wbits=_GZIP)
    try:
        for piece in pieces:
            if compressed := gzip.compress(piece):
                yield compressed
    except Exception:
        yield gzip.flush(zlib.Z_SYNC_FLUSH)
        raise
    yield gzip.flush()
