"""Sends every HTTP request that this project makes to another machine, and guards against SSRF.

An address that somebody typed, or that another site redirects to, may belong to a machine that only we can reach. So
each host name is resolved once, all its IP addresses are checked, and the connection goes to one of these addresses: a
second DNS look-up can't return another. Only public addresses on ports 80 and 443 are allowed, and the networks in
`OUTGOING_ALLOW` on any port. The operator's own addresses, from the settings, aren't checked. Proxies from the
environment are ignored.
"""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
import httpx
from django.conf import settings
from django.dispatch import Signal
from django.utils.http import parse_http_date_safe

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
# A host name or an IP address. A resolver could interpret other characters.
_HOST = re.compile(rb"[a-z0-9_.-]+|[0-9a-f:.]+")
# IANA's registries of special-purpose addresses (RFC 6890 and its updates), multicast and reserved addresses.
_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(network)
    for network in [
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    ]
]
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
# Protocol assignments (including Teredo), documentation, 6to4, documentation.
_NOT_PUBLIC_V6 = [
    ipaddress.IPv6Network(network) for network in ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]
]
# IPv6 addresses that contain an IPv4 address, as resolvers return them: mapped (RFC 4291) and translated (RFC 6052).
_EMBEDS_V4 = [ipaddress.IPv6Network(network) for network in ["::ffff:0:0/96", "64:ff9b::/96"]]

_REDIRECTS = {301, 302, 303, 307, 308}
# The limit for the status line, the headers and the framing of the body.
_OVERHEAD_BYTES = 256 * 1024

# Sent with the `host` of each address that we refuse, and its `port` if it is known.
address_refused = Signal()


class Refused(Exception):
    """The address isn't allowed. The message is always the same, so that it reveals nothing about our network."""

    def __init__(self) -> None:
        super().__init__("We don't send requests to this address.")


class NoAnswer(Exception):
    """The address is allowed, but it gave no valid answer. The message says why."""


class NotConnected(NoAnswer):
    """No connection was made, so nothing of the request was sent."""


@dataclass(frozen=True)
class Answer:
    """The answer as received: header names in lower case, the body undecoded.

    `is_cut` is true if the body was longer than the limit.
    """

    address: str
    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool

    @property
    def retry_after(self) -> float:
        """The seconds that the answer asks us to wait in `Retry-After` (RFC 9110, section 10.2.3).

        The header has a number of seconds or a time. The result is 0 without a valid header or if the time has passed,
        and infinite for a number that a float can't hold, so limit it.
        """
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        at = parse_http_date_safe(text)
        return 0.0 if at is None else max(0.0, at - time.time())


def check(address: str, *, seconds: float = 5.0) -> None:
    """Raises Refused if `send` would refuse this address, given how it resolves now."""
    _resolve_and_check(*_host_and_port(_parse(address)), time.monotonic() + seconds)


def send(
    method: str,
    address: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = 15.0,
    max_bytes: int = 1_000_000,
    redirects: int = 0,
    is_ours: bool = False,
) -> Answer:
    """Send a request. Returns the answer with at most `max_bytes` bytes of the body.

    `seconds` limits the whole exchange, from the DNS look-up to the last byte. GET and HEAD follow up to `redirects`
    redirects, and each address is checked like the first. Another origin doesn't get `headers`.
    `is_ours` is for an address from the settings, which may be in our own network. It follows no redirects.
    Raises Refused if an address isn't allowed, NoAnswer if there is no answer in time or it isn't valid HTTP, and its
    subclass NotConnected if nothing was sent.
    """
    if redirects and method not in {"GET", "HEAD"}:
        raise ValueError("Only GET and HEAD follow redirects.")
    if redirects and is_ours:
        raise ValueError("A redirect could lead from an address of ours to any other.")
    backend = _Backend(time.monotonic() + seconds, max_bytes, is_ours=is_ours)
    url, headers_to_send = _parse(address), dict(headers or {})
    for _redirect in range(redirects + 1):
        answer = _exchange(method, url, content, headers_to_send, backend)
        location = answer.headers.get("location")
        if not redirects or answer.status not in _REDIRECTS or location is None:
            return answer
        target = _parse(location, url)
        if (target.scheme, target.netloc) != (url.scheme, url.netloc):
            headers_to_send = {}
        url = target
    raise NoAnswer("Too many redirects.")


def is_allowed(address: Address, port: int) -> bool:
    """True if requests to this address and port are allowed.

    If an IPv6 address maps or translates an IPv4 address, the IPv4 address decides. The obsolete forms that contain an
    IPv4 address (compatible, 6to4, Teredo) and local-use translation (RFC 8215) never count as public.
    """
    if any(address in network for network in _EMBEDS_V4):
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in settings.OUTGOING_ALLOW):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        public = not any(address in network for network in _NOT_PUBLIC_V4)
    else:
        public = address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)
    return public and port in _PORTS.values()


