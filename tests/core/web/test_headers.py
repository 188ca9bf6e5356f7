"""Every response has the security headers."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from factcheck.core.web.headers import (
    CONTENT_SECURITY_POLICY,
    FRAMED_POLICY,
    SecurityHeadersMiddleware,
    framable,
    readable,
    shareable,
)
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
def test_pages_redirects_and_errors_have_them(client: Client, address: str) -> None:
    check_headers(client.get(address))


@pytest.mark.django_db
def test_the_desk_has_them(client: Client) -> None:
    client.force_login(UserFactory.create(is_superuser=True))
    response = client.get("/admin/")
    assert response.status_code == 200
    check_headers(response)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_a_refused_method_has_them(client: Client, method: str) -> None:
    check_headers(getattr(client, method)("/admin/login/"))


@pytest.mark.django_db
def test_a_refused_form_has_them() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    check_headers(response)


@pytest.mark.django_db
def test_a_wrong_host_has_them(client: Client) -> None:
    response = client.get("/admin/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    check_headers(response)


@pytest.mark.parametrize("name", ["example.org", "evil.example"])
def test_the_redirect_to_https_has_them(settings: LazySettings, name: str) -> None:
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


def test_a_framed_page_is_more_restricted_and_may_be_framed() -> None:
    ours, framed = (
        dict(directive.split(" ", 1) for directive in policy.split("; "))
        for policy in (CONTENT_SECURITY_POLICY, FRAMED_POLICY)
    )
    assert framed.pop("frame-ancestors") == "*"
    assert ours.pop("frame-ancestors") == "'none'"
    assert {name: sources for name, sources in framed.items() if sources != ours[name]} == {
        "script-src": "'none'",
        "connect-src": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("status", [200, 304, 404, 405, 410])
def test_responses_of_every_status_are_open_to_other_sites(status: int) -> None:
    """Status 304 too, because caches replace the stored headers by those of a 304."""

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=status)

    request = RequestFactory().get("/")
    framed = framable(view)(request)
    assert framed.headers["Content-Security-Policy"] == FRAMED_POLICY
    assert framed.xframe_options_exempt  # type: ignore[attr-defined]
    assert framed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert shareable(view)(request).headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    read = readable(view)(request)
    assert read.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in read.headers
    preflight = readable(view)(RequestFactory().options("/"))
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")


@pytest.mark.django_db
def test_static_files_are_open_to_a_sandboxed_frame(settings: LazySettings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "a.css").write_text("p { color: red }", encoding="utf-8")
    response = Client().get("/static/a.css")
    assert response.getvalue() == b"p { color: red }"
    response.close()
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
