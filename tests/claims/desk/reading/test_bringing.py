"""Editors bring texts in, see what they say of themselves, and delete them; nothing of a text leaves the desk."""

import ipaddress
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from claims.models import Claim
from sources import texts
from sources.choices import SourceKind
from sources.extraction import MAX_BYTES, from_pasted
from sources.models import Publisher, Snapshot, SnapshotText, Source
from tests.claims.outlets.pages.pages import all_addresses, all_claim_files
from tests.desk import filled_in, signed_in
from tests.factories import PublisherFactory, SourceFactory, published
from tests.receiver import listening
from tests.sources.test_extraction import PAGE, pdf

pytestmark = pytest.mark.django_db
NEW = "/admin/sources/source/bring-in/"


def text_page(source: Source) -> str:
    return f"/admin/sources/source/{source.pk}/text/"


@pytest.mark.parametrize(
    "sent",
    [
        {"text": "Twelve bridges.\n\nTen percent."},
        {"text": PAGE},
        {"file": SimpleUploadedFile("a.txt", b"Twelve bridges.")},
        {"file": SimpleUploadedFile("a.pdf", pdf("Twelve bridges."))},
    ],
    ids=["text", "HTML", "text file", "PDF"],
)
def test_a_reporter_brings_the_text_of_a_source_in(sent: dict[str, Any]) -> None:
    source = SourceFactory.create()
    client = signed_in("Reporter")
    done = client.post(text_page(source), sent)
    assert done["Location"] == f"/admin/sources/source/{source.pk}/read/"
    assert "welve bridges" in client.get(done["Location"]).content.decode()
    if "file" in sent:
        sent["file"].seek(0)
    assert "was here already" in client.post(text_page(source), sent, follow=True).content.decode()
    assert Snapshot.objects.count() == SnapshotText.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Paste the text, choose a file, or give the web address"),
        ({"text": "Typed.", "file": SimpleUploadedFile("a.txt", b"x")}, "You gave a text and a file"),
        ({"text": "Typed.", "address": "https://user@host/"}, ""),
        ({"file": SimpleUploadedFile("a.exe", b"MZ\0\0"), "address": "https://x.example/typed"}, "We read text, HTML"),
        ({"file": SimpleUploadedFile("a.txt", b"x" * (MAX_BYTES + 1))}, "bigger than 10 MB"),
        ({"text": "Typed. \0"}, "Null characters are not allowed"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"address": "http://127.0.0.1/typed"}, "paste it here"),
    ],
    ids=str,
)
def test_a_refusal_keeps_what_was_typed(sent: dict[str, Any], sentence: str) -> None:
    page = signed_in("Reporter").post(text_page(SourceFactory.create()), sent)
    if not sentence and page.status_code == 302:
        return
    assert page.status_code == 400
    shown = page.content.decode()
    assert sentence in shown
    assert all(value.strip("\0 ") in shown for value in sent.values() if isinstance(value, str))
    assert not Snapshot.objects.exists()


