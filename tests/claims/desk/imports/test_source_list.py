"""Editors add several sources from a list: everything is offered, and only what they choose is created."""

import ipaddress
import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.desk.imports import offers
from claims.models import ClaimEvent
from sources.bibliographies import read
from sources.choices import Protection, SourceKind
from sources.models import Publisher, Source
from sources.references import Reference, bibtex
from tests.desk import signed_in
from tests.factories import ClaimFactory, PublisherFactory, SourceFactory
from tests.receiver import listening
from tests.sources.test_extraction import PAGE

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/sources/source/add-several/"
ONE = Reference(
    key="bridges",
    title="The bridges",
    kind=SourceKind.RESEARCH_REPORT,
    authors=("Ana Ruiz",),
    publisher="Ostwick Post",
    published="2025-06",
    language="en",
    address="https://post.example/bridges",
)
LETTER = Reference(key="letter", title="A letter", kind=SourceKind.LETTER, language="en")


@pytest.fixture(autouse=True)
def _fetches_nothing(settings: LazySettings) -> None:
    settings.FETCH_ARTICLES = False


def a_list(*references: Reference) -> str:
    return "".join(bibtex(references))


def sent(page: Any, **changes: Any) -> dict[str, Any]:
    """What a browser sends from the page with the offers, with these changes."""
    values = {"offers": page.context["offers"], **page.context["given"]}
    for row in page.context["rows"]:
        if row.form:
            for field in row.form.visible_fields():
                value = field.field.prepare_value(field.value())
                values |= {} if value in (None, False) else {field.html_name: value}
    return values | changes


def text_of(page: Any) -> str:
    return str(page.content.decode())


def test_a_bibliography_is_offered_and_only_what_is_ticked_is_created() -> None:
    client = signed_in("Reporter")
    page = client.post(ADDRESS, {"text": a_list(ONE, LETTER)})
    assert page.status_code == 200
    assert not Source.objects.exists()
    done = client.post(ADDRESS, sent(page, **{"row-0-is_chosen": "on", "adds_publishers": "on", "_create": "x"}))
    assert done["Location"] == "/admin/sources/source/"
    source = Source.objects.get()
    assert (source.title, source.kind, source.authors, str(source.publisher)) == (
        "The bridges",
        SourceKind.RESEARCH_REPORT,
        ["Ana Ruiz"],
        "Ostwick Post",
    )
    assert (source.published, source.language, source.address) == ("2025-06", "en", "https://post.example/bridges")
    assert source.protection == Protection.PUBLIC


def test_the_same_list_twice_creates_nothing_and_says_what_differs() -> None:
    client = signed_in("Reporter")
    page = client.post(ADDRESS, {"text": a_list(ONE, LETTER)})
    whole = sent(page, adds_publishers="on", _create_all="x")
    assert client.post(ADDRESS, whole).status_code == 302
    assert Source.objects.count() == 2
    again = client.post(ADDRESS, whole)
    assert again.status_code == 400
    assert "Somebody has just created this source" in text_of(again)
    Source.objects.filter(title="The bridges").update(title="Bridges, revised")
    page = client.post(ADDRESS, {"text": a_list(ONE)})
    assert "We already have this source" in text_of(page)
    assert "says something else about: title" in text_of(page)
    assert Source.objects.count() == 2


def test_what_cannot_be_created_stays_with_the_reason_and_what_was_typed() -> None:
    client = signed_in("Reporter")
    page = client.post(ADDRESS, {"text": a_list(ONE, LETTER)})
    refused = client.post(
        ADDRESS,
        sent(page, **{"row-0-note": "", "row-0-title": "Typed anew", "row-1-title": "Mine", "_create_all": "x"}),
    )
    assert refused.status_code == 400
    assert "We don&#x27;t have a publisher of this name" in text_of(refused)
    assert "Typed anew" in text_of(refused)
    assert Source.objects.get().title == "Mine"
    done = client.post(ADDRESS, sent(refused, adds_publishers="on", _create_all="x"))
    assert done.status_code == 302
    assert sorted(Source.objects.values_list("title", flat=True)) == ["Mine", "Typed anew"]


def test_nothing_ticked_creates_nothing_and_keeps_what_was_typed() -> None:
    client = signed_in("Reporter")
    page = client.post(ADDRESS, {"text": a_list(ONE)})
    same = client.post(ADDRESS, sent(page, **{"row-0-title": "Typed anew", "_create": "x"}))
    assert "Tick the sources that you want" in text_of(same)
    assert "Typed anew" in text_of(same)
    assert not Source.objects.exists()


def test_an_address_brings_what_its_page_says_of_itself_and_where(settings: LazySettings) -> None:
    settings.FETCH_ARTICLES, settings.OUTGOING_ALLOW = True, [ipaddress.ip_network("127.0.0.0/8")]
    PublisherFactory.create(name="Ostwick Post")
    client = signed_in("Reporter")
    with listening() as site:
        site.statuses, site.headers = [200, 404], {"Content-Type": "text/html"}
        site.body = PAGE.replace('"inLanguage"', '"publisher": {"name": "Ostwick Post"}, "inLanguage"').encode()
        listed = f"{site.address}/a\nhttp://169.254.0.1/secret\nnonsense here\n{site.address}/b"
        page = client.post(ADDRESS, {"text": listed, "kind": SourceKind.NEWS_REPORT})
        assert len(site.received) == 2
    text = text_of(page)
    assert page.context["rows"][0].offer.found == {
        "title": "JSON-LD headline",
        "authors": "JSON-LD author",
        "publisher": "JSON-LD publisher",
        "published": "JSON-LD datePublished",
        "language": "JSON-LD inLanguage",
    }
    assert "Found in: JSON-LD publisher" in text
    for reason in ("We don&#x27;t send requests to this address", "Enter a full web address", "status 404"):
        assert reason in text
    done = client.post(ADDRESS, sent(page, **{"row-0-is_chosen": "on", "_create": "x"}))
    assert done.status_code == 302
    source = Source.objects.get()
    assert (source.title, str(source.publisher), source.authors) == (
        "The bridges of Ostwick",
        "Ostwick Post",
        ["Ana Ruiz", "Bo Lind"],
    )


