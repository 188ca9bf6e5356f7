"""Responses to HEAD."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse


class HeadMiddleware:
    """Answers HEAD with the headers of GET and no body (RFC 9110, section 9.3.2).

    Views treat both alike. A server that drops the body itself logs a warning each time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                # Closing the response also closes the original stream, so nothing of it is generated.
                response.streaming_content = ()
            else:
                response.headers.setdefault("Content-Length", str(len(response.content)))
                response.content = b""
        return response
