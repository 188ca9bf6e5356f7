"""What the schema says of an address: its parameters, its answers and its errors, all from the view itself."""

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from claims.outlets.api import paging, parameters, shapes
from factcheck.core.web import problems

_PATH: dict[str, tuple[dict[str, Any], str]] = {
    "slug": ({"type": "string", "pattern": f"^{paging.SLUG}$"}, "The name in the address."),
    "number": ({"type": "integer", "minimum": 1}, "The number of the version."),
}
# What each parameter means; what it can be follows from its field.
_EXPLAINED = {
    "q": "Words, names and numbers to search for, “quoted words” in their order, and `-word` to leave out.",
    "rating": "The slug of a rating. Repeat it for any of several.",
    "topic": "The slug of a topic. Repeat it for any of several.",
    "claimant": "The slug of who made the claim.",
    "article": "The slug of an article in which it appeared.",
    "outlet": "The slug of the publisher of such an article.",
    "source": "The slug of a source that it appeared in or rests on.",
    "kind": "What sort it is.",
    "language": "The language of the claim, as a tag: `en`, `es`, `pt-BR`.",
    "year": "The year in which it was made.",
    "since": "Claims that may have been made on that day or later: `2025-06-21`, `2025-06` or `2025`.",
    "until": "Claims that may have been made on that day or earlier.",
    "sort": "`relevance` in a search, `newest` for the newest verdict, `newest-claim` for what was said last.",
    "fields": "Only these fields of each claim, with commas between them: `statement,rating`.",
    "page_size": f"How many a page has; {paging.PAGE} without it.",
    "cursor": "Where the page begins. Follow `next` and `previous` rather than making one.",
}
_HEADERS = {
    "ETag": "Names these bytes. Send it back as `If-None-Match`, and get 304 while they are the same.",
    "Link": "The pages beside this one (`next`, `prev`), and the licence of the data (`license`).",
    "RateLimit-Policy": 'How often your network may ask: `"api";q=600;w=60` is 600 requests in 60 seconds.',
    "RateLimit": "How often it still may (`r`), and in how many seconds the count begins anew (`t`).",
}
_ERRORS = {
    400: "A parameter cannot be read or is not known: `errors` says which.",
    404: "There is nothing at this address, or nothing was published here: the answer is the same for both.",
    410: "It was withdrawn or redacted: the public reason. Or a list changed too much since its first page.",
    429: "Too many requests came from your network: `Retry-After` says how many seconds to wait.",
    "default": "Any other error.",
}


class Operation(AutoSchema):
    """An operation of the schema, as its view declares it."""

    view: Any

    def get_operation_id(self) -> str:
        return str(self.view.name)

    def get_tags(self) -> list[str]:
        return []

    def get_summary(self) -> str:
        return self._explained()[0]

    def get_description(self) -> str:  # type: ignore[override]
        return "\n\n".join(self._explained()[1:])

    def _explained(self) -> list[str]:
        text = self.view.explained or inspect.getdoc(type(self.view)) or ""
        return [" ".join(part.split()) for part in text.split("\n\n")]

    def get_override_parameters(self) -> list[Any]:
        view = self.view
        named = [
            OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=explained)
            for name, (schema, explained) in _PATH.items()
            if f"{{{name}}}" in self.path
        ]
        filters = view.filterset({}).form.fields if view.filterset else {}
        asked = [
            OpenApiParameter(
                name,
                parameters.schema_of(field),
                description=_EXPLAINED[name],
                explode=False if isinstance(field, parameters.FieldsField) else None,
            )
            for name, field in {**filters, **view.takes}.items()
        ]
        headers = [
            OpenApiParameter(name, str, OpenApiParameter.HEADER, description=explained, response=[200])
            for name, explained in _HEADERS.items()
        ]
        return [*named, *asked, *headers]

    def get_response_serializers(self) -> Any:
        never = {*([] if "{" in self.path else [404]), *([] if "/claims/" in self.path else [410])}
        errors = {
            (code, problems.MEDIA_TYPE): OpenApiResponse(shapes.Problem, explained)
            for code, explained in _ERRORS.items()
            if code not in never
        }
        unchanged = OpenApiResponse(description="You have these bytes already.")
        return {200: OpenApiResponse(self.view.shape, self._explained()[0]), 304: unchanged, **errors}
