"""The schema of each operation: its parameters, its responses and its errors, all read from the view."""

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from claims.outlets.api import paging, parameters, shapes
from factcheck.core.web import problems

_PATH: dict[str, tuple[dict[str, Any], str]] = {
    "slug": ({"type": "string", "pattern": f"^{paging.SLUG}$"}, "The slug: the name in the address."),
    "number": ({"type": "integer", "minimum": 1}, "The number of the version."),
}
# The meaning of each parameter. Its type follows from its form field.
_MEANINGS = {
    "q": "Words, names and numbers to search for. “Quoted words” must be in this order. `-word` excludes a word.",
    "rating": "The slug of a rating. Repeat the parameter to accept any of several.",
    "topic": "The slug of a topic. Repeat the parameter to accept any of several.",
    "claimant": "The slug of the claimant: the person or organisation that made the claim.",
    "article": "The slug of an article in which the claim appeared.",
    "outlet": "The slug of the outlet that published an article with the claim.",
    "source": "The slug of a source in which the claim appeared, or that is linked to it as evidence.",
    "kind": "The kind of claim or of correction.",
    "language": "The language of the claim, as a language tag: `en`, `es`, `pt-BR`.",
    "year": "The year in which the claim was made.",
    "since": "Claims that may have been made on this date or later: `2025-06-21`, `2025-06` or `2025`.",
    "until": "Claims that may have been made on this date or earlier.",
    "sort": "`relevance` (in a search), `newest` (newest verdict first) or `newest-claim` (newest claim first).",
    "text": "The text to compare: a post, a sentence or a web address.",
    "date": "The day on which the text was published. Without it no claim is more than `perhaps-related` by its words.",
    "fields": "Return only these fields of each claim. Separate them with commas: `statement,rating`.",
    "page_size": f"The number of items on a page. The default is {paging.DEFAULT_PAGE_SIZE}.",
    "cursor": "Where the page begins. Don't build cursors yourself: follow `next` and `previous`.",
}
_HEADERS = {
    "ETag": "Identifies this content. Send it back as `If-None-Match` to get 304 if nothing has changed.",
    "Link": "The next and the previous page (`next`, `prev`), and the licence of the data (`license`).",
    "RateLimit-Policy": 'The limit for your network: `"api";q=600;w=60` means 600 requests in 60 seconds.',
    "RateLimit": "The number of requests left (`r`), and the seconds until the count starts again (`t`).",
}
_ERRORS = {
    400: "A parameter is unknown or invalid. `errors` says which.",
    404: "Nothing exists at this URL, or it was never published. The response is the same for both.",
    410: "The claim was withdrawn or the version redacted (with the reason), or the list changed too much to continue.",
    429: "Too many requests from your network. `Retry-After` says how many seconds to wait.",
    "default": "Any other error.",
}


class Operation(AutoSchema):
    """The OpenAPI operation of a view, from the attributes of `ApiView`."""

    view: Any

    def get_operation_id(self) -> str:
        return str(self.view.name)

    def get_tags(self) -> list[str]:
        return []

    def get_summary(self) -> str:
        return self._paragraphs()[0]

    def get_description(self) -> str:  # type: ignore[override]
        return "\n\n".join(self._paragraphs()[1:])

    def _paragraphs(self) -> list[str]:
        text = self.view.description or inspect.getdoc(type(self.view)) or ""
        return [" ".join(part.split()) for part in text.split("\n\n")]

    def get_override_parameters(self) -> list[Any]:
        view = self.view
        path_parameters = [
            OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=meaning)
            for name, (schema, meaning) in _PATH.items()
            if f"{{{name}}}" in self.path
        ]
        filters = view.filterset({}).form.fields if view.filterset else {}
        query_parameters = [
            OpenApiParameter(
                name,
                parameters.schema_of(field),
                required=field.required,
                description=_MEANINGS[name],
                explode=False if isinstance(field, parameters.FieldsField) else None,
            )
            for name, field in {**filters, **view.extra_parameters}.items()
        ]
        headers = [
            OpenApiParameter(name, str, OpenApiParameter.HEADER, description=meaning, response=[200])
            for name, meaning in _HEADERS.items()
        ]
        return [*path_parameters, *query_parameters, *headers]

    def get_response_serializers(self) -> Any:
        # Only addresses with a slug can be missing, and only claims can be withdrawn.
        impossible = {*([] if "{" in self.path else [404]), *([] if "/claims/" in self.path else [410])}
        errors = {
            (code, problems.MEDIA_TYPE): OpenApiResponse(shapes.Problem, meaning)
            for code, meaning in _ERRORS.items()
            if code not in impossible
        }
        unchanged = OpenApiResponse(description="Nothing has changed: you already have this content.")
        return {200: OpenApiResponse(self.view.shape, self._paragraphs()[0]), 304: unchanged, **errors}
