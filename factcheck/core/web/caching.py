"""How long browsers and caches may keep a public answer, and the tags by which our own caches are purged.

Two kinds of caches keep answers. Those we can't purge, such as browsers, keep one for `SECONDS_FRESH`. Those in
`CACHE_PURGE_URL` keep it for `SECONDS_KEPT`, and drop it when a purge names one of its tags. Each kind reads its own
headers: Surrogate-Control and Surrogate-Key (W3C Edge Architecture, Fastly), CDN-Cache-Control (RFC 9213) and Cache-Tag
(Cloudflare), X-Accel-Expires (nginx).
"""

from collections.abc import Iterable

from django.conf import settings
from django.http.response import HttpResponseBase

# An act is visible everywhere after 5 seconds: this, and the time until the purge.
SECONDS_FRESH = 3
# Only a purge that was never sent makes anybody wait as long as this.
SECONDS_KEPT = 60
# While the site answers with errors, the last good answer is better than none.
_SECONDS_KEPT_WITHOUT_US = 24 * 60 * 60
SHARED = f"public, max-age={SECONDS_FRESH}, stale-if-error={_SECONDS_KEPT_WITHOUT_US}"
_OURS = f"max-age={SECONDS_KEPT}, stale-if-error={_SECONDS_KEPT_WITHOUT_US}"

# The tag of every public answer, and of those that show more than the claims that their other tags name.
SITE, RECORD = "site", "record"
# Servers refuse longer headers. An answer with more tags has the tag RECORD instead.
_MOST_BYTES = 3_000
_HEADERS = (
    "Cache-Control",
    "Surrogate-Control",
    "CDN-Cache-Control",
    "X-Accel-Expires",
    "Surrogate-Key",
    "Cache-Tag",
)


def share(response: HttpResponseBase, tags: Iterable[str] = (RECORD,)) -> None:
    """Let every cache keep the answer, until an act changes something that the tags name. Keeps what was set before."""
    if response.has_header("Cache-Control"):
        return
    response.headers["Cache-Control"] = SHARED
    if not settings.CACHE_PURGE_URL:
        return
    named = sorted({SITE, *tags})
    if len(" ".join(named)) > _MOST_BYTES:
        named = [RECORD, SITE]
    response.headers["Surrogate-Control"] = response.headers["CDN-Cache-Control"] = _OURS
    response.headers["X-Accel-Expires"] = str(SECONDS_KEPT)
    response.headers["Surrogate-Key"] = " ".join(named)
    response.headers["Cache-Tag"] = ",".join(named)


def copy(source: HttpResponseBase, target: HttpResponseBase) -> None:
    """Give `target`, such as a 304, the headers for caches of `source`: a cache replaces those that it stored."""
    for name in _HEADERS:
        if source.has_header(name):
            target.headers[name] = source.headers[name]
