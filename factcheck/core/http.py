"""The one way out: every request that this project sends to another machine.

An address that somebody typed, or that another site sent us on to, may name a machine that only we can reach. So a
name is resolved once, every address it stands for is checked, and one of those very addresses is connected to: no
second look-up can answer otherwise. Only public addresses pass, on the two ports of the web, and whatever
`OUTGOING_ALLOW` names, on any port. No proxy of the environment is asked.
"""

import ipaddress
import logging
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

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
# A name, or an address of either kind. A resolver may make something of other signs.
_HOST = re.compile(rb"[a-z0-9_.-]+|[0-9a-f:.]+")
# IANA's registries of special-purpose addresses (RFC 6890 and what followed), multicast and what is reserved.
_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(network)
    for network in [
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    ]
]
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
# Protocol assignments (Teredo among them), documentation, 6to4, documentation again.
_NOT_PUBLIC_V6 = [
    ipaddress.IPv6Network(network) for network in ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]
]
# An IPv4 address as a resolver may give it today: mapped (RFC 4291) and translated (RFC 6052).
_CARRY_V4 = [ipaddress.IPv6Network(network) for network in ["::ffff:0:0/96", "64:ff9b::/96"]]

_MOVED = {301, 302, 303, 307, 308}
# What an answer's head, and the framing of its body, may take beside the body itself.
_FRAME_BYTES = 256 * 1024

_log = logging.getLogger("django.security.outgoing")


class Refused(Exception):
    """An address that nothing is sent to. One sentence for all, so that it tells nothing of our own network."""

    def __init__(self) -> None:
        super().__init__("Nothing is sent to this address.")


class NoAnswer(Exception):
    """The address may be asked, and no answer came back. The text is a sentence that says why."""


@dataclass(frozen=True)
class Answer:
    """What came back, as it was sent: header names in lower case, the body undecoded."""

    address: str
    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool


def check(address: str, *, seconds: float = 5.0) -> None:
    """Raises Refused when `send` would refuse this address as it is resolved now."""
    _checked(*_place(_parsed(address)), time.monotonic() + seconds)


def send(
    method: str,
    address: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = 15.0,
    most: int = 1_000_000,
    redirects: int = 0,
) -> Answer:
    """The answer to one request; of its body the first `most` bytes.

    All of it, from the look-up of the name to the last byte, takes at most `seconds`. At most `redirects` redirects
    of a GET or HEAD are followed, each checked like the first address; another site gets none of `headers`.
    Raises Refused for an address that nothing is sent to, and NoAnswer when nothing, or no HTTP, comes back.
    """
    if redirects and method not in {"GET", "HEAD"}:
        raise ValueError("Only GET and HEAD follow redirects.")
    way = _Backend(time.monotonic() + seconds, most)
    url, given = _parsed(address), dict(headers or {})
    for _hop in range(redirects + 1):
        answer = _exchanged(method, url, content, given, way)
        location = answer.headers.get("location")
        if not redirects or answer.status not in _MOVED or location is None:
            return answer
        onward = _parsed(location, url)
        if (onward.scheme, onward.netloc) != (url.scheme, url.netloc):
            given = {}
        url = onward
    raise NoAnswer("It sends us on too often.")


def may_reach(address: Address, port: int) -> bool:
    """Whether a request may go there.

    An IPv4 address within an IPv6 one decides for it. The old forms that carry one (compatible, 6to4, Teredo), and
    translation for local use, are no public addresses, whatever they carry.
    """
    if any(address in network for network in _CARRY_V4):
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in settings.OUTGOING_ALLOW):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        public = not any(address in network for network in _NOT_PUBLIC_V4)
    else:
        public = address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)
    return public and port in _PORTS.values()


def _parsed(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address, its host in ASCII and without a dot at its end. Raises Refused for what we cannot send to."""
    try:
        url = base.join(address) if base else httpx.URL(address)
        if url.host.endswith("."):
            url = url.copy_with(host=url.host.rstrip("."))
    except (httpx.InvalidURL, ValueError):  # an IDNA label that is none is a ValueError
        raise Refused from None
    if url.scheme not in _PORTS or url.userinfo or url.port == 0 or not _HOST.fullmatch(url.raw_host):
        raise Refused
    return url


def _place(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), _PORTS[url.scheme] if url.port is None else url.port


def _checked(host: str, port: int, until: float) -> list[str]:
    """The addresses that the host stands for now. Raises Refused unless there are some, and all may be reached."""
    found = _resolved(host, port, _left(until))
    if not found or not all(may_reach(ipaddress.ip_address(address), port) for address in found):
        _log.warning("Refused to send a request to %s, port %s.", host, port)
        raise Refused
    return found


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """What the system's resolver says, or nothing when it takes longer: it cannot be told how long it may."""
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def ask() -> None:
        found: dict[str, None] = {}
        # A label that is too long is a UnicodeError, and that a ValueError.
        with suppress(OSError, ValueError):
            found = {str(to[0]): None for *_, to in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        answers.put(list(found))

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return []


def _exchanged(method: str, url: httpx.URL, content: bytes, headers: dict[str, str], way: "_Backend") -> Answer:
    """One request and its answer, without a redirect."""
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
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=way) as pool,
            pool.stream(method, target, headers=list(sent.items()), content=content or None) as response,
        ):
            for part in response.iter_stream():
                body += part
                if len(body) > way.most:
                    break
            return Answer(
                address=str(url),
                status=response.status,
                headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
                body=bytes(body[: way.most]),
                is_cut=len(body) > way.most,
            )
    except TimeoutError as error:
        raise _too_late() from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer("Its certificate is not one for this address.") from error
    except OSError as error:
        raise NoAnswer("The connection failed.") from error
    except httpcore.RemoteProtocolError as error:
        raise NoAnswer("What it answered is not HTTP.") from error


@cache
def _tls() -> ssl.SSLContext:
    """Certificates that the web trusts, and those that this machine trusts besides."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _too_late() -> NoAnswer:
    return NoAnswer("No answer in time.")


def _left(until: float) -> float:
    """The seconds that are left. Raises NoAnswer when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise _too_late()
    return left


class _Backend(httpcore.NetworkBackend):
    """Connects to what was checked, and to nothing else."""

    def __init__(self, until: float, most: int) -> None:
        self.until, self.most = until, most

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = _checked(host, port, self.until)
        for tried, address in enumerate(found):
            share = _left(self.until) / (len(found) - tried)
            with suppress(OSError):
                return _Stream(socket.create_connection((address, port), share), self.until, self.most + _FRAME_BYTES)
        raise NoAnswer("Nobody answers there.")


class _Stream(httpcore.NetworkStream):
    """A connection that ends at a moment, and after so many bytes. Time is not given anew for each read."""

    def __init__(self, line: socket.socket, until: float, most: int) -> None:
        self.line, self.until, self.most = line, until, most

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.line.settimeout(_left(self.until))
        data = self.line.recv(max_bytes)
        self.most -= len(data)
        if self.most < 0:
            raise NoAnswer("Its answer is too long.")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        while buffer:
            self.line.settimeout(_left(self.until))
            buffer = buffer[self.line.send(buffer) :]

    def close(self) -> None:
        self.line.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self.line.settimeout(_left(self.until))
            self.line = ssl_context.wrap_socket(self.line, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return None
