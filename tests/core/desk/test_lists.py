"""Every list of the desk reads of its address what the list offers. Nothing else shows, hides or breaks anything."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim, Delivery, Subscriber
from claims.record import outbox
from factcheck.accounts import security
from factcheck.accounts.models import SecurityEvent, SecurityKind
from factcheck.core.desk.search import MOST_CHARACTERS, MOST_WORDS
from sources.models import Source
from tests.desk import read, signed_in
from tests.doors import DOORS
from tests.factories import ClaimFactory, SourceFactory, SubscriberFactory, UserFactory, published
from tests.test_desk_addresses import READ_ONLY

pytestmark = pytest.mark.django_db

MODELS = [*DOORS, *READ_ONLY]
# A lookup and a value with which Django would filter, or break.
HOSTILE = [
    *(("", "quxquux"), ("__exact", "quxquux"), ("__startswith", "quxquux"), ("__contains", "quxquux"), ("__in", "a,b")),
    *(("__regex", "("), ("__iregex", "(a+)+$"), ("__year", "0"), ("__year", "10000"), ("__iso_year", str(2**63))),
    *(("__range", "1"), ("__unaccent", "x"), ("__search", "x"), ("__overlap", "a"), ("__" + "9" * 20, "1")),
    *(("__gt", "0"), ("__isnull", "maybe"), ("__pk", "x"), ("__password__startswith", "md5"), ("__nul", "\0")),
    *(("__secret__startswith", "whsec_"), ("__id__exact", "9" * 30), ("__has_key", "x"), ("__trigram_similar", "x")),
]
BROKEN = [
    *("", "x", "0", "-1", "10000", str(2**63), "9" * 5_000, "%00", "%ED%A0%80", "'\"\\", "9999-12-31"),
    *("1&{}=x", "x&{}=%00", "0001-01-01 00:00:00%2B14:00"),
]


@pytest.fixture
def client() -> Client:
    return signed_in("Chief editor", is_superuser=True)


def address_of(model: type[Model], page: str = "changelist", *key: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=key)


def make(model: type[Model]) -> Model:
    """A row of this table."""
    row: Model = DOORS[model].make() if model in DOORS else READ_ONLY[model]()
    return row


def own_parameters(found: Any) -> set[str]:
    """What a list reads of its address."""
    filters = {name for one in found.filter_specs for name in one.expected_parameters()}
    period = {f"{found.date_hierarchy}__{part}" for part in ("year", "month", "day")} if found.date_hierarchy else set()
    view = {"view"} if found.model is Claim else set()
    return {*filters, *period, *view, *IGNORED_PARAMS, PAGE_VAR}


def shown(client: Client, address: str) -> tuple[list[Any], int]:
    """The keys in a list, or the lines of its file, and the number of queries that it needs."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        content = read(response)
    assert response.status_code == 200, address
    if response.streaming:
        # Each file adds a row to the list of security events.
        rows: list[Any] = [line for line in content.splitlines() if b"Data exported" not in line]
    else:
        rows = [row.pk for row in response.context["cl"].result_list]
    assert "quxquux" not in str(queries.captured_queries)
    return rows, len(queries)


def columns_of(model: type[Model]) -> list[str]:
    """The names of a table that a lookup can begin with: its columns, and the tables that refer to it."""
    return sorted(
        {name for field in model._meta.get_fields() for name in (field.name, getattr(field, "attname", ""))} - {""}
    )


@pytest.mark.parametrize("model", MODELS)
def test_a_parameter_that_the_list_does_not_have_changes_nothing(client: Client, model: type[Model]) -> None:
    make(model)
    own = own_parameters(client.get(address_of(model)).context["cl"])
    asked = [(f"{column}{lookup}", value) for column in columns_of(model) for lookup, value in HOSTILE]
    asked = [(name, value) for name, value in asked if name not in own]
    asked += [("pk", "0"), ("pk__in", "0"), ("nothing", "x"), ("nothing__secret", "x"), ("__", "x"), ("\0", "1")]
    asked += [("_changelist_filters", "pk=0"), ("_preserved_filters", "pk=0"), ("is_popup", "1")]
    for page in ("changelist", "csv"):
        plain = shown(client, address_of(model, page))
        assert plain[0], "there is a row to hide"
        for some in (asked[begin : begin + 900] for begin in range(0, len(asked), 900)):
            assert shown(client, f"{address_of(model, page)}?{urlencode(some)}") == plain


@pytest.mark.parametrize("secret", ["secret", "old_secret"])
def test_no_list_tells_a_secret(client: Client, secret: str) -> None:
    subscriber = SubscriberFactory.create()
    outbox.renew_secret(subscriber)
    subscriber.refresh_from_db()
    published()
    for model, column in ((Subscriber, secret), (Delivery, f"subscriber__{secret}")):
        plain = shown(client, address_of(model))
        for guess in (getattr(subscriber, secret)[:9], "wrong"):
            assert shown(client, f"{address_of(model)}?{column}__startswith={guess}") == plain


