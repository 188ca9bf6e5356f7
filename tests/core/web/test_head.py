import pytest
from django.test import Client


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
def test_head_of_a_streaming_view_has_no_body(client: Client) -> None:
    got, headed = client.get("/claims.csv"), client.head("/claims.csv")
    assert got.getvalue()
    assert headed.getvalue() == b""
    # The number of requests left is another each time.
    assert {**headed.headers, "RateLimit": ""} == {**got.headers, "RateLimit": ""}
