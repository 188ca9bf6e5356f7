"""Pictures in the claim's form: uploads, what is refused, and what is never lost."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from claims.models import Claim, Picture, PictureFile
from tests.desk import filled_in, signed_in
from tests.factories import ClaimFactory, PictureFactory, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def form_of(claim: Claim) -> str:
    return reverse("admin:claims_claim_change", args=[claim.pk])


def upload(data: bytes, name: str = "chart.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "text/html")


def send(client: Client, claim: Claim, number: int = 0, **fields: Any) -> Any:
    """Send the claim's form with these fields of the picture in this row."""
    sent = filled_in(client, form_of(claim)) | {"version": str(Claim.objects.get(pk=claim.pk).version)}
    row = {f"pictures-{number}-{name}": value for name, value in fields.items()}
    total = max(number + 1, int(sent["pictures-TOTAL_FORMS"]))
    return client.post(form_of(claim), sent | row | {"pictures-TOTAL_FORMS": str(total)})


def test_an_editor_adds_a_picture_and_the_desk_alone_sees_it(client: Client) -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    answer = send(desk, claim, upload=upload(picture_bytes()), alt="A chart", credit="Us", caption="")
    assert answer.status_code == 302
    row = Picture.objects.get()
    assert (row.claim_id, row.alt, row.file.width, row.file.height) == (claim.pk, "A chart", 320, 200)
    address = reverse("admin:claims_claim_picture", args=[row.file.sha256])
    assert address in desk.get(form_of(claim)).content.decode()
    assert address in desk.get(reverse("admin:claims_claim_preview", args=[claim.pk])).content.decode()
    shown = desk.get(address)
    assert shown["Content-Type"] == "image/png"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "no-store" in shown["Cache-Control"]
    assert client.get(address).status_code == 302
    assert client.get(f"/pictures/{row.file.sha256}.png").status_code == 404
    assert desk.get(reverse("admin:claims_claim_picture", args=["0" * 64])).status_code == 404


def test_nothing_is_left_of_what_a_camera_wrote_and_a_big_picture_is_drawn_smaller() -> None:
    photo = Image.new("RGB", (3000, 1500), "navy")
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ana"
    made = BytesIO()
    photo.save(made, "JPEG", exif=exif)
    claim = ClaimFactory.create()
    hidden = made.getvalue() + b"<script>alert(1)</script>"
    send(signed_in("Editor"), claim, upload=upload(hidden, "../a.jpg"), alt="A photo", credit="Ana")
    file = PictureFile.objects.get()
    assert (file.media_type, file.width, file.height) == ("image/jpeg", 1600, 800)
    address = reverse("admin:claims_claim_picture", args=[file.sha256])
    kept = signed_in("Assessor").get(address).content
    assert b"Ana" not in kept
    assert b"script" not in kept


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "We keep JPEG, PNG and WebP pictures."),
        (b"%PDF-1.7", "We keep JPEG, PNG and WebP pictures."),
        (b"", "The file is empty."),
        (picture_bytes()[:60], "We couldn’t read this file."),
        (b"x" * (10_000_001 + 500_000), "bigger than 10 MB"),
    ],
    ids=["svg", "pdf", "empty", "broken", "big"],
)
def test_a_file_that_is_no_picture_is_refused_and_what_was_typed_stays(data: bytes, sentence: str) -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    answer = send(desk, claim, upload=upload(data), alt="What it shows", credit="Us")
    text = answer.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert sentence in text
    assert "What it shows" in text
    assert not PictureFile.objects.exists()
    assert not Picture.objects.exists()


@pytest.mark.parametrize("missing", ["alt", "credit"])
def test_an_upload_is_kept_while_its_words_are_missing(missing: str) -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    words: dict[str, Any] = {"alt": "A chart", "credit": "Us"} | {missing: ""}
    answer = send(desk, claim, upload=upload(picture_bytes()), **words)
    assert answer.status_code == 200
    kept = PictureFile.objects.get()
    text = answer.content.decode()
    assert f'name="pictures-0-file" value="{kept.pk}"' in text
    assert reverse("admin:claims_claim_picture", args=[kept.sha256]) in text
    send(desk, claim, file=str(kept.pk), alt="A chart", credit="Us")
    assert Picture.objects.get().file == kept


def test_an_upload_is_kept_when_somebody_else_saved_first() -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    sent = filled_in(desk, form_of(claim)) | {"version": str(claim.version)}
    other = signed_in("Editor")
    theirs = filled_in(other, form_of(claim)) | {"version": str(claim.version), "summary": "Theirs."}
    assert other.post(form_of(claim), theirs).status_code == 302
    row = {"pictures-0-upload": upload(picture_bytes()), "pictures-0-alt": "A chart", "pictures-0-credit": "Us"}
    answer = desk.post(form_of(claim), sent | row | {"pictures-TOTAL_FORMS": "1"})
    assert answer.status_code == 409
    assert f'name="pictures-0-file" value="{PictureFile.objects.get().pk}"' in answer.content.decode()


def test_a_row_without_a_picture_says_so() -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    answer = send(desk, claim, alt="A chart", credit="Us")
    assert "Choose a picture, or delete this row." in answer.content.decode()


def test_a_picture_is_replaced_and_moved_and_deleted() -> None:
    desk, claim = signed_in("Editor"), ClaimFactory.create()
    first, second = PictureFactory.create(claim=claim), PictureFactory.create(claim=claim)
    before = first.file
    send(desk, claim, upload=upload(picture_bytes("red")), place="2")
    assert [row.pk for row in claim.pictures.all()] == [second.pk, first.pk]
    assert claim.pictures.get(pk=first.pk).file != before
    send(desk, claim, DELETE="on")
    assert [row.pk for row in claim.pictures.all()] == [first.pk]


def test_an_assessor_can_add_none() -> None:
    desk, claim = signed_in("Assessor"), ClaimFactory.create()
    answer = desk.post(form_of(claim), {"pictures-0-upload": upload(picture_bytes())})
    assert answer.status_code == 403
    assert not PictureFile.objects.exists()