@pytest.mark.filterwarnings("ignore:DateTimeField")
@pytest.mark.parametrize("model", MODELS)
def test_no_value_of_a_parameter_breaks_a_list(client: Client, model: type[Model]) -> None:
    make(model)
    found = client.get(address_of(model)).context["cl"]
    filters = own_parameters(found) - {*IGNORED_PARAMS, PAGE_VAR}
    # What every list has is tried at two lists: one with all of it, and one that has a search of its own.
    common = {*IGNORED_PARAMS, PAGE_VAR, "e"} if model in {SecurityEvent, Claim} else set()
    for name in sorted({*filters, *common}):
        for value in BROKEN:
            query = f"{name}={value.replace('{}', name)}"
            response = client.get(f"{address_of(model)}?{query}")
            is_wrong = response.status_code == 302 and response.headers["Location"] == f"{address_of(model)}?e=1"
            assert is_wrong or response.status_code == 200, query
            if value in {"x", "%00"}:
                file = client.get(f"{address_of(model, 'csv')}?{query}")
                read(file)
                assert file.status_code == response.status_code, query


@pytest.mark.parametrize("model", MODELS)
def test_a_search_for_anything_is_a_page(client: Client, model: type[Model]) -> None:
    make(model)
    for text in ("%00", "%ED%A0%80", "'", '"', "\\", "%25", "_", "x" * 3_000, "é" * 3_000, "%22x " * 500, "1&q=2"):
        for page in ("changelist", "csv"):
            response = client.get(f"{address_of(model, page)}?q={text}", follow=True)
            read(response)
            assert response.status_code == 200, text


@pytest.mark.parametrize(
    "query", ["at__year=2026&kind__exact=export", "at__year=2026&at__month=2", "at__year=2026&at__month=2&at__day=3"]
)
def test_a_year_a_month_and_a_day_are_chosen(client: Client, query: str) -> None:
    for at in ("2025-12-31T12:00Z", "2026-02-03T12:00Z", "2027-01-01T12:00Z"):
        SecurityEvent.objects.create(kind=SecurityKind.EXPORT, about=at, at=at)
    rows = client.get(f"{address_of(SecurityEvent)}?{query}").context["cl"].result_list
    assert [row.about for row in rows] == ["2026-02-03T12:00Z"]


@pytest.mark.parametrize(
    "query",
    [
        *("at__year=9999", "at__year=9999&at__month=12", "at__year=9999&at__month=12&at__day=31", "at__year=0"),
        *(
            f"at__year={2**63}",
            f"at__year=2026&at__month={2**63}",
            "at__year=2026&at__month=13",
            "at__year=2026&at__day=x",
        ),
    ],
)
def test_a_period_that_is_none_shows_all_rows_and_says_so(client: Client, query: str) -> None:
    security.note(SecurityKind.EXPORT, about="here")
    page = client.get(f"{address_of(SecurityEvent)}?{query}", follow=True)
    assert page.context["cl"].result_count
    assert "This filter&#x27;s value isn&#x27;t valid, so the filter was ignored." in page.content.decode()


def test_a_value_that_no_filter_takes_shows_all_rows_again_however_often_it_is_sent(client: Client) -> None:
    SourceFactory.create()
    page = client.get(f"{address_of(Source)}?e=1&is_copy__exact=maybe", follow=True)
    assert page.context["cl"].result_count == 1


# Links


def links(html: str, page: str) -> Iterator[tuple[str, str]]:
    """The links to lists with a query: their path and their query."""
    lists = {address_of(model) for model in admin.site._registry}
    for link in re.findall(r'href="([^"]*\?[^"]*)"', html):
        parts = urlsplit(unescape(link))
        if (path := parts.path or page) in lists and parts.query:
            yield path, parts.query


