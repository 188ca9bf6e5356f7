"""Sources at the desk."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sources.models import Publisher, Snapshot, Source
from tests.desk import ROLES, errors_of, filled_in, signed_in
from tests.factories import PublisherFactory, SourceFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/sources/source/add/"
LIST = "/admin/sources/source/"


def a_source(**changes: Any) -> dict[str, Any]:
    """The form data of a new source."""
    typed = {
        "title": "Budget book 2025",
        "publisher": PublisherFactory.create().pk,
        "kind": "primary-document",
        "authors": "",
        "published": "2025-06",
        "language": "en",
        "slug": "budget-book-2025",
        "address": "https://city.example/budget",
        "archived_address": "",
        "original_address": "",
        "interest": "",
        "note": "",
    }
    return typed | changes


def test_a_reporter_logs_a_source_with_its_authors_in_one_line() -> None:
    signed_in("Reporter").post(ADD, a_source(authors='Ana Ruiz, "Lee, Kim",, Bo Chen,'))

    source = Source.objects.get()
    assert source.authors == ["Ana Ruiz", "Lee, Kim", "Bo Chen"]
    assert source.published == "2025-06"


def test_a_source_that_is_saved_unchanged_stays_the_same() -> None:
    source = SourceFactory.create(authors=["Ana Ruiz", "Lee, Kim", 'The "Desk"'], interest="One\n\ntwo")
    client, page = signed_in("Editor"), reverse("admin:sources_source_change", args=[source.pk])

    response = client.post(page, filled_in(client, page))

    assert response.status_code == 302
    stored = Source.objects.values().get(pk=source.pk)
    assert stored == {name: getattr(source, name) for name in stored}


def test_text_is_normalised_as_in_the_record() -> None:
    signed_in("Editor").post(ADD, a_source(title="  Cafe\u0301   report\u200a", interest="one\r\ntwo\x07"))

    source = Source.objects.get()
    assert (source.title, source.interest) == ("Café report", "one\ntwo")


def test_a_duplicate_address_links_to_the_other_source() -> None:
    other = SourceFactory.create(title="The <budget> of the city", address="https://city.example/budget")

    insisting = a_source(address="https://CITY.example:443/budget", is_another_page="on")
    response = signed_in("Editor").post(ADD, insisting)

    assert "already logged as The <budget> of the city" in errors_of(response)
    link = f'<a href="{reverse("admin:sources_source_change", args=[other.pk])}">The &lt;budget&gt; of the city'
    assert link in response.content.decode()
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://www.city.example/budget/?utm_source=x",
        "https://m.city.example/budget",
        "https://city.example/budget#top",
    ],
)
def test_an_address_that_looks_the_same_is_stored_once_the_editor_insists(address: str) -> None:
    other = SourceFactory.create(title="The budget of the city", address="https://city.example/budget")
    client, typed = signed_in("Editor"), a_source(address=address)

    response = client.post(ADD, typed)

    assert "looks like the same page as The budget of the city" in errors_of(response)
    page = response.content.decode()
    assert f'<a href="{reverse("admin:sources_source_change", args=[other.pk])}">' in page
    assert '<input type="checkbox" name="is_another_page"' in page
    assert address in page
    assert Source.objects.count() == 1

    assert client.post(ADD, typed | {"is_another_page": "on"}).status_code == 302
    source = Source.objects.get(address=address)
    assert "It is another page" in LogEntry.objects.get(object_id=source.pk).get_change_message()


def test_the_form_of_a_source_links_to_the_one_that_looks_the_same_and_asks_no_more() -> None:
    SourceFactory.create(title="The other", address="https://x.com/kim/status/17")
    source = SourceFactory.create(address="https://twitter.com/kim/status/17")
    client, page = signed_in("Editor"), reverse("admin:sources_source_change", args=[source.pk])

    assert "Looks like the same page as <a href=" in client.get(page).content.decode()
    assert client.post(page, filled_in(client, page) | {"note": "Both kept."}).status_code == 302


def test_a_changed_address_that_looks_the_same_is_asked_about_too() -> None:
    SourceFactory.create(title="The other", address="https://youtu.be/abcdefghijk")
    source = SourceFactory.create()
    client, page = signed_in("Editor"), reverse("admin:sources_source_change", args=[source.pk])
    typed = filled_in(client, page) | {"address": "https://www.youtube.com/watch?v=abcdefghijk"}

    assert "looks like the same page as The other" in errors_of(client.post(page, typed))
    assert client.post(page, typed | {"is_another_page": "on"}).status_code == 302
    source.refresh_from_db()
    assert source.address == "https://www.youtube.com/watch?v=abcdefghijk"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://city.example/?s=caf%E9", "https://city.example/?s=caf%E8"),
        ("https://city.example/x%2Fy", "https://city.example/x/y"),
        ("https://city.example/#/bill/101", "https://city.example/#/bill/102"),
        ("https://straße.example/", "https://strasse.example/"),
    ],
)
def test_two_pages_are_two_sources_without_a_question(one: str, other: str) -> None:
    SourceFactory.create(address=one)
    assert signed_in("Reporter").post(ADD, a_source(address=other)).status_code == 302
    assert set(Source.objects.values_list("address", flat=True)) == {one, other}


def test_a_pasted_address_finds_the_source_under_another_spelling() -> None:
    source = SourceFactory.create(address="https://x.com/kim/status/17")
    SourceFactory.create()
    response = signed_in("Reporter").get(LIST, {"q": " https://twitter.com/kim/status/17?s=20 "})
    assert list(response.context["cl"].queryset) == [source]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", "half\0way"),
        ("title", "long " * 200),
        ("title", ""),
        ("authors", "a\0b"),
        ("authors", "x" * 201),
        ("authors", "a" * 200_000),
        ("publisher", "99999999999999999999999"),
        ("publisher", "nobody"),
        ("publisher", "1\0"),
        ("kind", "gossip"),
        ("published", "2025-02-30"),
        ("published", "last summer"),
        ("language", "English\n"),
        ("slug", "two words"),
        ("slug", "null\0byte"),
        ("address", "javascript:alert(1)"),
        ("address", "https://user:word@city.example/"),
        ("address", "https://city.example:99999/"),
        ("address", "https://city.example/" + "é" * 1900),
        ("archived_address", "data:text/html,hello"),
        ("original_address", "data:text/html,hello"),
    ],
)
def test_an_invalid_form_comes_back_with_everything_typed(field: str, typed: str) -> None:
    response = signed_in("Editor").post(ADD, a_source(note="Keep me.") | {field: typed})

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert "Keep me." in response.content.decode()
    assert not Source.objects.exists()


def test_the_address_of_an_original_belongs_to_a_copy() -> None:
    typed = a_source(original_address="https://paper.example/report")
    client = signed_in("Editor")
    response = client.post(ADD, typed)
    assert "Tick “Copy on another site”" in response.content.decode()
    assert not Source.objects.exists()
    client.post(ADD, typed | {"is_copy": "on"})
    source = Source.objects.get()
    assert (source.is_copy, source.original_address) == (True, "https://paper.example/report")


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 3000,
        "kind__exact=%00",
        "kind__exact=gossip",
        "language=%00&p=1",
        "p=99999999999999999999",
        "p=-1",
        "o=7.99.zzz",
        "e=1",
        "all=",
        "%00=1",
        "_facets=%00",
        "address_is_private__exact=maybe",
        "publisher__secret__exact=1",
        "_popup=%00",
    ],
)
def test_no_query_string_breaks_the_list(query: str) -> None:
    SourceFactory.create()
    assert signed_in("Editor").get(f"{LIST}?{query}", follow=True).status_code in {200, 400}


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 30, "%00", "1_00", "é", "../add"])
@pytest.mark.parametrize("page", ["change", "history"])
def test_a_missing_source_is_not_an_error(key: str, page: str) -> None:
    assert signed_in("Editor").get(f"{LIST}{key}/{page}/", follow=True).status_code in {200, 404}


@pytest.mark.parametrize(
    "query", ["term=%00", "term=budget&page=9999999999", "term=x&field_name=nothing", "term=" + "y" * 4000]
)
def test_no_search_for_a_publisher_breaks(query: str) -> None:
    asked = f"app_label=sources&model_name=source&field_name=publisher&{query}"
    assert signed_in("Reporter").get(f"/admin/autocomplete/?{asked}").status_code in {200, 403, 404}


def test_a_publisher_is_found_while_typing() -> None:
    PublisherFactory.create(name="The Denver Post", slug="denver-post")
    asked = "app_label=sources&model_name=source&field_name=publisher&term=denver"
    found = signed_in("Reporter").get(f"/admin/autocomplete/?{asked}").json()
    assert [result["text"] for result in found["results"]] == ["The Denver Post (denver-post)"]


@pytest.mark.parametrize("page", ["publisher", "source", "snapshot"])
def test_lists_need_the_same_number_of_queries_at_any_length(page: str) -> None:
    client = signed_in("Editor")
    address = f"/admin/sources/{page}/"

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    add_sources(1)
    few = count_queries()
    add_sources(20)
    assert count_queries() == few


def add_sources(number: int) -> None:
    for source in SourceFactory.create_batch(number):
        Snapshot.objects.create(source=source, size=1, sha256=f"{source.pk:064x}")


MODELS: dict[str, Any] = {"source": Source, "publisher": Publisher, "snapshot": Snapshot}

# The permissions of each role. Other roles can only view.
ALLOWED = {
    "source": {"Reporter": "view add change", "Editor": "view add change", "Chief editor": "view add change"},
    "publisher": {
        "Reporter": "view add change",
        "Editor": "view add change",
        "Chief editor": "view add change",
    },
    "snapshot": {"Reporter": "view", "Editor": "view add", "Chief editor": "view add"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", ALLOWED)
def test_each_role_may_do_what_the_table_says(table: str, role: str) -> None:
    add_sources(1)
    row = MODELS[table].objects.get()
    allowed = ALLOWED[table].get(role, "view").split()
    client = signed_in(role)

    def status(method: str, page: str) -> int:
        return int(getattr(client, method)(f"/admin/sources/{table}/{page}").status_code)

    assert status("get", "") == 200
    assert status("get", f"{row.pk}/change/") == 200
    assert status("get", "add/") == status("post", "add/") == (200 if "add" in allowed else 403)
    assert status("post", f"{row.pk}/change/") == (409 if "change" in allowed else 403)
    assert status("post", f"{row.pk}/delete/") == 403


@pytest.mark.parametrize("table", ALLOWED)
def test_not_even_a_superuser_can_delete(table: str) -> None:
    add_sources(1)
    client = signed_in("Chief editor", is_superuser=True)
    model = MODELS[table]
    row = model.objects.get()

    assert client.post(f"/admin/sources/{table}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"/admin/sources/{table}/", {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert model.objects.filter(pk=row.pk).exists()


def test_a_snapshot_is_added_and_never_edited() -> None:
    source = SourceFactory.create()
    typed = {
        "source": source.pk,
        "taken_at_0": "2026-11-23",
        "taken_at_1": "06:00:00",
        "media_type": "text/html",
    }
    client = signed_in("Editor")

    refused = client.post("/admin/sources/snapshot/add/", typed | {"size": "12", "sha256": "ABC"})
    assert "64 hexadecimal digits" in errors_of(refused)

    client.post("/admin/sources/snapshot/add/", typed | {"size": "12", "sha256": "a" * 64})
    snapshot = Snapshot.objects.get()
    assert client.post(f"/admin/sources/snapshot/{snapshot.pk}/change/", typed).status_code == 403
