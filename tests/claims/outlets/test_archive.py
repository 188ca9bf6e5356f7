"""Archives: all published claims, the same bytes for the same data, and nothing that was withdrawn or redacted."""

import csv
import dataclasses
import hashlib
import io
import json
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from claims.formats.files import FILES
from claims.formats.tables import CORRECTIONS, TABLES
from claims.models import Claim
from claims.outlets import archive
from claims.outlets.archive import BeingBuilt
from tests.claims.outlets.test_files import slugs_in
from tests.factories import ClaimFactory, corrected, published, withdrawn

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 2)


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.ARCHIVES_FOLDER = tmp_path
    settings.SITE_NAME = "The Daily Check"


def content_of(made: archive.Archive) -> dict[str, bytes]:
    with ZipFile(made.path) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert {name.partition("/")[0] for name in names} == {made.slug}
        return {name.partition("/")[2]: package.read(name) for name in names}


def run_command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("build_archive", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class TestContent:
    def test_it_holds_every_published_claim_in_each_form(self) -> None:
        claims = {published().slug, corrected(published(), summary="Mended.").slug}
        withdrawn(published(slug="gone"))
        ClaimFactory(slug="draft")
        content = content_of(archive.build(DAY))
        for name in FILES.keys() - {"claims.json"}:
            assert set(slugs_in(name, content[name])) == claims, name
        rows = list(csv.DictReader(io.StringIO(content["corrections.csv"].decode(), newline="")))
        assert [(row["act"], row["rating_after"] != "") for row in rows] == [("correct", True), ("withdraw", False)]
        assert list(rows[0]) == CORRECTIONS.header
        assert b"draft" not in b"".join(content.values())

    def test_it_says_what_it_is_and_how_to_check_it(self, settings: LazySettings) -> None:
        settings.DATA_LICENSE = "https://licence.example/"
        published()
        made = archive.build(DAY)
        content = content_of(made)
        text = content["README.txt"].decode()
        for part in (
            "The Daily Check",
            "2026-01-02",
            "https://licence.example/",
            "claims 1, evidence 1",
            *content.keys() - {"README.txt"},
        ):
            assert part in text, part
        sums = dict(line.split("  ")[::-1] for line in content["SHA256SUMS"].decode().splitlines())
        assert sums.keys() == content.keys() - {"SHA256SUMS"}
        assert all(hashlib.sha256(content[name]).hexdigest() == digest for name, digest in sums.items())
        assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
        assert made.rows == dict.fromkeys(TABLES, 1)

    def test_the_same_data_of_the_same_day_are_the_same_bytes(self) -> None:
        for _ in range(3):
            published()
        first = archive.build(DAY).path.read_bytes()
        ClaimFactory()
        assert archive.build(DAY).path.read_bytes() == first
        published()
        assert archive.build(DAY).path.read_bytes() != first

    def test_an_empty_archive_can_be_built(self) -> None:
        made = archive.build(DAY)
        assert made.rows == dict.fromkeys(TABLES, 0)
        assert not made.has_removed_text
        published()
        assert made.has_removed_text

    def test_a_file_that_cannot_be_written_is_left_out_and_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "arro3.io", None)
        monkeypatch.delitem(sys.modules, "claims.formats.parquet", raising=False)
        _out, err = run_command()
        (made,) = archive.newest_first()
        content = content_of(made)
        assert "claims.csv" in content
        assert "claims.parquet" not in content
        assert "Left out: claims.parquet. " in content["README.txt"].decode()
        assert "requirements-extra.txt" in err


class TestCommand:
    def test_it_reports_what_it_wrote_and_can_be_run_twice(self) -> None:
        published()
        for _ in range(2):
            out, _err = run_command()
            assert out.startswith("1 claims in 0.")
        (made,) = archive.newest_first()
        assert made.path.exists()

    def test_a_dry_run_writes_nothing(self, tmp_path: Path) -> None:
        for day in (1, 2, 3):
            archive.build(date(2026, 1, day))
        before = sorted(tmp_path.rglob("*"))
        out, _err = run_command("--dry-run", "--keep", "2")
        assert "0 claims would be written to" in out
        assert out.count("Would remove") == 2
        assert sorted(tmp_path.rglob("*")) == before

    def test_it_keeps_the_given_number(self) -> None:
        for day in (3, 1, 2):
            archive.build(date(2026, 1, day))
        run_command("--keep", "2")
        names = [found.name for found in archive.newest_first()]
        assert len(names) == 2
        assert names[1] == "the-daily-check-2026-01-03.zip"

    @pytest.mark.parametrize("number", ["0", "-1", "x", "1.5"])
    def test_it_keeps_one_at_least(self, number: str) -> None:
        with pytest.raises(CommandError, match=r"Keep 1 to 10,000 archives|expected one argument"):
            run_command("--keep", number)

    def test_a_folder_that_cannot_be_written_is_named(self, settings: LazySettings, tmp_path: Path) -> None:
        settings.ARCHIVES_FOLDER = tmp_path / "file"
        settings.ARCHIVES_FOLDER.write_text("")
        with pytest.raises(CommandError, match="Can't write to"):
            run_command()

    def test_only_one_process_builds_at_a_time(self) -> None:
        with archive._build_lock():
            with pytest.raises(BeingBuilt):
                archive.build(DAY)
            with pytest.raises(CommandError, match="Another process"):
                run_command()

    def test_a_killed_build_leaves_nothing_to_download(self, client: Client) -> None:
        archive.build(DAY)
        archive._description_path("the-daily-check-2026-01-02.zip").unlink()
        (archive.folder() / ".the-daily-check-2026-01-03.zip.part").write_text("half")
        assert list(archive.newest_first()) == []
        assert client.get("/data/archives/the-daily-check-2026-01-02.zip").status_code == 404
        archive.build(date(2026, 1, 3))
        assert [path.name for path in archive.folder().glob(".*")] == []


