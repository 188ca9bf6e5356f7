"""Our requests go only to public addresses that were checked, with limits for time and size."""

import datetime
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core import http
from tests.properties import examples
from tests.receiver import Receiver, listening
from tests.server import PATIENCE

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
PUBLIC = "93.184.215.14"


@pytest.fixture
def loopback(settings: LazySettings) -> None:
    """A newsroom with receivers on this machine."""
    settings.OUTGOING_ALLOW = [LOOPBACK]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


# Which addresses

INSIDE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.9.10", "169.254.169.254"),  # noqa: S104
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::"),
    *("100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1"),
    *("5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1", "4000::1"),
]
CARRIED = {
    "mapped": "::ffff:{}",
    "compatible": "::{}",
    "translated": "64:ff9b::{}",
    "translated at home": "64:ff9b:1::{}",
    "6to4": "2002:{:hex}::1",
    "Teredo client": "2001:0:808:808:0:ffff:{:inverted}",
    "Teredo server": "2001:0:{:hex}:0:ffff:f7f7:f7f7",
}
OUTSIDE = ["8.8.8.8", "1.1.1.1", PUBLIC, "100.63.255.255", "172.32.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


def carrying(form: str, carried: str) -> str:
    number = int(ipaddress.IPv4Address(carried))
    written = {"{}": carried, "{:hex}": pieces(number), "{:inverted}": pieces(number ^ 0xFFFFFFFF)}
    for mark, text in written.items():
        form = form.replace(mark, text)
    return form


def pieces(number: int) -> str:
    return f"{number >> 16:x}:{number & 0xFFFF:x}"


def passes(address: str, port: int = 443) -> bool:
    return http.is_allowed(ipaddress.ip_address(address), port)


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_is_refused(address: str) -> None:
    assert not passes(address)


@pytest.mark.parametrize("form", CARRIED)
@pytest.mark.parametrize("carried", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_an_inner_address_in_an_ipv6_form_is_refused(form: str, carried: str) -> None:
    assert not passes(carrying(CARRIED[form], carried))


@pytest.mark.parametrize("address", [*OUTSIDE, *(carrying(CARRIED[form], PUBLIC) for form in ("mapped", "translated"))])
@pytest.mark.parametrize(("port", "taken"), [(80, True), (443, True), (22, False), (0, False), (8080, False)])
def test_the_public_internet_is_reached_on_the_ports_of_the_web(address: str, port: int, taken: bool) -> None:
    assert passes(address, port) is taken


@examples(200)
@given(st.ip_addresses())
def test_every_allowed_address_is_global_unicast_in_pythons_table_too(address: http.Address) -> None:
    if http.is_allowed(address, 443) and not getattr(address, "ipv4_mapped", None):
        assert address.is_global
        assert not address.is_multicast


def test_a_network_that_is_allowed_is_reached_on_any_port_and_no_other_is(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = [ipaddress.ip_network("10.1.2.0/24"), ipaddress.ip_network("fd12:3456::/32")]
    assert passes("10.1.2.3", 8080)
    assert passes("::ffff:10.1.2.3", 22)
    assert passes("fd12:3456::1", 8080)
    assert not passes("10.1.3.1")
    assert not passes("fd12:3457::1")


# Which spellings


@pytest.mark.parametrize(
    "address",
    [
        *("http://localhost/", "http://LOCALHOST./", "http://localhost..../", "https://127.0.0.1/", "http://127.1/"),
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://0177.0.0.1/"),
        *("http://127.0.0.1./", "http://127。0。0。1/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/"),
        *("http://[::1%25lo]/", "http://[fe80::1%25eth0]/", "http://0/", "http://0.0.0.0:80/"),
        *("http://ｌｏｃａｌｈｏｓｔ/", "http://①②⑦.0.0.1/", "http://localhost%00.example.org/", "http://%6c/"),
        *("http://user@8.8.8.8/", "http://user:secret@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8:22/"),
        *("ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/", "8.8.8.8", "data:,x", "", "http:"),
        *("http://", "http:///", "http://./", "http://a..b/", "http://xn--/", "http://8.8.8.8:0/", "http://8.8.8.8:x/"),
        *("http://8.8.8.8:99999/", "http://8.8.8.8/\r\nX: y", "http://8.8.8.8/\0", f"http://{'a' * 70}.example/"),
        *(f"http://{'a.' * 200}example/", f"http://8.8.8.8/{'a' * 70_000}"),
    ],
)
def test_other_addresses_are_refused_with_the_same_message(address: str) -> None:
    """This uses the machine's resolver, which accepts old spellings of IPv4 addresses."""
    for attempt in (http.check, lambda address: http.send("GET", address)):
        with pytest.raises(http.Refused, match=r"^We don't send requests to this address\.$"):
            attempt(address)


@pytest.mark.parametrize("address", ["http://8.8.8.8", "https://8.8.8.8:443/a?b#c", "HTTP://1.1.1.1:80/"])
def test_a_public_address_passes(address: str) -> None:
    http.check(address)


def test_a_refusal_is_one_line_in_the_log_without_path_or_query() -> None:
    handler = next(iter(logging.getLogger("factcheck.security").handlers))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(text := StringIO())
    try:
        with pytest.raises(http.Refused):
            http.check("http://127.0.0.1:8080/?token=secret")
    finally:
        handler.setStream(before)
    [line] = text.getvalue().splitlines()
    assert '"event": "refused-address"' in line
    assert '"about": "127.0.0.1", "port": 8080' in line
    assert "secret" not in line


# Which IP addresses a name resolves to

Resolver = Callable[[str], list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Resolver], None]:
    """Replaces the machine's resolver for names under .example by a function from name to addresses."""
    real = socket.getaddrinfo

    def put(resolver: Resolver) -> None:
        def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
            if not host.endswith(".example"):
                return real(host, port, *args, **kwargs)
            return [found for address in resolver(host) for found in real(address, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return put


@pytest.mark.usefixtures("loopback")
def test_the_connection_goes_to_the_address_that_was_checked(
    names: Callable[[Resolver], None], receiver: Receiver
) -> None:
    asked: list[str] = []

    def changing(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1" if len(asked) == 1 else "10.0.0.1"]

    names(changing)
    assert http.send("GET", f"http://rebinding.example:{receiver.port}/").status == 204
    assert asked == ["rebinding.example"]
    assert receiver.received[0].headers["host"] == f"rebinding.example:{receiver.port}"


def test_a_name_that_resolves_to_an_inner_address_later_is_refused(names: Callable[[Resolver], None]) -> None:
    answers = [PUBLIC, "127.0.0.1"]
    names(lambda _host: [answers.pop(0)])
    http.check("https://rebinding.example/")
    with pytest.raises(http.Refused):
        http.send("GET", "https://rebinding.example/")


@pytest.mark.parametrize("found", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"], []])
def test_one_inner_address_among_several_is_refused(names: Callable[[Resolver], None], found: list[str]) -> None:
    names(lambda _host: found)
    with pytest.raises(http.Refused):
        http.check("https://both.example/")


def test_a_resolver_that_does_not_answer_is_not_waited_for(names: Callable[[Resolver], None]) -> None:
    late = threading.Event()
    names(lambda _host: [PUBLIC] if late.wait() else [])
    with pytest.raises(http.Refused):
        http.check("https://slow.example/", seconds=0.1)
    late.set()


@pytest.mark.usefixtures("loopback")
def test_of_several_addresses_the_first_that_answers_is_taken(
    names: Callable[[Resolver], None], receiver: Receiver
) -> None:
    names(lambda _host: ["127.0.0.2", "127.0.0.1"])
    assert http.send("GET", f"http://two.example:{receiver.port}/").status == 204


# The exchange


@pytest.mark.usefixtures("loopback")
def test_a_request_arrives_as_it_was_meant(receiver: Receiver) -> None:
    receiver.statuses, receiver.body = [201], b'{"taken": true}'
    answer = http.send("POST", f"{receiver.address}?a=b#c", content=b"caf\xc3\xa9", headers={"X-Kind": "test"})
    assert (answer.status, answer.body, answer.is_cut) == (201, receiver.body, False)
    (received,) = receiver.received
    assert (received.method, received.path, received.body) == ("POST", "/hook?a=b", b"caf\xc3\xa9")
    assert received.headers["x-kind"] == "test"
    assert received.headers["user-agent"] == "Factcheck (http://127.0.0.1:8000)"


@pytest.mark.usefixtures("loopback")
def test_no_proxy_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert http.send("GET", receiver.address).status == 204


@pytest.mark.usefixtures("loopback")
def test_a_long_answer_is_cut(receiver: Receiver) -> None:
    receiver.statuses, receiver.body = [200], b"x" * 100_000
    answer = http.send("GET", receiver.address, max_bytes=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)
    assert http.send("GET", receiver.address, max_bytes=100_000).is_cut is False


@contextmanager
def speaking(speech: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that sends this to every client."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                try:
                    speech(line)
                except OSError:
                    return  # the client has left

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def slowly(text: bytes) -> Callable[[socket.socket], None]:
    """Send byte by byte, each well within a limit for a single read."""

    def speak(line: socket.socket) -> None:
        for byte in text:
            line.sendall(bytes([byte]))
            threading.Event().wait(0.02)

    return speak


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("speech", "reason"),
    [
        (slowly(HEAD + b"x" * 200), "timed out"),
        (slowly(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50 + b"\r\n"), "timed out"),
        (lambda line: line.sendall(HEAD + b"x" * 10), "isn't valid HTTP"),
        (lambda line: line.sendall(b"220 mail.example ESMTP\r\n"), "isn't valid HTTP"),
        (lambda line: line.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000), "isn't valid HTTP"),
        (lambda line: line.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000), "too long"),
        (lambda line: line.shutdown(socket.SHUT_RDWR), "isn't valid HTTP"),
    ],
    ids=["slow body", "slow head", "short body", "mail", "long head", "hints without end", "nothing"],
)
def test_an_invalid_answer_raises_no_answer_with_the_reason(
    speech: Callable[[socket.socket], None], reason: str
) -> None:
    seconds = 1.5 if reason == "timed out" else PATIENCE
    with speaking(speech) as address, pytest.raises(http.NoAnswer, match=reason):
        http.send("GET", address, seconds=seconds, max_bytes=1000)


@pytest.mark.usefixtures("loopback")
def test_a_closed_port_raises_no_answer() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(http.NotConnected, match="Could not connect"):
        http.send("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("header", "at_least", "at_most"),
    [
        ("0", 0, 0),
        (" 120 ", 120, 120),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 3600, float("inf")),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0, 0),
        ("Sun Nov  6 08:49:37 1994", 0, 0),
        ("9" * 5000, float("inf"), float("inf")),
        *((text, 0, 0) for text in ("", "-5", "1.5", "١٢", "1e9", "soon", "Sun, 99 Nov 2094 08:49:37 GMT")),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_time_and_otherwise_zero(
    header: str, at_least: float, at_most: float
) -> None:
    answer = http.Answer("https://example.org/", 503, {"retry-after": header}, b"", is_cut=False)
    assert at_least <= answer.retry_after <= at_most


def test_an_answer_without_retry_after_asks_for_no_pause() -> None:
    assert http.Answer("https://example.org/", 503, {}, b"", is_cut=False).retry_after == 0


# Redirects


@pytest.mark.usefixtures("loopback")
def test_redirects_are_followed_only_if_asked_for(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [302], {"Location": "/elsewhere"}
    answer = http.send("POST", receiver.address)
    assert (answer.status, answer.headers["location"], len(receiver.received)) == (302, "/elsewhere", 1)
    with pytest.raises(ValueError, match="GET and HEAD"):
        http.send("POST", receiver.address, redirects=1)


@pytest.mark.usefixtures("loopback")
def test_redirects_are_followed_up_to_the_limit(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [301, 307], {"Location": "/elsewhere"}
    answer = http.send("GET", receiver.address, headers={"Authorization": "x"}, redirects=2)
    assert (answer.status, answer.address) == (204, f"http://127.0.0.1:{receiver.port}/elsewhere")
    assert all(received.headers["authorization"] == "x" for received in receiver.received)
    receiver.statuses = [301, 307, 308]
    with pytest.raises(http.NoAnswer, match="Too many redirects"):
        http.send("GET", receiver.address, redirects=2)


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/", "http://[::1]/", "//169.254.169.254/", "file:///etc/passwd", "http://a:b@8.8.8.8/"]
)
def test_each_redirect_is_checked(receiver: Receiver, location: str) -> None:
    receiver.statuses, receiver.headers = [302], {"Location": location}
    with pytest.raises(http.Refused):
        http.send("GET", receiver.address, redirects=3)


@pytest.mark.usefixtures("loopback")
def test_another_site_gets_no_header_of_ours(receiver: Receiver) -> None:
    with listening() as other:
        receiver.statuses, receiver.headers = [302], {"Location": other.address}
        assert http.send("GET", receiver.address, headers={"Authorization": "x"}, redirects=1).status == 204
        assert "authorization" not in other.received[0].headers


# TLS


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A certificate and key for receiver.example that this machine trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "receiver.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    http._tls.cache_clear()
    yield file
    http._tls.cache_clear()


@contextmanager
def speaking_tls(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    """The port of a server that answers 204 over TLS, and the names it was asked for."""
    names: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def answer(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as inner:
            while not inner.recv(65536).endswith(b"x"):
                pass
            inner.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            line, _ = server.accept()
            with line:
                try:
                    answer(line)
                except OSError:
                    return  # the client did not trust the certificate

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], names
        thread.join()


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("spelling", ["receiver.example", "RECEIVER.example."])
def test_the_certificate_is_checked_for_the_name_and_the_address_is_the_one_checked(
    names: Callable[[Resolver], None], certificate: Path, spelling: str
) -> None:
    names(lambda _host: ["127.0.0.1"])
    with speaking_tls(certificate) as (port, asked):
        assert http.send("POST", f"https://{spelling}:{port}/", content=b"x").status == 204
        assert asked == ["receiver.example"]


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(
    names: Callable[[Resolver], None], certificate: Path, host: str
) -> None:
    names(lambda _host: ["127.0.0.1"])
    with speaking_tls(certificate) as (port, _), pytest.raises(http.NotConnected, match="certificate"):
        http.send("POST", f"https://{host}:{port}/", content=b"x")


@pytest.mark.usefixtures("loopback")
def test_an_untrusted_certificate_is_refused(
    names: Callable[[Resolver], None], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    http._tls.cache_clear()
    names(lambda _host: ["127.0.0.1"])
    with speaking_tls(certificate) as (port, _), pytest.raises(http.NotConnected, match="certificate"):
        http.send("POST", f"https://receiver.example:{port}/", content=b"x")
