"""The files of a source at the desk: who reaches them, and how they are sent."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sources.choices import Protection
from sources.files import checked, keep
from sources.models import Source, SourceFile
from tests.desk import signed_in
from tests.factories import SourceFactory
from tests.sources.test_files import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def page(name: str, source: Source, *more: int) -> str:
    return reverse(f"admin:sources_source_{name}", args=[source.pk, *more])


def status(client: Client, address: str) -> int:
    answer = client.get(address)
    answer.getvalue()  # reads a file to its end, which closes it
    return answer.status_code


def test_a_reporter_adds_a_file_and_downloads_it() -> None:
    client, source = signed_in("Reporter"), SourceFactory.create()
    sent = {"file": SimpleUploadedFile("../letter <b>.html", PDF, "text/html")}
    assert client.post(page("files", source), sent, follow=True).status_code == 200
    row = SourceFile.objects.get()
    answer = client.get(page("file", source, row.pk))
    assert answer.getvalue() == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_a_refused_file_comes_back_with_what_to_do() -> None:
    client, source = signed_in("Reporter"), SourceFactory.create()
    answer = client.post(page("files", source), {"file": SimpleUploadedFile("a.png", b"<svg/>", "image/png")})
    assert answer.status_code == 400
    assert "We keep PDF, JPEG, PNG and WebP files." in answer.content.decode()
    assert not SourceFile.objects.exists()


def test_only_roles_with_the_right_reach_it_and_nobody_from_outside() -> None:
    source = SourceFactory.create()
    row, _is_new = keep(source, checked(PDF, "letter.pdf"))
    addresses = [page("file", source, row.pk), page("files", source), page("delete_file", source, row.pk)]
    assert [status(Client(), one) for one in addresses] == [302, 302, 302]
    assert [status(signed_in("Assessor"), one) for one in addresses] == [200, 200, 403]
    assert [status(signed_in("Editor"), one) for one in addresses] == [200, 200, 200]
    sent = {"file": SimpleUploadedFile("a.pdf", PDF)}
    assert signed_in("Assessor").post(page("files", source), sent).status_code == 403
    other = SourceFactory.create()
    assert signed_in("Editor").get(page("file", other, row.pk)).status_code == 404


def test_the_file_of_a_protected_source_is_only_for_the_named_people() -> None:
    named, other = signed_in("Editor"), signed_in("Chief editor", is_superuser=True)
    source = SourceFactory.create(protection=Protection.NAMED)
    source.people.add(int(named.session["_auth_user_id"]))
    row, _is_new = keep(source, checked(PDF, "letter.pdf"))
    addresses = [page("file", source, row.pk), page("files", source), page("delete_file", source, row.pk)]
    assert [status(named, one) for one in addresses] == [200, 200, 200]
    assert [status(other, one) for one in addresses] == [404, 404, 404]


def test_an_editor_deletes_it_after_being_asked() -> None:
    client, source = signed_in("Editor"), SourceFactory.create()
    row, _is_new = keep(source, checked(PDF, "letter.pdf"))
    address = page("delete_file", source, row.pk)
    assert "This deletes letter.pdf." in client.get(address).content.decode()
    assert SourceFile.objects.exists()
    assert client.post(address).status_code == 302
    assert not SourceFile.objects.exists()


def test_a_file_that_is_missing_on_the_server_says_so(folder: Path) -> None:
    source = SourceFactory.create()
    row, _is_new = keep(source, checked(PDF, "letter.pdf"))
    (folder / str(row.file.name)).unlink()
    answer = signed_in("Editor").get(page("file", source, row.pk))
    assert answer.status_code == 404