def test_every_link_to_a_list_has_only_what_the_list_reads(client: Client) -> None:
    pages = {"/admin/"}
    for model in MODELS:
        row = make(model)
        pages |= {address_of(model), address_of(model, "change", row.pk)}
    pages |= {f"{address_of(SecurityEvent)}?at__year=2026{rest}" for rest in ("", "&at__month=1")}
    tried = set()
    for page in sorted(pages):
        for path, query in links(read(client.get(page)).decode(), page.partition("?")[0]):
            asked = {name for name, _value in parse_qsl(query, keep_blank_values=True)}
            if (kind := (path, *sorted(asked))) not in tried:
                tried.add(kind)
                response = client.get(f"{path}?{query}")
                assert response.status_code == 200, (page, path, query)
                assert asked <= own_parameters(response.context["cl"]), (page, path, query)
    assert {path for path, *_names in tried} == {address_of(model) for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_every_choice_of_a_filter_is_chosen_by_its_link(client: Client, model: type[Model]) -> None:
    make(model)
    list_at = address_of(model)

    def choices(query: str) -> list[list[dict[str, Any]]]:
        found = client.get(f"{list_at}{query}").context["cl"]
        return [list(one.choices(found)) for one in found.filter_specs]

    assert client.get(f"{list_at}?_facets=True").status_code == 200
    for place, offered in enumerate(choices("")):
        for choice in offered:
            chosen = [one["display"] for one in choices(choice["query_string"])[place] if one["selected"]]
            assert chosen == [choice["display"]], choice


def test_the_link_that_clears_the_filters_keeps_all_else(client: Client) -> None:
    security.note(SecurityKind.EXPORT, about="here")
    chosen = "at__year=2026&kind__exact=export&o=1&q=here&secret__regex=x"
    found = client.get(f"{address_of(SecurityEvent)}?{chosen}").context["cl"]
    assert "kind__exact" not in found.clear_all_filters_qs
    assert {"at__year=2026", "o=1", "q=here"} <= set(found.clear_all_filters_qs[1:].split("&"))
    assert client.get(f"{address_of(Claim)}?view=mine&state=logged").context["cl"].clear_all_filters_qs == "?view=mine"


# Actions


@pytest.mark.parametrize("selected", [["x"], ["9" * 40], ["\0"], ["0"], []])
@pytest.mark.parametrize("model", [Subscriber, Delivery])
def test_no_selection_breaks_a_list(client: Client, model: type[Model], selected: list[str]) -> None:
    make(model)
    action = "send_test" if model is Subscriber else "send_again"
    sent = {"action": action, "_selected_action": selected, "index": "0"}
    assert client.post(address_of(model), sent, follow=True).status_code == 200


def test_an_action_on_all_rows_is_on_those_that_the_page_shows(client: Client) -> None:
    one, other = SubscriberFactory.create(is_active=True), SubscriberFactory.create(is_active=False)
    sent = {"action": "send_test", "_selected_action": [one.pk, other.pk], "index": "0", "select_across": "1"}
    client.post(f"{address_of(Subscriber)}?is_active__exact=1&secret__startswith=wrong", sent)
    assert [delivery.subscriber for delivery in Delivery.objects.all()] == [one]


# Search


def conditions(client: Client, address: str) -> int:
    """The number of comparisons with a word in the queries of a page."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return max(query["sql"].count("ILIKE") + query["sql"].count("LIKE UPPER") for query in queries)


def test_a_list_searches_for_the_first_words_and_says_so(client: Client) -> None:
    SourceFactory.create(title=" ".join(f"w{number}" for number in range(MOST_WORDS)))
    said = "This search is too long, so only its first words count."
    enough, more = (
        f"{address_of(Source)}?q={'+'.join(f'w{number}' for number in range(count))}" for count in (MOST_WORDS, 100)
    )
    assert conditions(client, enough) == conditions(client, more) > MOST_WORDS
    assert client.get(more).context["cl"].result_count == 1
    assert said in client.get(more).content.decode()
    assert said not in client.get(enough).content.decode()
    assert said in client.get(f"{address_of(Source)}?q={'x' * (MOST_CHARACTERS + 1)}").content.decode()


def test_a_word_that_is_typed_again_costs_nothing(client: Client) -> None:
    once, often = f"{address_of(Source)}?q=budget", f"{address_of(Source)}?q={'budget+' * 60}"
    assert conditions(client, once) == conditions(client, often) > 0
    assert "only its first words count" not in client.get(often).content.decode()


@pytest.mark.parametrize("model", [model for model in MODELS if admin.site.get_model_admin(model).search_fields])
def test_every_list_bounds_the_words_of_a_search(client: Client, model: type[Model]) -> None:
    few, many = (
        f"{address_of(model)}?q={'+'.join(f'w{number}' for number in range(count))}" for count in (MOST_WORDS, 900)
    )
    assert conditions(client, few) == conditions(client, many)


def test_every_picker_bounds_the_words_of_a_search_and_ignores_all_else(client: Client) -> None:
    ClaimFactory.create()
    UserFactory.create()
    asked = "/admin/autocomplete/?app_label=claims&model_name=evidence&field_name=source"
    few, many = ("+".join(f"w{number}" for number in range(count)) for count in (MOST_WORDS, 900))
    assert conditions(client, f"{asked}&term={few}") == conditions(client, f"{asked}&term={many}") > MOST_WORDS
    plain = client.get(asked).json()
    assert plain["results"]
    assert client.get(f"{asked}&title__regex=(&id__exact=0&publisher__name__startswith=x&page=1").json() == plain
