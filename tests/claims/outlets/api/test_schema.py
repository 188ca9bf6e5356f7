"""The OpenAPI document describes exactly what the API does."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from claims.models import Rating
from claims.outlets.api.schema import EXAMPLES, document
from claims.schema import Content
from claims.search.filters import ClaimFilterSet, CorrectionFilterSet
from factcheck.core.web.problems import MEDIA_TYPE
from tests.claims.outlets.pages.pages import ERROR_ADDRESSES, all_api_addresses
from tests.factories import (
    AppearanceFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    withdrawn,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def record() -> None:
    """Claims with all fields and with few, with ratings on and off the scale, corrected and withdrawn."""
    topic = TopicFactory(slug="water")
    full = ClaimFactory(
        topics=[topic], places=["Denver"], missing="The contract", method="By hand.", claimed_on="2024-05-01"
    )
    full.claimant.affiliations.create(name="The council", started="2020")
    EvidenceFactory(claim=full, source=SourceFactory(address_is_private=True, authors=["A. Writer"]))
    AppearanceFactory(claim=full, prefix="She said", suffix="and left")
    corrected(published(full), summary="Other.")
    corrected(published(claimant=None, topics=[]), rating=Rating.objects.get(slug="unverified"))
    withdrawn(published())


def strict(schema: Any) -> Any:
    """The schema, made strict: objects must have all declared fields and no others."""
    match schema:
        case {"properties": properties}:
            closed = {name: strict(part) for name, part in schema.items() if name != "example"}
            optional = {"value", "worst", "best", "errors"}  # missing in a rating off the scale, and in most problems
            required = [name for name in properties if name not in optional]
            return closed | {"properties": strict(properties), "additionalProperties": False, "required": required}
        case dict():
            return {name: strict(part) for name, part in schema.items()}
        case list():
            return [strict(part) for part in schema]
    return schema


def validator(name: str) -> Draft202012Validator:
    components = {"components": strict(document()["components"])}
    return Draft202012Validator(components | {"$ref": f"#/components/schemas/{name}"})


def operation(path: str) -> Content:
    """The operation in the schema for a request to this path."""
    wanted = path.split("?", maxsplit=1)[0].split("/")
    for template, operations in document()["paths"].items():
        parts = template.split("/")
        if len(parts) == len(wanted) and all(
            part.startswith("{") or part == found for part, found in zip(parts, wanted, strict=True)
        ):
            found: Content = operations["get"]
            return found
    raise AssertionError(f"{path} is not in the schema")


def shape_of(path: str) -> str:
    content = operation(path)["responses"]["200"]["content"]["application/json"]
    return str(content["schema"]["$ref"]).rpartition("/")[2]


@pytest.mark.usefixtures("record")
def test_every_answer_has_the_declared_fields_and_no_other(client: Client) -> None:
    asked = 0
    for address in all_api_addresses():
        if "fields=" in address or address == "/api/v1/schema.json":
            continue
        answer = client.get(address)
        found = shape_of(address) if answer.status_code == 200 else None
        if found:
            errors = [error.message for error in validator(found).iter_errors(answer.json())]
            assert errors == [], address
            asked += 1
    assert asked > 30


@pytest.mark.usefixtures("record")
def test_every_error_is_a_problem(client: Client) -> None:
    check = Draft202012Validator({**document()["components"]["schemas"]["Problem"]})
    for address in (address for address in ERROR_ADDRESSES if address.startswith("/api/")):
        answer = client.get(address)
        assert answer.headers["Content-Type"] == MEDIA_TYPE
        assert list(check.iter_errors(answer.json())) == []


def test_the_examples_match_the_schema() -> None:
    for path, operations in document()["paths"].items():
        name = operations["get"]["operationId"]
        example, address = EXAMPLES[name]["answer"], f"/api/v1/{EXAMPLES[name]['path']}"
        assert operation(address)["operationId"] == name, path
        if "fields=" not in address:
            assert [error.message for error in validator(shape_of(address)).iter_errors(example)] == [], name


def test_it_is_an_openapi_document_of_the_same_bytes_each_time(client: Client) -> None:
    first, second = client.get("/api/v1/schema.json"), client.get("/api/v1/schema.json")
    assert first.content == second.content
    schema = first.json()
    assert schema["openapi"] == "3.1.1"
    assert schema["info"]["license"]["url"] == "https://creativecommons.org/licenses/by/4.0/"
    for component in schema["components"]["schemas"].values():
        Draft202012Validator.check_schema(component)
        assert component["description"]
    operations = [path["get"] for path in schema["paths"].values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for one in operations:
        assert one["summary"]
        assert all(parameter["description"] for parameter in one.get("parameters", []))


def test_the_generator_gives_no_warnings() -> None:
    document()
    assert not GENERATOR_STATS


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("/api/v1/claims/", ClaimFilterSet),
        ("/api/v1/statistics/", ClaimFilterSet),
        ("/api/v1/corrections/", CorrectionFilterSet),
    ],
)
def test_every_filter_is_in_it(path: str, filters: Any) -> None:
    named = [parameter["name"] for parameter in operation(path)["parameters"]]
    assert set(filters.base_filters) <= set(named)


def test_the_schema_says_where_the_api_is_and_that_no_key_is_needed() -> None:
    assert document()["servers"] == [{"url": settings.SITE_URL}]
    assert document()["security"] == []
