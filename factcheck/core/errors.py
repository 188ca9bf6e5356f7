"""Answers to requests that cannot be read, and to errors of ours: Django gives both templates no context."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from factcheck.core.context import site


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: says nothing of what was sent, since that is what could not be read."""
    return HttpResponse(render_to_string("400.html", site(request)), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: needs neither the database nor anything of the request."""
    return HttpResponse(render_to_string("500.html", site(request)), status=500)