def test_a_page_is_fetched_or_pasted(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    source = SourceFactory.create()
    with listening() as site:
        site.statuses, site.body, site.headers = [200, 403], PAGE.encode(), {"Content-Type": "text/html"}
        client = signed_in("Reporter")
        assert client.post(text_page(source), {"address": site.address}).status_code == 302
        refused = client.post(text_page(source), {"address": site.address})
    assert "status 403" in refused.content.decode()
    assert "copy its text and paste it here" in refused.content.decode()


@pytest.mark.parametrize("role", ["Assessor", "Reporter", "Editor", "Chief editor"])
def test_who_brings_in_and_deletes(role: str) -> None:
    source = SourceFactory.create()
    text, _new = texts.bring_in(source, from_pasted("Words."))
    client = signed_in(role)
    may_bring, may_delete = role != "Assessor", role in {"Editor", "Chief editor"}
    assert client.get(text_page(source)).status_code == (200 if may_bring else 403)
    assert client.get(NEW).status_code == (200 if may_bring else 403)
    assert ("Bring an article in" in client.get("/admin/").content.decode()) is may_bring
    page = f"{text_page(source)}{text.pk}/delete/"
    assert client.get(page).status_code == (200 if may_delete else 403)
    assert client.post(page).status_code == (302 if may_delete else 403)
    assert SnapshotText.objects.exists() is not may_delete
    assert Snapshot.objects.exists()


def test_a_text_of_another_source_is_not_deleted() -> None:
    text, _new = texts.bring_in(SourceFactory.create(), from_pasted("Words."))
    page = f"{text_page(SourceFactory.create())}{text.pk}/delete/"
    assert signed_in("Editor").post(page).status_code == 404
    assert SnapshotText.objects.exists()


# A new article


def test_an_article_is_checked_before_it_is_stored() -> None:
    client = signed_in("Reporter")
    page = client.post(NEW, {"text": PAGE, "kind": SourceKind.NEWS_REPORT})
    assert page.status_code == 200
    assert not Source.objects.exists()
    shown = page.content.decode()
    assert "Found in: JSON-LD headline" in shown
    form = page.context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in {None, False}}
    assert typed["title"] == "The bridges of Ostwick"
    assert typed["authors"] == "Ana Ruiz, Bo Lind"

    unknown = client.post(NEW, typed | {"publisher_name": "Ostwick Post"})
    assert unknown.status_code == 400
    assert "tick “It is a new publisher”" in unknown.content.decode()
    done = client.post(NEW, typed | {"publisher_name": "Ostwick Post", "is_new_publisher": "on"})
    assert done.status_code == 302, done.context["form"].errors
    source = Source.objects.get()
    assert done["Location"] == f"/admin/sources/source/{source.pk}/read/"
    assert (source.title, source.authors, source.published) == (
        "The bridges of Ostwick",
        ["Ana Ruiz", "Bo Lind"],
        "2025-06-21",
    )
    assert (source.address, str(source.publisher)) == ("https://post.example/bridges", "Ostwick Post")
    snapshot = Snapshot.objects.get()
    assert (snapshot.media_type, snapshot.size) == ("text/html", len(PAGE.encode()))
    assert "ten percent" in texts.of(source)[0].text


def test_an_article_that_we_have_is_not_stored_again() -> None:
    PublisherFactory.create(name="Ostwick Post")
    known = SourceFactory.create(address="https://post.example/bridges")
    typed = {"address": "https://post.example/bridges", "title": "Bridges", "publisher_name": "ostwick post"}
    refused = signed_in("Reporter").post(
        NEW, typed | {"text": "Typed.", "kind": SourceKind.NEWS_REPORT, "language": "en"}
    )
    assert refused.status_code == 400
    assert f"/admin/sources/source/{known.pk}/change/" in refused.content.decode()
    assert "Typed." in refused.content.decode()
    assert (Source.objects.count(), Publisher.objects.count()) == (1, 2)


# What the text says of its source


def test_only_what_is_ticked_is_taken_over_and_only_by_saving() -> None:
    source = SourceFactory.create(title="Bridges")
    text, _new = texts.bring_in(source, from_pasted(PAGE))
    client = signed_in("Editor")
    page = client.get(f"/admin/sources/source/{source.pk}/read/").content.decode()
    assert "The text says more about this source" in page
    address = f"/admin/sources/source/{source.pk}/change/?text={text.pk}&take=title&take=published"
    sent = filled_in(client, address)
    source.refresh_from_db()
    assert (sent["title"], source.title) == ("The bridges of Ostwick", "Bridges")
    assert client.post(address, sent).status_code == 302
    source.refresh_from_db()
    assert (source.title, source.published, source.authors) == ("The bridges of Ostwick", "2025-06-21", [])


# The text stays at the desk


SECRET = "Quagmirewords"


def test_no_word_of_a_text_leaves_the_desk(client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    published()
    with caplog.at_level(logging.DEBUG):
        for source in Source.objects.all():
            signed_in("Editor").post(text_page(source), {"text": f"{SECRET} one.\n\n{SECRET} two."})
    assert SnapshotText.objects.count() == Source.objects.count() == 2
    for address in [*all_addresses(), *all_claim_files()]:
        assert SECRET.encode() not in client.get(address).getvalue(), address
    for options in ([], ["--published"], ["--article", Source.objects.all()[0].slug]):
        file = tmp_path / f"export{len(options)}{len(str(options))}.json"
        call_command("export_fixture", *options, output=file)
        assert SECRET not in file.read_text(encoding="utf-8")
    assert Snapshot.objects.all()[0].sha256 in (tmp_path / "export02.json").read_text(encoding="utf-8")
    exported = signed_in("Editor").post(
        "/admin/claims/claim/", {"action": "export_fixture", "_selected_action": [Claim.objects.get().pk]}
    )
    assert SECRET.encode() not in exported.getvalue()
    assert SECRET not in caplog.text
