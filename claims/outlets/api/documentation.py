"""The documentation page of the API, made from the OpenAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from claims.outlets.api import claim_lists
from claims.outlets.api.base import MOST_CHARACTERS
from claims.outlets.api.schema import EXAMPLES, document
from claims.outlets.responses import public_page
from claims.record import imprint
from claims.schema import Content
from factcheck.core.web import caching
from factcheck.core.web.limits import LIMITS


@dataclass(frozen=True)
class Field:
    """A field of an object, or a parameter of an operation."""

    name: str
    # Its type, in words.
    holds: str
    # The name of the object that it holds, alone or in a list. Empty for other types.
    of: str
    meaning: str
    is_always_there: bool = True


@dataclass(frozen=True)
class Address:
    """An operation: its parameters, the object that it returns (`gives`), and an example request with its response."""

    name: str
    path: str
    summary: str
    explained: str
    parameters: list[Field]
    gives: str
    is_list: bool
    example: str
    answer: str


@dataclass(frozen=True)
class Kind:
    """A kind of object in responses."""

    name: str
    meaning: str
    fields: list[Field]


@public_page
def documentation(request: HttpRequest) -> HttpResponse:
    """The documentation page: every operation of the API, with its parameters and its response."""
    schema = document()
    context = {
        "root": imprint.address("api:root"),
        "schema": imprint.address("api:schema"),
        "addresses": list(_addresses(schema)),
        "kinds": list(_kinds(schema["components"]["schemas"])),
        "problems": {name: _pretty(EXAMPLES[name]["answer"]) for name in ("parameters", "withdrawn")},
        "limit": LIMITS["api"],
        "fresh": caching.SECONDS_FRESH,
        "ranked": claim_lists.MOST_RANKED,
        "longest": MOST_CHARACTERS,
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
    }
    return render(request, "claims/api.html", context)


def _addresses(schema: Content) -> Iterator[Address]:
    for path, operations in schema["paths"].items():
        operation = operations["get"]
        gives = _object_name(operation["responses"]["200"]["content"]["application/json"]["schema"])
        is_list = gives.endswith("Page")
        example = EXAMPLES[operation["operationId"]]
        yield Address(
            name=operation["operationId"],
            path=path,
            summary=operation["summary"],
            explained=operation.get("description", ""),
            parameters=[
                _field(parameter["name"], parameter["schema"], parameter["description"])
                for parameter in operation.get("parameters", [])
            ],
            gives=gives.removesuffix("Page"),
            is_list=is_list,
            example=f"{imprint.address('api:root')}{example['path']}",
            answer=_pretty(example["answer"]),
        )


def _kinds(components: Content) -> Iterator[Kind]:
    for name, component in components.items():
        if not name.endswith("Page"):
            # "required" is missing for a claim, whose fields are all present unless `fields` selects some.
            always = component.get("required", component["properties"])
            yield Kind(
                name,
                component["description"],
                [
                    _field(field, schema, schema.get("description", ""), is_always_there=field in always)
                    for field, schema in component["properties"].items()
                ],
            )


def _field(name: str, schema: Content, meaning: str, *, is_always_there: bool = True) -> Field:
    return Field(name, _type_in_words(schema), _object_name(schema), meaning, is_always_there)


def _object_name(schema: Content) -> str:
    """The name of the object that a schema describes, alone or in a list. Empty for other schemas."""
    for part in (schema, schema.get("items", {}), *schema.get("allOf", []), *schema.get("oneOf", [])):
        if "$ref" in part:
            return str(part["$ref"]).rpartition("/")[2]
    return ""


def _type_in_words(schema: Content) -> str:
    """The type that a schema describes, in words."""
    match schema:
        case {"oneOf": _}:
            words = "object or null"
        case {"$ref": _} | {"allOf": _}:
            words = "object"
        case {"anyOf": _}:
            words = "day, month or year"
        case {"enum": values}:
            words = f"one of {', '.join(f'`{value}`' for value in values)}"
        case {"items": {"$ref": _}}:
            words = "list"
        case {"items": items}:
            most = f" of up to {schema['maxItems']}" if "maxItems" in schema else ""
            words = f"list{most}, each {_type_in_words(items)}"
        case {"minimum": least, "maximum": most}:
            words = f"whole number, {least} to {most}"
        case _:
            kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
            words = " or ".join("null" if kind == "null" else _WORDS[schema.get("format", kind)] for kind in kinds)
    return words


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "double": "number",
    "boolean": "true or false",
    "object": "object",
    "uri": "address",
    "date": "day",
    "date-time": "time",
}


def _pretty(answer: Content) -> str:
    return orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode()
