import pytest
from django.test import Client

from tests.claims.outlets.pages.pages import all_addresses
from tests.factories import corrected, published, withdrawn


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/claims/", "/nothing-here/", "/admin/login/", "/claims.csv"])
def test_head_has_the_headers_of_get_and_no_body(client: Client, address: str) -> None:
    got, headed = client.get(address), client.head(address)
    assert headed.getvalue() == b""
    assert headed.status_code == got.status_code
    got.getvalue()
    for name in ("Content-Type", "Content-Length", "Cache-Control", "Content-Security-Policy"):
        assert headed.headers.get(name) == got.headers.get(name)


@pytest.mark.django_db
def test_head_of_every_public_address_has_the_same_headers_as_get_compressed_or_not(client: Client) -> None:
    corrected(published(), summary="Other.")
    withdrawn(published())
    addresses = [*all_addresses(), "/nothing-here/"]
    in_spanish = {address for address in addresses if address.startswith("/es/")}
    plain: dict[str, str] = {}
    zipped = {"accept-encoding": "gzip"}
    # A page in two languages is asked for in one way each.
    asked = [(address, plain) for address in addresses if address not in in_spanish]
    asked += [(address, zipped) for address in addresses if f"/es{address}" not in in_spanish]
    for address, accepted in asked:
        got, headed = client.get(address, headers=accepted), client.head(address, headers=accepted)
        got.getvalue()
        assert headed.getvalue() == b""
        assert headed.status_code == got.status_code
        own = {"RateLimit": "", "X-Request-ID": ""}  # another one each time
        assert {**headed.headers, **own} == {**got.headers, **own}, address
        if got.status_code == 200 and (tag := got.headers.get("ETag")):
            again = client.head(address, headers={**accepted, "if-none-match": tag})
            assert (again.status_code, again.headers["ETag"].removeprefix("W/")) == (304, tag.removeprefix("W/"))


@pytest.mark.django_db
def test_head_of_a_streaming_view_has_no_body(client: Client) -> None:
    got, headed = client.get("/claims.csv"), client.head("/claims.csv")
    assert got.getvalue()
    assert headed.getvalue() == b""
    # The number of requests left is another each time.
    assert {**headed.headers, "RateLimit": ""} == {**got.headers, "RateLimit": ""}
