"""The headers that every answer carries, and what a view may open to other sites."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt

P = ParamSpec("P")
View = Callable[P, HttpResponseBase]

# One constant policy without nonces: a cached page with a nonce would be a page with a known one.
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
# Of a page that may be framed: it can neither run nor send anything.
FRAMED_POLICY = _policy(script_src="'none'", connect_src="'none'", form_action="'none'", frame_ancestors="*")
# What lets pages of other sites show an answer, and what lets programs in them read it, without cookies.
SHAREABLE = {"Cross-Origin-Resource-Policy": "cross-origin"}
READABLE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, RateLimit, RateLimit-Policy, Retry-After",
}
# What a program may ask with: the same for all, so that nothing needs to be looked up.
_PREFLIGHT = READABLE | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Sets the content security policy and its company, unless the view set its own.

    It stands outermost: an answer that an inner middleware gives, such as a redirect to https or the refusal of
    a wrong host, never passes those within.
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
            # A framed page that is sandboxed has no origin, and so none in common with its own styles.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        if "public" in response.headers.get("Cache-Control", ""):
            # A cache would hand one reader's cookie to the next, and whose cookie is malformed is sent a new one.
            response.cookies.clear()
        return response


def shareable(view: View[P]) -> View[P]:
    """Lets pages of other sites show the answer as a part of themselves."""
    return _with(SHAREABLE, view)


def framable(view: View[P]) -> View[P]:
    """Lets pages of other sites show the answer in a frame."""
    return xframe_options_exempt(_with({"Content-Security-Policy": FRAMED_POLICY}, shareable(view)))


def readable(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lets programs in pages of other sites read the answer, and ask with any header. They come without cookies."""
    opened = _with(READABLE, view)

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=_PREFLIGHT)
        return opened(request, *args, **kwargs)

    return answer


def _with(headers: dict[str, str], view: View[P]) -> View[P]:
    """Also on the answer "not modified": caches put its headers in the place of those they kept (RFC 9111, 3.2)."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return answer
