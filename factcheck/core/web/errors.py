"""Responses for bad requests, too many requests, server errors and a database that isn't available.

Django renders the templates for 400 and 500 without a context. API clients get problem details (RFC 9457) instead of a
page.
"""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from factcheck.core.database import is_unavailable
from factcheck.core.web.context import site
from factcheck.core.web.outages import unavailable
from factcheck.core.web.problems import problem

# Paths of the API.
_API_PATHS = ("/api/v1/",)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Status 400. Quotes nothing from the request, because that is what can't be read."""
    if _is_api(request):
        return problem(400, "We can't read this request. Check its host, headers and parameters.")
    return HttpResponse(render_to_string("400.html", site(request)), status=400)


def too_many_requests(request: HttpRequest, _limit: str, message: str) -> HttpResponse:
    """The page with status 429 for `limited`. It leads back to the same address, so nothing that was typed is lost."""
    return render(request, "429.html", {"message": message, "address": request.get_full_path()}, status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Status 500, or 503 if the database isn't available. Uses no database."""
    # Django calls this while it handles the exception, from a view or from any middleware.
    error = sys.exc_info()[1]
    if error is not None and is_unavailable(error):
        return unavailable(request, is_api=_is_api(request))
    if _is_api(request):
        return problem(500, "The fault is ours. Try again later.")
    return HttpResponse(render_to_string("500.html", site(request)), status=500)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(_API_PATHS)