def _parse(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """The parsed address, its host in ASCII and without a trailing dot. Raises Refused if we can't send to it."""
    try:
        url = base.join(address) if base else httpx.URL(address)
        if url.host.endswith("."):
            url = url.copy_with(host=url.host.rstrip("."))
    except (httpx.InvalidURL, ValueError):  # an invalid IDNA label raises ValueError
        raise Refused from None
    if url.scheme not in _PORTS or url.userinfo or url.port == 0 or not _HOST.fullmatch(url.raw_host):
        address_refused.send(sender=None, host=url.host, port=url.port)
        raise Refused
    return url


def _host_and_port(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), _PORTS[url.scheme] if url.port is None else url.port


def _resolve_and_check(host: str, port: int, deadline: float) -> list[str]:
    """The IP addresses of the host. Raises Refused if there are none, or if one of them isn't allowed."""
    found = _resolve(host, port, _seconds_left(deadline))
    if not found or not all(is_allowed(ipaddress.ip_address(address), port) for address in found):
        address_refused.send(sender=None, host=host, port=port)
        raise Refused
    return found


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The answer of the system's resolver, or an empty list after `seconds`.

    It runs in a thread because `getaddrinfo` has no time limit.
    """
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def look_up() -> None:
        found: dict[str, None] = {}
        # A label that is too long raises UnicodeError, which is a ValueError.
        with suppress(OSError, ValueError):
            found = {str(to[0]): None for *_, to in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        answers.put(list(found))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return []


def _exchange(method: str, url: httpx.URL, content: bytes, headers: dict[str, str], backend: "_Backend") -> Answer:
    """Send one request without following redirects. Raises NoAnswer or Refused."""
    sent = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"Factcheck ({settings.SITE_URL})",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    body = bytearray()
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool,
            pool.stream(method, target, headers=list(sent.items()), content=content or None) as response,
        ):
            for part in response.iter_stream():
                body += part
                if len(body) > backend.max_bytes:
                    break
            return Answer(
                address=str(url),
                status=response.status,
                headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
                body=bytes(body[: backend.max_bytes]),
                is_cut=len(body) > backend.max_bytes,
            )
    except TimeoutError as error:
        raise _timed_out() from error
    except ssl.SSLCertVerificationError as error:
        raise NotConnected("The certificate isn't valid for this address.") from error
    except OSError as error:
        raise NoAnswer("The connection failed.") from error
    except httpcore.RemoteProtocolError as error:
        raise NoAnswer("The answer isn't valid HTTP.") from error


@cache
def _tls() -> ssl.SSLContext:
    """A TLS context that trusts the certificates of the web and those of this machine."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _timed_out() -> NoAnswer:
    return NoAnswer("The request timed out.")


def _seconds_left(deadline: float) -> float:
    """The seconds until the deadline. Raises NoAnswer if it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _timed_out()
    return left


class _Backend(httpcore.NetworkBackend):
    """Connects only to IP addresses that were checked."""

    def __init__(self, deadline: float, max_bytes: int, *, is_ours: bool) -> None:
        self.deadline, self.max_bytes, self.is_ours = deadline, max_bytes, is_ours

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if self.is_ours:
            found = _resolve(host, port, _seconds_left(self.deadline))
        else:
            found = _resolve_and_check(host, port, self.deadline)
        for tried, address in enumerate(found):
            share = _seconds_left(self.deadline) / (len(found) - tried)
            with suppress(OSError):
                connection = socket.create_connection((address, port), share)
                return _Stream(connection, self.deadline, self.max_bytes + _OVERHEAD_BYTES)
        raise NotConnected("Could not connect to this address.")


class _Stream(httpcore.NetworkStream):
    """A connection with a limit for all bytes read and one deadline for all reads and writes."""

    def __init__(self, connection: socket.socket, deadline: float, max_bytes: int) -> None:
        self.connection, self.deadline, self.bytes_left = connection, deadline, max_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.connection.settimeout(_seconds_left(self.deadline))
        data = self.connection.recv(max_bytes)
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            raise NoAnswer("The answer is too long.")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        while buffer:
            self.connection.settimeout(_seconds_left(self.deadline))
            buffer = buffer[self.connection.send(buffer) :]

    def close(self) -> None:
        self.connection.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self.connection.settimeout(_seconds_left(self.deadline))
            self.connection = ssl_context.wrap_socket(self.connection, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return None
