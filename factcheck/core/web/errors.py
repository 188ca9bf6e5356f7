"""Answers to requests that cannot be read, and to errors of ours: Django gives both templates no context.

A program gets a problem (RFC 9457) in the place of a page.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from factcheck.core.web.context import site
from factcheck.core.web.problems import problem

# Below these paths programs ask.
_FOR_PROGRAMS = ("/api/v1/",)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: says nothing of what was sent, since that is what could not be read."""
    if _is_program(request):
        return problem(400, "This request cannot be read. Look at its host, its headers and its parameters.")
    return HttpResponse(render_to_string("400.html", site(request)), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: needs neither the database nor anything of the request."""
    if _is_program(request):
        return problem(500, "Something went wrong on our side. Try again later.")
    return HttpResponse(render_to_string("500.html", site(request)), status=500)


def _is_program(request: HttpRequest) -> bool:
    return request.path_info.startswith(_FOR_PROGRAMS)
