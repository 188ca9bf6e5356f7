"""A source is added from its address in the picker of a claim's row, without leaving the claim's form."""

import ipaddress
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sources.choices import Protection, SourceKind
from sources.models import Publisher, Source
from tests.desk import signed_in
from tests.factories import PublisherFactory, SourceFactory
from tests.receiver import listening
from tests.sources.test_extraction import PAGE

pytestmark = pytest.mark.django_db
FORM = "/admin/sources/source/add-address/"
LINK = "https://post.example/bridges"


@pytest.fixture(autouse=True)
def _fetches_nothing(settings: LazySettings) -> None:
    settings.FETCH_ARTICLES = False


def picker(client: Client, term: str, *, of: str = "evidence") -> list[dict[str, str]]:
    """What the picker of a row's source offers for this text."""
    asked = {"app_label": "claims", "model_name": of, "field_name": "source", "term": term}
    results: list[dict[str, str]] = client.get("/admin/autocomplete/", asked).json()["results"]
    return results


def sent(page: Any, **changes: Any) -> dict[str, Any]:
    """What a browser sends from the form, with these changes."""
    form = page.context["form"]
    values = {field.html_name: field.field.prepare_value(field.value()) for field in form}
    values |= {form.add_prefix(name): value for name, value in changes.items()}
    return {name: value for name, value in values.items() if value not in (None, False)} | {"_create": "1"}


def opened(client: Client, address: str) -> Any:
    return client.post(f"{FORM}?address={quote(address)}")


@pytest.mark.parametrize("of", ["evidence", "appearance"])
def test_a_picker_finds_the_source_of_an_address_and_offers_to_add_one_that_is_not_there(of: str) -> None:
    client = signed_in("Reporter")
    source = SourceFactory.create(address=LINK)
    for spelling in (LINK, "HTTPS://Post.Example:443/./bridges", f" {LINK} "):
        assert [one["id"] for one in picker(client, spelling, of=of)] == [str(source.pk)], spelling
    [near, offer] = picker(client, f"{LINK}?utm_source=mail", of=of)
    assert near["id"] == str(source.pk)
    assert offer["text"] == "Add this web address as a source"
    assert [one["text"] for one in picker(client, "https://post.example/b", of=of)][-1] == offer["text"]


@pytest.mark.parametrize("term", ["bridges", "https://", "javascript://x", "\0https://post.example/", "x" * 5000])
def test_only_an_address_is_offered(term: str) -> None:
    assert picker(signed_in("Editor"), term) == []


def test_one_act_creates_the_source_and_its_publisher_and_gives_the_picker_what_it_needs() -> None:
    client = signed_in("Reporter")
    page = opened(client, LINK)
    assert page.status_code == 200
    assert not Source.objects.exists()
    refused = client.post(FORM, sent(page, title="The bridges", publisher_name="Ostwick Post"))
    assert (refused.status_code, Source.objects.count()) == (400, 0)
    assert 'value="The bridges"' in refused.content.decode()
    done = client.post(FORM, sent(refused, is_new_publisher="on"))
    source = Source.objects.get()
    assert done.json() == {"id": str(source.pk), "text": f"The bridges (Ostwick Post, post.example, {source.slug})"}
    assert (source.address, source.kind, source.protection) == (LINK, SourceKind.NEWS_REPORT, Protection.PUBLIC)


def test_what_the_page_says_of_itself_is_offered_with_its_place(settings: LazySettings) -> None:
    settings.FETCH_ARTICLES, settings.OUTGOING_ALLOW = True, [ipaddress.ip_network("127.0.0.0/8")]
    client = signed_in("Reporter")
    with listening() as site:
        site.statuses, site.headers, site.body = [200, 404], {"Content-Type": "text/html"}, PAGE.encode()
        page, missing = opened(client, f"{site.address}/a"), opened(client, f"{site.address}/b")
    form = page.context["form"]
    assert [form[name].value() for name in ("title", "authors", "published", "language")] == [
        "The bridges of Ostwick",
        "Ana Ruiz, Bo Lind",
        "2025-06-21",
        "en-GB",
    ]
    assert "Found in: JSON-LD headline" in page.content.decode()
    assert "status 404" in missing.content.decode()
    assert missing.context["form"]["address"].value() == f"{site.address}/b"
    assert not Source.objects.exists()


def test_the_publisher_of_the_site_is_filled_in_if_there_is_only_one() -> None:
    client = signed_in("Editor")
    post = PublisherFactory.create(name="Ostwick Post", address="https://www.post.example/")
    PublisherFactory.create(name="Another Post", address="https://another-post.example/")
    assert opened(client, LINK).context["form"]["publisher_name"].value() == "Ostwick Post"
    SourceFactory.create(address="https://m.post.example/old", publisher=post)
    assert opened(client, LINK).context["form"]["publisher_name"].value() == "Ostwick Post"
    SourceFactory.create(address="https://post.example/guest")
    assert opened(client, LINK).context["form"]["publisher_name"].value() == ""


def test_an_address_that_is_logged_meanwhile_is_chosen_and_never_stored_twice() -> None:
    client = signed_in("Editor")
    page = opened(client, LINK)
    source = SourceFactory.create(address=LINK, title="Theirs")
    assert opened(client, LINK).json()["id"] == str(source.pk)
    publisher = Publisher.objects.get()
    late = client.post(FORM, sent(page, title="Mine", publisher_name=publisher.name))
    assert late.status_code == 400
    assert "already logged as" in late.content.decode()
    near = client.post(FORM, sent(opened(client, f"{LINK}/"), title="Mine", publisher_name=publisher.name))
    assert "It is another page" in near.content.decode()
    assert Source.objects.get() == source


def test_nobody_finds_out_what_only_named_people_see() -> None:
    SourceFactory.create(address=LINK, protection=Protection.NAMED, title="Secret")
    [offer] = picker(signed_in("Editor"), LINK)
    assert offer["id"] == "new"
    page = opened(signed_in("Editor"), LINK)
    assert page.context["form"]["publisher_name"].value() == ""


def test_without_a_script_the_page_for_a_new_source_has_the_address() -> None:
    page = signed_in("Reporter").get(f"{FORM}?address={quote(LINK)}", follow=True)
    assert page.context["adminform"].form["address"].value() == LINK


@pytest.mark.parametrize("address", ["", "nonsense", "javascript:alert(1)", "https://user@post.example/", "\0"])
def test_what_is_no_address_is_refused(address: str) -> None:
    page = opened(signed_in("Reporter"), address)
    assert page.status_code == 400
    assert "Enter a full web address" in page.content.decode()


@pytest.mark.parametrize("role", ["Assessor", "Reporter", "Editor", "Chief editor"])
def test_who_adds_sources(role: str) -> None:
    client = signed_in(role)
    assert opened(client, LINK).status_code == (403 if role == "Assessor" else 200)
    if role != "Assessor":
        assert [one["id"] for one in picker(client, LINK)] == ["new"]


def test_the_number_of_queries_does_not_grow_with_the_publishers() -> None:
    client = signed_in("Reporter")
    counts = set()
    for number in (1, 6):
        for one in range(number):
            SourceFactory.create(address=f"https://post.example/{number}-{one}")
        with CaptureQueriesContext(connection) as queries:
            opened(client, LINK)
        counts.add(len(queries))
    assert len(counts) == 1
