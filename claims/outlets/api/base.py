"""The base class of the API's views: reading parameters, pages of lists, errors, ETags and caching."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import http_date, parse_http_date_safe
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.outlets.api.operations import Operation
from claims.outlets.api.paging import Page
from claims.outlets.api.parameters import clean_parameters
from claims.outlets.api.shapes import Shape
from claims.outlets.responses import moved_filters, moved_response
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.merged import Moved
from claims.record.reading import MergedClaim, Redacted, Withdrawn
from claims.search.filters import FilterSet
from factcheck.core.web import caching
from factcheck.core.web.headers import readable, shareable
from factcheck.core.web.limits import limited
from factcheck.core.web.problems import not_found, problem

View = Callable[..., HttpResponseBase]

# The longest query string, not counting its cursor; longer ones get 414. With a cursor, an address still fits into the
# request line that the web server reads.
MOST_CHARACTERS = 4_000
# A longer Link header might not pass every proxy, so it's left out. The body has the same links.
_MAX_LINK_LENGTH = 2_000
# Caches may keep these responses, because they depend only on the address.
_CACHEABLE = {200, 301, 400, 404, 410, 414}


class Json(BaseRenderer):
    """JSON by orjson, which inserts stored JSON (`orjson.Fragment`) unchanged."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return orjson.dumps(data)


class JsonOnly(BaseContentNegotiation):
    """Content negotiation that always chooses JSON. Raises NotAcceptable if the Accept header excludes it."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        accept = request.META.get("HTTP_ACCEPT") or "*/*"
        types = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
        if not types & {"*/*", "application/*", "application/json", "application/problem+json"}:
            raise NotAcceptable
        return renderers[0], renderers[0].media_type


class ImmediateResponse(Exception):
    """Raised to end the request with this response."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


@dataclass(frozen=True)
class Parameters:
    """The parameters of a request: the value of each, and the filters."""

    values: Mapping[str, Any]
    filters: Any
    # The query string that repeats the request, without the cursor.
    query: str


class ApiView(APIView):
    """A view that returns JSON to everybody, without a key, a session or a cookie."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = (Json,)
    content_negotiation_class = JsonOnly
    schema = Operation()

    # The name of the address, and of its operation in the schema.
    name = ""
    # Its description in the schema, if that isn't the docstring.
    description = ""
    # The shape of its response, and the parameters that it has besides the filters.
    shape: type[Shape] = Shape
    extra_parameters: Mapping[str, forms.Field] = {}
    filterset: type[FilterSet] | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> View:  # type: ignore[override]
        """The view function. Scripts on any site may read its response. Requests count towards the API's limit."""
        return readable(shareable(limited("api")(_finish_response(super().as_view(**initkwargs)))))

    def read_parameters(self, queryset: Any = None) -> Parameters:
        """The parameters of this request, with the filters applied to `queryset`.

        Raises ImmediateResponse if one is unknown or invalid (400), or if the query string is too long (414).
        """
        data = self.request.query_params
        if self.filterset and (moved := moved_filters(self.request)):
            raise ImmediateResponse(moved)
        if len(self.request.META.get("QUERY_STRING", "")) - len(data.get("cursor", "")) > MOST_CHARACTERS:
            sentence = f"This URL is too long. Use at most {MOST_CHARACTERS} characters after the question mark."
            raise ImmediateResponse(problem(414, sentence))
        values, errors = clean_parameters(self.extra_parameters, data)
        filters = self.filterset(data, queryset=queryset) if self.filterset else None
        known = [*self.extra_parameters]
        if filters:
            known = [*filters.form.fields, *known]
            errors |= {name: [str(error) for error in found] for name, found in filters.errors.items()}
        accepted = f"It accepts {', '.join(known)}." if known else "It accepts none."
        errors |= {
            name: ["This parameter is empty. Give it a value, or leave it out."]
            for name in data
            if name != "q" and "" in data.getlist(name)
        }
        errors |= {
            name: [f"This endpoint doesn't have this parameter. {accepted}"] for name in data if name not in known
        }
        if errors:
            sentence = "Some parameters are unknown or invalid. `errors` says which ones and how to fix them."
            kind = problem_kind("parameters")
            raise ImmediateResponse(problem(400, sentence, kind=kind, title="Parameters not understood", errors=errors))
        extra = urlencode([(name, data[name]) for name in self.extra_parameters if name != "cursor" and data.get(name)])
        return Parameters(values, filters, "&".join(filter(None, [filters.query if filters else "", extra])))

    def answer(
        self, data: Any, modified: datetime.datetime | None = None, *, links: Iterable[tuple[str, str]] = ()
    ) -> Response:
        """`data` as a JSON response, with links to related pages and, if it's known, the time of its last change."""
        response = Response(data)
        all_links = [*links, ("license", settings.DATA_LICENSE)]
        link = ", ".join(f'<{address}>; rel="{relation}"' for relation, address in all_links)
        if len(link) <= _MAX_LINK_LENGTH:
            response.headers["Link"] = link
        if modified:
            response.headers["Last-Modified"] = http_date(modified.timestamp())
        return response

    def page(self, page: Page[Any], results: Any, parameters: Parameters) -> Response:
        """A page of a list, with the addresses of the next and the previous page."""

        def address(cursor: str) -> str | None:
            query = "&".join(filter(None, [parameters.query, f"cursor={cursor}"]))
            return f"{imprint.address(f'api:{self.name}', *self.kwargs.values())}?{query}" if cursor else None

        following, before = address(page.next), address(page.previous)
        links = [(relation, found) for relation, found in [("next", following), ("prev", before)] if found]
        return self.answer({"next": following, "previous": before, "results": results}, links=links)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        match exc:
            case ImmediateResponse():
                return exc.response
            case Http404():
                return not_found()
            case Moved() | MergedClaim():
                return moved_response(self.request, exc)
            case Withdrawn() | Redacted():
                return _gone(exc)
            case MethodNotAllowed():
                return problem(405, "This API is read-only. Use GET or HEAD.")
            case NotAcceptable():
                return problem(406, "This API returns only application/json. Accept it, or send no Accept header.")
        raise exc


def _gone(why: Withdrawn | Redacted) -> HttpResponse:
    """The 410 response, with what stays public: who withdrew or redacted it, when and why."""
    name, by = ("withdrawn", why.withdrawal) if isinstance(why, Withdrawn) else ("redacted", why.redaction)
    details = {"slug": by.slug, "reason": by.reason, "signed_by": by.signed_by, "at": moment(by.at)}
    return problem(410, f"{why} Reason: {by.reason}", kind=problem_kind(name), title=name.capitalize(), **details)


def problem_kind(name: str) -> str:
    """The address that identifies a kind of problem. The documentation explains it there."""
    return f"{imprint.address('api:documentation')}#{name}"


def _finish_response(view: View) -> View:
    """Decorate an API view to render its response, set how long caches may keep it, and answer conditional requests."""

    @wraps(view)
    def finished(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = cast("HttpResponse", view(request, *args, **kwargs))
        if isinstance(response, Response):
            response.render()
        if response.status_code in _CACHEABLE:
            caching.share(response)
        else:
            response.headers["Cache-Control"] = "no-store"
        if response.status_code != 200:  # noqa: PLR2004
            return response
        set_response_etag(response)
        modified = parse_http_date_safe(response.headers.get("Last-Modified", ""))
        found = get_conditional_response(request, response.headers["ETag"], modified, response) or response
        if found.status_code == 412:  # noqa: PLR2004
            return problem(412, "The content doesn't match your If-Match or If-Unmodified-Since header. Get it again.")
        caching.copy(response, found)
        return found

    return finished
