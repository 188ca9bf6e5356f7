"""Files of sources: only PDFs and pictures are kept, and pictures lose all but their pixels."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sources import parse
from sources.files import Unusable, checked, keep
from sources.models import SourceFile
from tests.factories import SourceFactory
from tests.sources.test_extraction import pdf

# A page with words.
PDF = pdf("Words.")


def picture(kind: str = "JPEG", size: tuple[int, int] = (8, 4), **options: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, kind, **options)
    return made.getvalue()


def with_place() -> bytes:
    """A photo whose Exif data has the name of its camera, and which is stored on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Secret camera", 6
    return picture(exif=exif)


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.html", "<script>alert(1)</script>")
    return made.getvalue()


def moving() -> bytes:
    made = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:])
    return made.getvalue()


def bomb() -> bytes:
    """A small file of 100 million pixels."""
    made = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(made, "PNG", optimize=True)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "PDF, JPEG, PNG and WebP"),
        (b"<!doctype html><script>alert(1)</script>", "PDF, JPEG, PNG and WebP"),
        (b"GIF89a/*<script>alert(1)</script>*/", "PDF, JPEG, PNG and WebP"),
        (zipped(), "PDF, JPEG, PNG and WebP"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "couldn't read this file"),
        (picture()[:200], "couldn't read this file"),
        (PDF + zipped(), "other data after its end"),
        (PDF + b"<script>alert(1)</script>", "other data after its end"),
        (b"%PDF-1.4\nnothing\n%%EOF", "couldn't read this file"),
        (b"%PDF-1.4" + b" " * 10_000_000, "bigger than 10 MB"),
        (moving(), "animated"),
        (bomb(), "40 million pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_file_is_refused_with_what_to_do(data: bytes, sentence: str) -> None:
    with pytest.raises(Unusable, match=sentence):
        checked(data, "letter.png")


def test_a_picture_is_drawn_anew_and_upright() -> None:
    data = with_place()
    assert b"Secret camera" in data
    kept = checked(data + b"<script>alert(1)</script>" + zipped(), "photo.php.jpg")
    assert (kept.media_type, kept.name) == (parse.JPEG, "photo.php.jpg")
    assert not any(word in kept.content for word in (b"Secret camera", b"<script>", b"PK\x03\x04"))
    image = Image.open(io.BytesIO(kept.content))
    assert (image.size, len(image.getexif())) == ((4, 8), 0)


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", parse.PNG), ("WEBP", parse.JPEG)])
def test_a_picture_is_kept_in_a_format_that_every_program_reads(kind: str, media_type: str) -> None:
    assert checked(picture(kind), "a.webp").media_type == media_type


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\letters\\to me.html", "to me.pdf"),
        ("a\nb\u202e.pdf", "a b.pdf"),
        ("", "file.pdf"),
        ("..", "file.pdf"),
        ("x" * 500, f"{'x' * 100}.pdf"),
    ],
)
def test_a_name_is_kept_without_its_path_and_with_the_ending_of_what_it_is(name: str, kept: str) -> None:
    assert checked(PDF, name).name == kept


@pytest.mark.django_db(transaction=True)
def test_a_file_is_kept_once_under_a_path_that_says_nothing_and_is_deleted_for_good(
    settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    source = SourceFactory.create(slug="a-secret")
    row, is_new = keep(source, checked(PDF, "letter.pdf"))
    assert is_new
    assert keep(source, checked(PDF, "again.pdf")) == (row, False)
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.read_bytes() == PDF
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not {"letter", "secret"} & set(str(file.relative_to(tmp_path)).split("-"))
    SourceFile.objects.all().delete()
    assert not file.exists()
