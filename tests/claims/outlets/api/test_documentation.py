"""The API's documentation page, made from the OpenAPI document."""

import html
import re

import pytest
from django.conf import LazySettings
from django.test import Client

from claims.outlets.api.schema import document
from tests.claims.outlets.pages.pages import assert_inert, text_of

pytestmark = pytest.mark.django_db


def test_it_explains_every_address_parameter_and_field(client: Client) -> None:
    text = text_of(client, "/api/")
    assert_inert(text)
    said = html.unescape(re.sub(r"<[^>]+>", "", text))
    schema = document()
    for path, operations in schema["paths"].items():
        assert path in said
        assert operations["get"]["summary"] in said
    for component in schema["components"]["schemas"].values():
        for name in component["properties"]:
            assert f"<code>{name}</code>" in text or component["description"] == "A page of a list."


def test_every_link_within_it_leads_somewhere(client: Client) -> None:
    text = text_of(client, "/api/")
    anchors = re.findall(r' id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)
    # The types of problems link to these anchors.
    assert {"parameters", "withdrawn", "redacted", "outdated"} <= set(anchors)


def test_a_list_of_terms_has_each_term_once(client: Client) -> None:
    lists = re.findall(r"<dl.*?</dl>", text_of(client, "/api/"), re.DOTALL)
    terms = [re.findall(r"<dt[^>]*>(.*?)</dt>", one) for one in lists]
    assert ["410" in names for names in terms].count(True) == 1
    assert [names for names in terms if len(names) != len(set(names))] == []


def test_its_addresses_are_those_of_the_site(client: Client, settings: LazySettings) -> None:
    settings.SITE_URL = "https://check.example"
    text = text_of(client, "/api/")
    assert "https://check.example/api/v1/claims/" in text
    assert "600 requests in 60 seconds" in text


def test_every_page_leads_to_it(client: Client) -> None:
    for address in ("/", "/es/", "/about/how-it-works/"):
        assert 'href="/api/"' in text_of(client, address)


def test_it_asks_only_for_the_links_in_its_foot(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        text_of(client, "/api/")
