"""How often one network may ask: counted in the database, and so for all processes of the site together.

Write `@limited("api")` above a view, and it is under that limit.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from factcheck.core.web.problems import problem

logger = logging.getLogger("django.security.limits")


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds, the first of which begins with the first request."""

    requests: int
    seconds: int


# Every limit by its name, which stands in the headers. Addresses that share a name share the count.
LIMITS = {
    "api": Limit(requests=600, seconds=60),
}

# How much of an IPv6 address one customer of a provider is usually given.
_PREFIX = 64


@dataclass(frozen=True)
class _Use:
    """How often a network asked within its present window, and in how many seconds that ends."""

    requests: int
    seconds: int


def _refused(name: str, sentence: str) -> HttpResponse:
    kind = "https://iana.org/assignments/http-problem-types#quota-exceeded"
    return problem(429, sentence, kind=kind, title="Quota exceeded", **{"violated-policies": [name]})


def limited(
    name: str, refuse: Callable[[str, str], HttpResponse] = _refused
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view that one network may ask as often as `LIMITS` says, and whose every answer says how often it still may.

    What is over the limit gets 429 before the view is asked: a problem (RFC 9457), or what `refuse` makes of the
    limit's name and a sentence. The headers are those of draft-ietf-httpapi-ratelimit-headers-11.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            limit, network = LIMITS[name], network_of(request)
            use = _counted(name, network, limit)
            if use.requests <= limit.requests:
                response = view(request, *args, **kwargs)
            else:
                response = refuse(
                    name,
                    f"More than {limit.requests} requests in {limit.seconds} seconds came from your network. "
                    f"Wait {use.seconds} seconds.",
                )
                response.headers["Retry-After"] = str(use.seconds)
                response.headers["Cache-Control"] = "no-store"
            if use.requests == limit.requests + 1:
                logger.warning(
                    "limit=%s network=%s asked more than %s times in %s seconds",
                    *(name, network, limit.requests, limit.seconds),
                )
            remaining = max(0, limit.requests - use.requests)
            response.headers["RateLimit-Policy"] = f'"{name}";q={limit.requests};w={limit.seconds}'
            response.headers["RateLimit"] = f'"{name}";r={remaining};t={use.seconds}'
            return response

        return answer

    return decorate


def network_of(request: HttpRequest) -> str:
    """The network that asks: an IPv4 address, or the part of an IPv6 address that one customer is given.

    The address is that of the connection, or the last one that a trusted proxy noted. Whatever else stands in
    `X-Forwarded-For` was sent by the client, who may write what it likes.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.TRUSTED_PROXY else ""
    for text in (forwarded.rpartition(",")[2].strip(), request.META.get("REMOTE_ADDR", "")):
        try:
            return str(_network(ip_address(text)))
        except ValueError:
            continue
    return ""  # a proxy on a socket that notes no address: everybody is one network


def _network(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | IPv6Network:
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Network((int(address), _PREFIX), strict=False)
    return address


# The old windows are dropped as new ones come, two for one, once the network's own row is locked and none that
# anybody else holds: so nobody waits for two, and the table has about as many rows as networks asked lately.
_COUNT = """
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


def _counted(name: str, network: str, limit: Limit) -> _Use:
    """Count one request. Whose it was is not kept: the row is named by a keyed hash."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{name} {network}".encode(), "sha256")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"network": int.from_bytes(digest[:8], signed=True), "seconds": limit.seconds})
        requests, seconds = cursor.fetchone()
    return _Use(requests, max(1, seconds))
