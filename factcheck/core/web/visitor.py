"""Asking this site for its own pages, in this process, as a stranger does."""

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
    """A reader without session and cookie who comes to `SITE_URL`, for a copy of the site.

    Requests go through every middleware and view, and through the caller's database connection: inside a transaction
    they all see what it sees.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def request(self, address: str) -> WSGIRequest:
        """The request for a path, with or without a query; templates and views find MIRROR in its environment."""
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
        """The answer to a GET of the address."""
        response = self.get_response(self.request(address))
        try:
            yield response
        finally:
            response.close()


@contextmanager
def visits() -> Iterator[Visitor]:
    """A visitor whose requests leave the database connection open and log errors alone.

    At the end of a request Django closes a connection that is inside a transaction.
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
