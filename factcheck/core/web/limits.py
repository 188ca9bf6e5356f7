"""Rate limits, counted in the database and so shared by all processes of the site.

Decorate a view with `@limited("api")` to put it under that limit per network. Requests for the static copy, which the
site makes to itself, aren't counted. `count` counts anything else.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from factcheck.core.database import is_away
from factcheck.core.postgres.reading import alias
from factcheck.core.text import one_line
from factcheck.core.web.context import MIRROR
from factcheck.core.web.problems import problem

logger = logging.getLogger("django.security.limits")


@dataclass(frozen=True)
class Limit:
    """The number of requests allowed in a window of `seconds`, which begins with the first request."""

    requests: int
    seconds: int


# For public addresses that cost more than a page, such as searches and files. Nobody who reads gets near it.
PUBLIC = Limit(requests=600, seconds=60)
# Limits by name. The name appears in the headers, and views with the same name share one count.
LIMITS = {
    "api": Limit(requests=600, seconds=60),
    "public": PUBLIC,
}

# The length of the IPv6 prefix that providers usually give to one customer.
_PREFIX = 64


@dataclass(frozen=True)
class Usage:
    """The number of requests in the current window, and the seconds until it ends."""

    requests: int
    seconds: int


def _always(_request: HttpRequest) -> bool:
    return True


def _quota_problem(_request: HttpRequest, name: str, detail: str) -> HttpResponse:
    kind = "https://iana.org/assignments/http-problem-types#quota-exceeded"
    return problem(429, detail, kind=kind, title="Quota exceeded", **{"violated-policies": [name]})


def limited(
    name: str,
    refuse: Callable[[HttpRequest, str, str], HttpResponse] = _quota_problem,
    *,
    counts: Callable[[HttpRequest], bool] = _always,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Limits how often one network can request a view, as set in `LIMITS`. Its responses have the quota as headers.

    Over the limit, the view isn't called and the response is 429: problem details (RFC 9457), or the response that
    `refuse` returns for the request, the limit's name and a message. Headers follow
    draft-ietf-httpapi-ratelimit-headers-11.

    A request for which `counts` is false is neither counted nor refused. If the database can't count a request, for
    example because it is read-only, or away while a standby is read, the request is answered.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if MIRROR in request.META or not counts(request):
                return view(request, *args, **kwargs)
            limit, network = LIMITS[name], network_of(request)
            try:
                use = count(name, network)
            except Error as error:
                # With a standby to read from, readers don't need the primary.
                if is_away(error) and alias() == DEFAULT_DB_ALIAS:
                    raise
                logger.error("limit=%s can't be counted: %s", name, one_line(str(error)))  # noqa: TRY400 — one line
                return view(request, *args, **kwargs)
            if use.requests <= limit.requests:
                response = view(request, *args, **kwargs)
            else:
                message = _("Your network sent more than %(requests)d requests in %(seconds)d seconds.")
                wait = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", use.seconds)
                numbers = {"requests": limit.requests, "seconds": limit.seconds, "count": use.seconds}
                response = refuse(request, name, f"{message} {wait}" % numbers)
                response.headers["Retry-After"] = str(use.seconds)
                response.headers["Cache-Control"] = "no-store"
            if use.requests == limit.requests + 1:
                logger.warning(
                    "limit=%s network=%s sent more than %s requests in %s seconds",
                    *(name, network, limit.requests, limit.seconds),
                )
            remaining = max(0, limit.requests - use.requests)
            response.headers["RateLimit-Policy"] = f'"{name}";q={limit.requests};w={limit.seconds}'
            response.headers["RateLimit"] = f'"{name}";r={remaining};t={use.seconds}'
            return response

        return answer

    return decorate


def network_of(request: HttpRequest) -> str:
    """The network of the client: an IPv4 address, or the prefix of an IPv6 address that a provider gives a customer.

    The address is that of the connection or, behind a trusted proxy, the last one in `X-Forwarded-For`. Earlier entries
    come from the client and can be forged. Empty if there is no valid address.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.TRUSTED_PROXY else ""
    for text in (forwarded.rpartition(",")[2].strip(), request.META.get("REMOTE_ADDR", "")):
        try:
            return str(_network(ip_address(text)))
        except ValueError:
            continue
    return ""  # behind a proxy on a socket that sends no address, all clients count as one network


def _network(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | IPv6Network:
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Network((int(address), _PREFIX), strict=False)
    return address


# Each request also deletes up to two expired rows, so the table has about one row per network with recent requests.
# This happens after the network's own row is locked and skips rows that others have locked, so that no transaction
# waits for two rows.
_COUNT_SQL = """
    WITH counted AS (
        INSERT INTO core_request_count AS known (network, ends, requests)
        VALUES (%(network)s, statement_timestamp() + make_interval(secs => %(seconds)s), 1)
        ON CONFLICT (network) DO UPDATE SET
            requests = CASE WHEN known.ends > statement_timestamp() THEN known.requests + 1 ELSE 1 END,
            ends = CASE WHEN known.ends > statement_timestamp() THEN known.ends ELSE excluded.ends END
        RETURNING network, requests, ends
    ), dropped AS (
        DELETE FROM core_request_count WHERE network IN (
            SELECT old.network FROM counted CROSS JOIN LATERAL (
                SELECT network FROM core_request_count
                WHERE ends < statement_timestamp() AND network <> counted.network
                ORDER BY ends LIMIT 2 FOR UPDATE SKIP LOCKED
            ) AS old
        )
    )
    SELECT requests, ceil(extract(epoch FROM ends - statement_timestamp()))::int FROM counted
"""


def count(name: str, key: str) -> Usage:
    """Count one request under the limit `name`. `key` is the network, or whatever else the limit is for.

    The key isn't stored: the key of the row is a keyed hash.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, {"network": _row(name, key), "seconds": LIMITS[name].seconds})
        requests, seconds = cursor.fetchone()
    return Usage(requests, max(1, seconds))


def forget(name: str, key: str) -> None:
    """Begin to count from nothing."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_request_count WHERE network = %s", [_row(name, key)])


def _row(name: str, key: str) -> int:
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{name} {key}".encode(), "sha256")
    return int.from_bytes(digest[:8], signed=True)
