"""Every answer carries the headers of a site that takes safety seriously."""

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from factcheck.core.headers import CONTENT_SECURITY_POLICY, SecurityHeadersMiddleware
from tests.factories import UserFactory

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def check_headers(response: HttpResponseBase) -> None:
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/admin/login/", "/admin/", "/no-such-page/", "/admin/no-such-page/"])
def test_pages_redirects_and_errors_carry_them(client: Client, address: str) -> None:
    check_headers(client.get(address))


@pytest.mark.django_db
def test_the_desk_carries_them(client: Client) -> None:
    client.force_login(UserFactory.create(is_superuser=True))
    response = client.get("/admin/")
    assert response.status_code == 200
    check_headers(response)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_a_refused_method_carries_them(client: Client, method: str) -> None:
    check_headers(getattr(client, method)("/admin/login/"))


@pytest.mark.django_db
def test_a_refused_form_carries_them() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    check_headers(response)


@pytest.mark.django_db
def test_a_wrong_host_carries_them(client: Client) -> None:
    response = client.get("/admin/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    check_headers(response)


@pytest.mark.parametrize("name", ["example.org", "evil.example"])
def test_the_way_to_https_carries_them(settings: LazySettings, name: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["example.org"]
    response = Client().get("/admin/login/", headers={"host": name})
    assert response.status_code == (301 if name == "example.org" else 400)
    check_headers(response)


def test_a_view_may_set_its_own_policy() -> None:
    own = HttpResponse(headers={"Content-Security-Policy": "frame-ancestors *"})
    response = SecurityHeadersMiddleware(lambda _: own)(RequestFactory().get("/"))
    assert response.headers["Content-Security-Policy"] == "frame-ancestors *"


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
    for word in ("unsafe", "nonce", "http", "*"):
        assert word not in CONTENT_SECURITY_POLICY
