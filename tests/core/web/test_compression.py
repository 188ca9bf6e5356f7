"""Public text is compressed for clients that accept it, and nothing else is."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from factcheck.core.web.compression import CompressionMiddleware
from factcheck.core.web.streams import INCOMPLETE, Stream
from tests.claims.outlets.pages.pages import all_addresses
from tests.desk import signed_in
from tests.factories import corrected, published, withdrawn

ACCEPTED = {"accept-encoding": "br;q=0.9, gzip"}
COMPRESSED_ALREADY = ("image/png", "application/zip", "application/vnd.openxml", "application/vnd.apache", "font/")
# Not worth it.
SHORT = 200


def plain(response: Any) -> bytes:
    data: bytes = response.getvalue()
    return gzip.decompress(data) if response.headers.get("Content-Encoding") == "gzip" else data


@pytest.mark.django_db
def test_every_public_text_is_compressed_and_says_so(client: Client) -> None:
    corrected(published(), summary="Other.")
    withdrawn(published())
    for address in all_addresses():
        # What is compressed depends on the type of an answer, and not on its language.
        if address.startswith("/es/"):
            continue
        got, compressed = client.get(address), client.get(address, headers=ACCEPTED)
        data = got.getvalue()
        kind = got.headers["Content-Type"]
        is_text = "public" in got.headers.get("Cache-Control", "") and not kind.startswith(COMPRESSED_ALREADY)
        assert got.headers.get("Vary") == ("Accept-Encoding" if is_text else None), address
        assert "Content-Encoding" not in got.headers
        if is_text and len(data) > 2 * SHORT:
            assert compressed.headers["Content-Encoding"] == "gzip", address
        assert plain(compressed) == data, address


@pytest.mark.django_db
def test_the_two_spellings_of_a_page_share_an_etag_and_a_304(client: Client) -> None:
    published()
    for address in ("/claims/", "/claims.atom", "/api/v1/claims/", "/claims.csv"):
        got, compressed = client.get(address), client.get(address, headers=ACCEPTED)
        got.getvalue(), compressed.getvalue()
        tag = got.headers["ETag"].removeprefix("W/")
        assert compressed.headers["ETag"] == f"W/{tag}"
        for sent in (got.headers["ETag"], compressed.headers["ETag"]):
            for accepted in ({}, ACCEPTED):
                again = client.get(address, headers={"if-none-match": sent, **accepted})
                assert (again.status_code, again.headers["Vary"]) == (304, "Accept-Encoding")
                assert "Content-Encoding" not in again.headers


@pytest.mark.django_db
def test_equal_pages_have_equal_bytes(client: Client) -> None:
    first, second = (client.get("/claims/", headers=ACCEPTED) for _ in range(2))
    assert first.content == second.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/admin/claims/claim/"])
def test_no_page_with_a_secret_is_compressed(address: str) -> None:
    """Its compressed length would reveal the token that it holds (BREACH)."""
    client = signed_in("Editor") if "login" not in address else Client()
    assert "Content-Encoding" not in client.get(address, headers=ACCEPTED).headers


@pytest.mark.django_db
@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
def test_a_client_that_does_not_accept_gzip_gets_the_plain_text(client: Client, accepted: str) -> None:
    published()
    for address in ("/claims/", "/claims.csv"):
        answer = client.get(address, headers={"accept-encoding": accepted})
        answer.getvalue()
        assert "Content-Encoding" not in answer.headers


def streamed(pieces: Iterator[bytes]) -> Any:
    request = RequestFactory().get("/", headers=ACCEPTED)
    headers = {"Cache-Control": "public", "Content-Type": "text/csv"}
    return CompressionMiddleware(lambda _request: StreamingHttpResponse(Stream(pieces), headers=headers))(request)


def test_a_compressed_file_that_was_cut_short_ends_with_its_mark_and_without_an_end() -> None:
    def failing() -> Iterator[bytes]:
        yield b"one,two\n"
        raise ConnectionError

    received: list[bytes] = []
    with pytest.raises(ConnectionError):
        received.extend(streamed(failing()))
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(b"".join(received)) == b"one,two\n" + INCOMPLETE
    assert not reader.eof


@pytest.mark.django_db
def test_closing_a_compressed_response_frees_the_place_of_its_stream() -> None:
    for _ in range(5):
        response = streamed(iter([b"one"]))
        next(iter(response))
        response.close()