class TestDownload:
    def test_it_is_downloaded_with_its_checksum_as_etag(self, client: Client) -> None:
        published()
        made = archive.build(DAY)
        response = client.get("/data/archives/the-daily-check-2026-01-02.zip")
        assert response.getvalue() == made.path.read_bytes()
        assert response.headers["ETag"] == f'"{made.sha256}"'
        assert response.headers["Content-Type"] == "application/zip"
        assert response.headers["Content-Length"] == str(made.size)
        again = client.get(f"/data/archives/{made.name}", headers={"if-none-match": response.headers["ETag"]})
        assert (again.status_code, again.getvalue()) == (304, b"")
        headed = client.head(f"/data/archives/{made.name}")
        assert (headed.getvalue(), headed.headers["Content-Length"]) == (b"", str(made.size))

    def test_the_newest_is_always_at_one_address(self, client: Client) -> None:
        assert client.get("/data/archives/newest.zip").status_code == 404
        for day in (1, 3, 2):
            archive.build(date(2026, 1, day))
        response = client.get("/data/archives/newest.zip")
        assert (response.status_code, response.headers["Location"]) == (
            302,
            "/data/archives/the-daily-check-2026-01-03.zip",
        )

    def test_an_archive_with_a_withdrawn_claim_is_410(self, client: Client) -> None:
        claim = published(statement="A word that was taken back.")
        made = archive.build(DAY)
        corrected(published(), summary="Mended.")
        assert client.get(f"/data/archives/{made.name}").getvalue()
        withdrawn(Claim.objects.get(pk=claim.pk))
        response = client.get(f"/data/archives/{made.name}")
        assert response.status_code == 410
        assert b"withdrawn or redacted after it was made" in response.getvalue()
        assert client.get("/data/archives/newest.zip").status_code == 404
        assert made.name not in client.get("/data/").content.decode()
        archive.build(DAY)
        content = client.get(f"/data/archives/{made.name}").getvalue()
        assert content
        assert b"taken back" not in b"".join(content_of(made).values())

    def test_an_archive_of_another_database_is_410(self, client: Client) -> None:
        published()
        made = archive.build(DAY)
        description_file = archive._description_path(made.name)
        description = json.loads(description_file.read_text())
        description["newest"][1] = "elsewhere"
        description_file.write_text(json.dumps(description))
        assert client.get(f"/data/archives/{made.name}").status_code == 410

    @pytest.mark.parametrize(
        "name",
        ["x.zip", "x-2026-01-02", "..%2f..%2fx-2026-01-02.zip", "X-2026-01-02.zip", "building.lock", "%00.zip", ".zip"],
    )
    def test_no_other_name_is_found(self, client: Client, name: str) -> None:
        archive.build(DAY)
        assert client.get(f"/data/archives/{name}").status_code == 404

    @pytest.mark.parametrize("description", ["", "[]", "{", '{"name": "x"}', "null"])
    def test_an_archive_without_a_valid_description_is_not_found(self, description: str) -> None:
        made = archive.build(DAY)
        archive._description_path(made.name).write_text(description)
        assert archive.find(made.name) is None

    def test_an_archive_with_a_changed_file_is_not_found(self) -> None:
        made = archive.build(DAY)
        with made.path.open("ab") as file:
            file.write(b"more")
        assert archive.find(made.name) is None


def test_the_page_shows_archives_and_files(client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        published(slug=f"claim-{number}")
    made = archive.build(DAY)
    for address in ("/data/", "/es/data/"):
        with django_assert_max_num_queries(4):
            text = client.get(address).content.decode()
        for part in (made.name, made.sha256, *(f'href="/{name}"' for name in FILES), "https://creativecommons.org/"):
            assert part in text, part


def test_the_page_shows_a_few_of_many(client: Client, django_assert_max_num_queries: Any) -> None:
    published()
    for day in range(1, 10):
        archive.build(date(2026, 1, day))
    with django_assert_max_num_queries(12):
        text = client.get("/data/").content.decode()
    assert "2026-01-09.zip" in text
    assert "2026-01-04.zip" not in text


@pytest.mark.django_db
def test_an_archive_is_kept_after_its_record_was_loaded_with_other_row_numbers() -> None:
    withdrawn(published())
    published()
    made = archive.build(date(2025, 6, 21))
    assert not made.has_removed_text
    assert made.newest
    _, *rest = made.newest
    elsewhere = dataclasses.replace(made, newest=[0, *rest])
    assert not elsewhere.has_removed_text
    withdrawn(published())
    assert elsewhere.has_removed_text
