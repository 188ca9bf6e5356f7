"""Security headers for every response, and decorators that open a view to other sites."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt

P = ParamSpec("P")
View = Callable[P, HttpResponseBase]

# One constant policy without nonces: a nonce in a cached page is known to everybody.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
}


def _policy(**changed: str) -> str:
    sources = _SOURCES | {name.replace("_", "-"): value for name, value in changed.items()}
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


CONTENT_SECURITY_POLICY = _policy()
# For pages that other sites may frame: no scripts, no requests, no forms.
FRAMED_POLICY = _policy(script_src="'none'", connect_src="'none'", form_action="'none'", frame_ancestors="*")
# For uploads: whatever the bytes are, no browser runs them as a page of this site.
INERT_POLICY = "default-src 'none'; sandbox"
# SHAREABLE lets pages of other sites embed a response (CORP).
# READABLE lets their scripts read it, without cookies (CORS).
SHAREABLE = {"Cross-Origin-Resource-Policy": "cross-origin"}
READABLE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, RateLimit, RateLimit-Policy, Retry-After",
}
# The answer to a CORS preflight, the same for every view.
_PREFLIGHT = READABLE | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Sets the content security policy and related headers, unless the view has set its own.

    It is near the outside of the stack, because a response from an inner middleware, such as a redirect to https or the
    refusal of a wrong host, doesn't pass the middleware inside that one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Permissions-Policy": PERMISSIONS_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(settings.STATIC_URL):
            # A sandboxed frame has an opaque origin, so even our own styles are cross-origin to it.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        if "public" in response.headers.get("Cache-Control", ""):
            # A cache would send one reader's cookie to others. Django sets a new cookie if the one sent is malformed.
            response.cookies.clear()
        return response


def shareable(view: View[P]) -> View[P]:
    """Lets pages of other sites embed the response, for example as an image (CORP)."""
    return _add_headers(SHAREABLE, view)


def framable(view: View[P]) -> View[P]:
    """Lets pages of other sites show the response in a frame."""
    return xframe_options_exempt(_add_headers({"Content-Security-Policy": FRAMED_POLICY}, shareable(view)))


def readable(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets scripts in pages of other sites read the response and send any header, without cookies (CORS)."""
    opened = _add_headers(READABLE, view)

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=_PREFLIGHT)
        return opened(request, *args, **kwargs)

    return answer


def _add_headers(headers: dict[str, str], view: View[P]) -> View[P]:
    """Adds headers to every response, including 304, whose headers replace those in caches (RFC 9111, section 3.2)."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return answer
