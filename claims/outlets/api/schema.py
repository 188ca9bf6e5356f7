"""The API as an OpenAPI document, made of the views themselves."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from claims.outlets.api.view import ApiView
from claims.record import imprint
from claims.schema import Content

_DESCRIPTION = "Published claims with their evidence, their history and their figures. Read-only, without a key."
# One request to each address and to what goes wrong, by name, with its answer as an invented newsroom gave it.
EXAMPLES: dict[str, Content] = orjson.loads(Path(__file__).with_name("examples.json").read_bytes())


def document() -> Content:
    """The document, the same bytes however often it is made."""
    return _made(settings.SITE_NAME, settings.DATA_LICENSE, imprint.address("api:documentation"))


@cache
def _made(site: str, terms: str, documentation: str) -> Content:
    with translation.override(settings.LANGUAGE_CODE):
        made = _plain(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]
    # Whoever asks for some fields of a claim gets no others.
    del made["components"]["schemas"]["Claim"]["required"]
    for path in made["paths"].values():
        content = path["get"]["responses"]["200"]["content"]
        content["application/json"]["example"] = EXAMPLES[path["get"]["operationId"]]["answer"]
    info = {
        "title": f"{site}: API",
        "version": "1",
        "description": _DESCRIPTION,
        "license": {"name": terms, "url": terms},
    }
    return {**made, "info": info, "externalDocs": {"url": documentation}}


def _plain(value: Any) -> Any:
    """`value` without what the generator notes for itself."""
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items() if name != "x-spec-enum-id"}
        case list():
            return [_plain(item) for item in value]
    return value


class Schema(ApiView):
    """This API as an OpenAPI 3.1 document."""

    name = "schema"
    schema = None  # type: ignore[assignment]  # it does not describe itself

    def get(self, request: Request) -> Response:
        self.asked()
        return self.answer(document())
