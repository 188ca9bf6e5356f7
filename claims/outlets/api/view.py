"""An address of the API: how it is asked, and how it answers, whatever it answers with."""

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
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.utils.http import http_date, parse_http_date_safe
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.models import Revision
from claims.outlets.answers import SECONDS_FRESH
from claims.outlets.api.operations import Operation
from claims.outlets.api.paging import Page
from claims.outlets.api.parameters import cleaned
from claims.outlets.api.shapes import Shape
from claims.record import imprint
from claims.record.canonical import moment
from claims.record.reading import Redacted, Withdrawn
from claims.search.filters import FilterSet
from factcheck.core.web.headers import readable, shareable
from factcheck.core.web.limits import limited
from factcheck.core.web.problems import not_found, problem

View = Callable[..., HttpResponseBase]

# Longer addresses are refused; a cursor comes on top. A page's address then fits the line that the web server reads.
MOST_CHARACTERS = 4_000
# A longer Link header would not pass every proxy. What it says stands in the answer as well.
_LONGEST_LINK = 2_000
# What follows from the address alone may be kept, like an answer.
_KEPT = {200, 400, 404, 410, 414}


class Json(BaseRenderer):
    """JSON, with what is stored as JSON put in as it is."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return orjson.dumps(data)


class JsonAlone(BaseContentNegotiation):
    """JSON for everybody who does not rule it out."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        asked = request.META.get("HTTP_ACCEPT") or "*/*"
        types = {part.partition(";")[0].strip().lower() for part in asked.split(",")}
        if not types & {"*/*", "application/*", "application/json", "application/problem+json"}:
            raise NotAcceptable
        return renderers[0], renderers[0].media_type


class Ended(Exception):
    """The request ends with this answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


@dataclass(frozen=True)
class Asked:
    """What a request asks for: the value of each parameter, and the filters."""

    values: Mapping[str, Any]
    filters: Any
    # The part of an address that asks for the same again, whatever page.
    query: str


class ApiView(APIView):
    """An address that gives JSON to everybody, without a key, a session or a cookie."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = (Json,)
    content_negotiation_class = JsonAlone
    schema = Operation()

    # The name of the address, and of its operation in the schema.
    name = ""
    # What it says of itself, where that is not its docstring.
    explained = ""
    # What it answers with, and what it can be asked with beside the filters.
    shape: type[Shape] = Shape
    takes: Mapping[str, forms.Field] = {}
    filterset: type[FilterSet] | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> View:  # type: ignore[override]
        """The address with all that holds for each: any site's scripts may read it, and its limit is the API's."""
        return readable(shareable(limited("api")(_finished(super().as_view(**initkwargs)))))

    def asked(self, queryset: Any = None) -> Asked:
        """What this request asks for. Ends it when that cannot be read, or is not known here."""
        data = self.request.query_params
        if len(self.request.META.get("QUERY_STRING", "")) - len(data.get("cursor", "")) > MOST_CHARACTERS:
            raise Ended(problem(414, f"Ask with {MOST_CHARACTERS} characters or less after the question mark."))
        values, errors = cleaned(self.takes, data)
        filters = self.filterset(data, queryset=queryset) if self.filterset else None
        known = [*self.takes]
        if filters:
            known = [*filters.form.fields, *known]
            errors |= {name: [str(error) for error in found] for name, found in filters.errors.items()}
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        errors |= {
            name: ["Give it a value, or leave it out."] for name in data if name != "q" and "" in data.getlist(name)
        }
        errors |= {name: [f"This address has no such parameter. {takes}"] for name in data if name not in known}
        if errors:
            sentence = "Parameters cannot be read, or are not known here: `errors` says which, and what to do."
            kind = problem_kind("parameters")
            raise Ended(problem(400, sentence, kind=kind, title="Parameters not understood", errors=errors))
        said = urlencode([(name, data[name]) for name in self.takes if name != "cursor" and data.get(name)])
        return Asked(values, filters, "&".join(filter(None, [filters.query if filters else "", said])))

    def answer(
        self, data: Any, modified: datetime.datetime | None = None, *, links: Iterable[tuple[str, str]] = ()
    ) -> Response:
        """`data` as JSON, with when it last changed, where that is known, and what else there is of it."""
        response = Response(data)
        every = [*links, ("license", settings.DATA_LICENSE)]
        link = ", ".join(f'<{address}>; rel="{relation}"' for relation, address in every)
        if len(link) <= _LONGEST_LINK:
            response.headers["Link"] = link
        if modified:
            response.headers["Last-Modified"] = http_date(modified.timestamp())
        return response

    def page(self, page: Page[Any], results: Any, asked: Asked) -> Response:
        """A page of a list, with the addresses of the pages beside it."""

        def address(cursor: str) -> str | None:
            query = "&".join(filter(None, [asked.query, f"cursor={cursor}"]))
            return f"{imprint.address(f'api:{self.name}', *self.kwargs.values())}?{query}" if cursor else None

        following, before = address(page.next), address(page.previous)
        links = [(relation, found) for relation, found in [("next", following), ("prev", before)] if found]
        return self.answer({"next": following, "previous": before, "results": results}, links=links)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        match exc:
            case Ended():
                return exc.response
            case Http404():
                return not_found()
            case Withdrawn():
                return _gone("withdrawn", exc, exc.withdrawal)
            case Redacted():
                return _gone("redacted", exc, exc.redaction)
            case MethodNotAllowed():
                return problem(405, "This address answers GET and HEAD. Nothing can be changed here.")
            case NotAcceptable():
                return problem(406, "This address gives application/json alone. Accept it, or send no Accept header.")
        raise exc


def _gone(name: str, why: Exception, by: Revision) -> HttpResponse:
    """410, with what is left in public: who withdrew or redacted it, when and why."""
    left = {"slug": by.slug, "reason": by.reason, "signed_by": by.signed_by, "at": moment(by.at)}
    return problem(410, f"{why} The reason: {by.reason}", kind=problem_kind(name), title=name.capitalize(), **left)


def problem_kind(name: str) -> str:
    """The address that names a kind of problem, and where people find it explained."""
    return f"{imprint.address('api:documentation')}#{name}"


def _finished(view: View) -> View:
    """The view's answer as it leaves: as bytes, with how long they may be kept, and 304 to who has them."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = cast("HttpResponse", view(request, *args, **kwargs))
        if isinstance(response, Response):
            response.render()
        if response.status_code in _KEPT:
            patch_cache_control(response, public=True, max_age=SECONDS_FRESH)
        else:
            response.headers["Cache-Control"] = "no-store"
        if response.status_code != 200:  # noqa: PLR2004
            return response
        set_response_etag(response)
        modified = parse_http_date_safe(response.headers.get("Last-Modified", ""))
        found = get_conditional_response(request, response.headers["ETag"], modified, response) or response
        if found.status_code == 412:  # noqa: PLR2004
            return problem(412, "What stands here is not what your If-Match or If-Unmodified-Since asks for.")
        return found

    return answer
