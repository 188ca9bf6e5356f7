"""The API as an OpenAPI document, generated from the views."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from claims.outlets.api.base import ApiView
from claims.record import imprint
from claims.schema import Content

_DESCRIPTION = "Published claims with their evidence, their history and their statistics. Read-only. No key needed."
# An example request to each operation, and two that fail, with the responses of an invented newsroom. By operation id.
EXAMPLES: dict[str, Content] = orjson.loads(Path(__file__).with_name("examples.json").read_bytes())


def document() -> Content:
    """The OpenAPI document. The same settings always give the same bytes."""
    return _build_schema(
        settings.SITE_NAME, settings.SITE_URL, settings.DATA_LICENSE, imprint.address("api:documentation")
    )


@cache
def _build_schema(site: str, address: str, terms: str, documentation: str) -> Content:
    with translation.override(settings.LANGUAGE_CODE):
        schema = _without_generator_notes(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]
    # No field of a claim is required: with `fields`, a client gets only some of them.
    del schema["components"]["schemas"]["Claim"]["required"]
    for path in schema["paths"].values():
        content = path["get"]["responses"]["200"]["content"]
        content["application/json"]["example"] = EXAMPLES[path["get"]["operationId"]]["answer"]
    info = {
        "title": f"{site}: API",
        "version": "1",
        "description": _DESCRIPTION,
        "license": {"name": terms, "url": terms},
    }
    # An empty `security` says that no operation needs a key.
    return {
        **schema,
        "info": info,
        "servers": [{"url": address}],
        "security": [],
        "externalDocs": {"url": documentation},
    }


def _without_generator_notes(value: Any) -> Any:
    """`value` without the keys that drf-spectacular adds for its own use."""
    match value:
        case dict():
            return {name: _without_generator_notes(item) for name, item in value.items() if name != "x-spec-enum-id"}
        case list():
            return [_without_generator_notes(item) for item in value]
    return value


class Schema(ApiView):
    """This API as an OpenAPI 3.1 document."""

    name = "schema"
    schema = None  # type: ignore[assignment]  # the document doesn't describe itself

    def get(self, request: Request) -> Response:
        self.read_parameters()
        return self.answer(document())
