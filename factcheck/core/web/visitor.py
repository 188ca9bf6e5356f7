"""Requests to our own site in the same process, as an anonymous reader makes them."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase

from factcheck.core.web.context import MIRROR


class Visitor(BaseHandler):
    """A client without session or cookies that requests pages of `SITE_URL` for the static copy.

    Requests run through all middleware and views, on the caller's database connection. Inside a transaction they see
    the same data as the caller.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def request(self, address: str) -> WSGIRequest:
        """A GET request for a path, with or without a query string. Its `META` has MIRROR, for views and templates."""
        path, _, query = address.partition("?")
        site = urlsplit(settings.SITE_URL)
        return WSGIRequest(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "SERVER_NAME": site.hostname,
                "SERVER_PORT": str(site.port or {"http": 80, "https": 443}[site.scheme]),
                "HTTP_HOST": site.netloc,
                "REMOTE_ADDR": "127.0.0.1",
                "wsgi.url_scheme": site.scheme,
                "wsgi.input": io.BytesIO(),
                MIRROR: True,
            }
        )

    @contextmanager
    def answer(self, address: str) -> Iterator[HttpResponseBase]:
        """The response to a GET of the address."""
        response = self.get_response(self.request(address))
        try:
            yield response
        finally:
            response.close()


@contextmanager
def visits() -> Iterator[Visitor]:
    """A visitor whose requests keep the database connection open and log only errors.

    Otherwise Django would close a connection at the end of a request, even inside a transaction.
    """
    log = logging.getLogger("django.request")
    level = log.level
    request_finished.disconnect(close_old_connections)
    log.setLevel(logging.ERROR)
    try:
        yield Visitor()
    finally:
        log.setLevel(level)
        request_finished.connect(close_old_connections)