def test_a_site_that_fetches_nothing_offers_the_addresses_and_says_so() -> None:
    client = signed_in("Reporter")
    assert "doesn’t fetch pages" in text_of(client.get(ADDRESS))
    page = client.post(ADDRESS, {"text": "https://post.example/a"})
    assert page.context["rows"][0].form["address"].value() == "https://post.example/a"


def test_a_long_list_is_offered_in_pages_and_the_rest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "MOST_SOURCES_OFFERED", 2)
    client = signed_in("Reporter")
    page = client.post(ADDRESS, {"text": "\n".join(f"https://post.example/{n}" for n in range(5)), "language": "es"})
    assert "3 more sources of your list" in text_of(page)
    following = client.post(ADDRESS, sent(page, _next="x"))
    assert [row.form["address"].value()[-1] for row in following.context["rows"]] == ["2", "3"]
    assert following.context["rows"][0].form["language"].value() == "es"
    last = client.post(ADDRESS, sent(following, _next="x"))
    assert client.post(ADDRESS, sent(last, _next="x"))["Location"] == "/admin/sources/source/"


def test_pages_are_fetched_a_few_at_a_time(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FETCH_ARTICLES, settings.OUTGOING_ALLOW = True, [ipaddress.ip_network("127.0.0.0/8")]
    monkeypatch.setattr(offers, "MOST_PAGES_FETCHED", 1)
    known = SourceFactory.create(address="https://post.example/known")
    with listening() as site:
        site.statuses = [404, 404]
        page = signed_in("Reporter").post(ADDRESS, {"text": f"{known.address}\n{site.address}/a\n{site.address}/b"})
        assert len(site.received) == 1
    assert (len(page.context["rows"]), page.context["left"]) == (2, 1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Paste a list, or choose a file"),
        ({"text": "x", "file": SimpleUploadedFile("a.bib", b"x")}, "You gave a list and a file"),
        ({"text": '[{"id": 1'}, "The JSON has a mistake"),
        ({"text": "x", "kind": "nonsense"}, "valid choice"),
        ({"text": "https://x.example/", "language": "English!"}, "Write the language as a tag"),
        ({"file": SimpleUploadedFile("a.bib", b"")}, "The list is empty"),
        ({"text": "\0"}, "Null characters"),
        ({"offers": "forged"}, "Paste the list again"),
    ],
    ids=str,
)
def test_a_refusal_says_what_to_do_and_keeps_what_was_typed(given: dict[str, Any], sentence: str) -> None:
    page = signed_in("Reporter").post(ADDRESS, given)
    assert page.status_code == 400
    assert sentence in text_of(page).replace("&#x27;", "'")
    assert re.sub("\0", "", given.get("text", "")) in text_of(page).replace("&quot;", '"')
    assert not Source.objects.exists()


def test_nobody_finds_out_what_only_named_people_see() -> None:
    hidden = SourceFactory.create(address=ONE.address, title=ONE.title, protection=Protection.NAMED)
    page = signed_in("Editor").post(ADDRESS, {"text": a_list(ONE)})
    assert page.context["rows"][0].source is None
    assert hidden.alias not in text_of(page)


def test_the_number_of_queries_does_not_grow_with_the_list() -> None:
    client = signed_in("Reporter")
    counts = set()
    for number in (2, 8):
        with CaptureQueriesContext(connection) as queries:
            client.post(ADDRESS, {"text": "\n".join(f"https://post.example/{n}" for n in range(number))})
        counts.add(len(queries))
    assert len(counts) == 1


def test_markup_in_a_list_is_text() -> None:
    page = signed_in("Reporter").post(ADDRESS, {"text": a_list(Reference(key="x", title="<script>alert(1)</script>"))})
    assert "<script>alert" not in text_of(page)


@pytest.mark.parametrize("role", ["Assessor", "Reporter", "Editor", "Chief editor"])
def test_who_adds_sources(role: str) -> None:
    client = signed_in(role)
    assert client.get(ADDRESS).status_code == (403 if role == "Assessor" else 200)
    assert ("Add several sources" in text_of(client.get("/admin/"))) is (role != "Assessor")
    assert not Publisher.objects.exists()
    assert not ClaimEvent.objects.exists()


def test_the_sources_of_a_draft_come_out_as_they_would_come_in() -> None:
    claim = ClaimFactory.create(evidence=[SourceFactory.create(title="The bridges")], appearances=[])
    client = signed_in("Assessor")
    for ending in ("bib", "ris", "json"):
        file = client.get(f"/admin/claims/claim/{claim.pk}/sources.{ending}")
        assert file.headers["Content-Disposition"] == f'attachment; filename="{claim.slug}-sources.{ending}"'
        (entry,) = read(file.content)
        assert entry.reference
        assert entry.reference.title == "The bridges"
    assert client.get(f"/admin/claims/claim/{claim.pk}/sources.exe").status_code == 404
    assert f"/admin/claims/claim/{claim.pk}/sources.ris" in text_of(
        client.get(f"/admin/claims/claim/{claim.pk}/change/")
    )
