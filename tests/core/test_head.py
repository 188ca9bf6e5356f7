import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/claims/", "/nothing-here/", "/admin/login/"])
def test_head_has_the_headers_of_get_and_no_body(client: Client, address: str) -> None:
    got, headed = client.get(address), client.head(address)
    assert headed.content == b""
    assert headed.status_code == got.status_code
    for name in ("Content-Type", "Content-Length", "Cache-Control", "Content-Security-Policy"):
        assert headed.headers.get(name) == got.headers.get(name)
