"""Pictures of explanations, from an upload at the desk to readers, files and other sites."""

import json
import os
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from claims.choices import NameKind
from claims.desk import record_check, workflow
from claims.desk.merging import references
from claims.desk.pictures import keep
from claims.desk.rules import Refused
from claims.formats import claimreview
from claims.models import Claim, PictureFile, Revision
from claims.outlets import archive
from claims.record import differences
from claims.record.pictures import readable_paths
from claims.schema import Content
from tests.claims.desk.merging.test_acts import merged
from tests.claims.formats.files import empty_the_database, exported
from tests.factories import (
    ClaimFactory,
    PictureFactory,
    UserFactory,
    approved,
    corrected,
    picture_bytes,
    picture_file,
    published,
    redacted,
    withdrawn,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def with_pictures(*alts: str, **fields: Any) -> Claim:
    """A draft with a picture for each of these texts."""
    claim = ClaimFactory.create(**fields)
    for alt in alts or ("A chart",):
        PictureFactory.create(claim=claim, alt=alt)
    return fresh(claim)


def fresh(claim: Claim) -> Claim:
    return Claim.objects.preload().get(pk=claim.pk)


def content_of(claim: Claim) -> Content:
    found: Content = fresh(claim).published.revision.content
    return found


def path_of(claim: Claim, number: int = 0) -> str:
    file = claim.pictures.order_by("order")[number].file
    return f"/pictures/{file.sha256}.{file.ending}"


def edited(claim: Claim, **changes: Any) -> Claim:
    for name, value in changes.items():
        setattr(claim, name, value)
    return workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


# The record


def test_the_body_names_the_bytes_and_the_words_of_each_picture() -> None:
    claim = published(with_pictures("A chart", "A photo"))
    first, second = content_of(claim)["pictures"]
    assert first == {
        "sha256": claim.pictures.get(order=0).file.sha256,
        "media_type": "image/png",
        "width": 320,
        "height": 200,
        "alt": "A chart",
        "caption": "Spending from 2019 to 2025.",
        "credit": "Our own chart",
    }
    assert second["alt"] == "A photo"


def test_an_approval_covers_the_pictures() -> None:
    claim = approved(with_pictures())
    claim.pictures.update(credit="Somebody else")
    with pytest.raises(Refused, match="changed since"):
        workflow.publish(fresh(claim), by=UserFactory.create(role="Editor"), version=claim.version)


def test_the_history_shows_pictures_that_came_and_went_and_their_words() -> None:
    claim = published(with_pictures("A chart", "A photo"))
    before = content_of(claim)
    claim.pictures.filter(alt="A photo").delete()
    claim.pictures.update(credit="Ana Kovač")
    PictureFactory.create(claim=claim, alt="A map")
    after = content_of(corrected(fresh(claim), summary="Another."))
    labels = [change.label for change in differences.between(before, after)]
    assert [label for label in labels if "Picture" in label] == [
        "Picture: A chart", "Picture: A map", "Picture: A photo",
    ]  # fmt: skip
    swapped = before | {"pictures": before["pictures"][::-1]}
    assert [change.label for change in differences.between(before, swapped)] == ["Order of the pictures"]


def test_restoring_an_earlier_version_restores_its_pictures() -> None:
    claim = published(with_pictures("A chart", "A photo"))
    claim.pictures.all().delete()
    PictureFactory.create(claim=claim, alt="A map")
    claim = corrected(fresh(claim), summary="Another.")
    claim = workflow.restore(claim, text="version-1", by=UserFactory.create(role="Editor"), version=claim.version)
    assert [row.alt for row in fresh(claim).pictures.all()] == ["A chart", "A photo"]


def test_the_pictures_of_a_merged_claim_follow_those_of_the_claim_that_stays() -> None:
    goes, stays = with_pictures("A chart", "A photo"), with_pictures("A map")
    moves = references.move(goes, stays)
    assert [row.alt for row in fresh(stays).pictures.all()] == ["A map", "A chart", "A photo"]
    references.restore(moves)
    assert [row.alt for row in fresh(goes).pictures.all()] == ["A chart", "A photo"]


@pytest.mark.parametrize("broken", [{"alt": ""}, {"credit": ""}])
def test_the_database_refuses_a_picture_without_its_words(broken: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PictureFactory.create(claim=ClaimFactory.create(), **broken)


# Where pictures are placed


@pytest.mark.parametrize(
    ("explanation", "sentence"),
    [
        ("Why.\n\n![](picture:3)", "the claim has no picture 3"),
        ("See ![](picture:1) here.", "in a paragraph of its own"),
    ],
)
def test_a_claim_with_a_misplaced_picture_cannot_be_submitted(explanation: str, sentence: str) -> None:
    claim = with_pictures(explanation=explanation)
    with pytest.raises(Refused, match=sentence):
        workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def test_readers_see_each_picture_where_it_is_placed_and_the_others_after_the_text(client: Client) -> None:
    claim = published(with_pictures("A chart", "A <photo>", explanation="Before.\n\n![](picture:2)\n\nAfter."))
    for address in (f"/claims/{claim.slug}/", f"/claims/{claim.slug}/revisions/1/"):
        text = client.get(address).content.decode().partition('id="why"')[2]
        assert text.index("Before.") < text.index(path_of(claim, 1)) < text.index("After.") < text.index(path_of(claim))
        assert (
            f'<img src="{path_of(claim, 1)}" alt="A &lt;photo&gt;" width="320" height="200" '
            'loading="lazy" decoding="async">' in text
        )
        assert 'Spending from 2019 to 2025. <span class="credit" lang="en">Picture: Our own chart</span>' in text


def test_programs_get_the_pictures_with_their_address_credit_and_caption(client: Client, settings: Any) -> None:
    claim = published(with_pictures("A chart"))
    assert client.get(f"/api/v1/claims/{claim.slug}/").json()["pictures"] == content_of(claim)["pictures"]
    node = client.get(f"/claims/{claim.slug}.jsonld").json()
    assert node["image"] == [
        {
            "@type": "ImageObject",
            "contentUrl": f"{settings.SITE_URL}{path_of(claim)}",
            "encodingFormat": "image/png",
            "width": 320,
            "height": 200,
            "description": "A chart",
            "caption": "Spending from 2019 to 2025.",
            "creditText": "Our own chart",
        }
    ]
    assert claimreview.parse(node).pictures[0].credit == "Our own chart"
    header, row = client.get("/claims.csv").getvalue().decode().splitlines()[:2]
    assert "pictures_address" in header
    assert path_of(claim) in row


# Bytes for readers


def test_readers_get_the_bytes_inert_with_a_tag_by_get_and_head(client: Client) -> None:
    claim = published(with_pictures())
    answer = client.get(path_of(claim))
    assert sha256(answer.content).hexdigest() in path_of(claim)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    again = client.get(path_of(claim), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path_of(claim))["ETag"] == answer["ETag"]
    assert client.post(path_of(claim)).status_code == 405


def test_a_draft_s_picture_is_as_unknown_as_one_that_never_was(client: Client) -> None:
    draft = with_pictures()
    never = f"/pictures/{'0' * 64}.png"
    drafts = client.get(path_of(draft))
    assert drafts.status_code == client.get(never).status_code == 404
    assert drafts.content.replace(path_of(draft).encode(), b"") == client.get(never).content.replace(
        never.encode(), b""
    )
    approved(draft)
    assert client.get(path_of(draft)).status_code == 404
    assert client.get(f"{path_of(published(with_pictures()))[:-3]}jpg").status_code == 404


def test_a_picture_is_public_while_a_readable_version_shows_it(client: Client) -> None:
    claim = published(with_pictures())
    path = path_of(claim)
    claim.pictures.all().delete()
    claim = corrected(fresh(claim), summary="Without a picture.")
    assert client.get(path).status_code == 200  # the first version shows it
    redacted(claim)
    assert client.get(path).status_code == 410
    assert readable_paths() == []


def test_the_picture_of_a_withdrawn_claim_is_gone_unless_another_claim_shows_it(client: Client) -> None:
    claim, other = with_pictures(), ClaimFactory.create()
    path = path_of(claim)
    PictureFactory.create(claim=other, file=claim.pictures.get().file)
    claim, other = published(claim), published(fresh(other))
    withdrawn(claim)
    assert client.get(path).status_code == 200
    withdrawn(other)
    answer = client.get(path)
    assert answer.status_code == 410
    assert b"PNG" not in answer.content


def test_a_cache_is_purged_of_a_picture_with_the_claims_that_show_it(client: Client, settings: Any) -> None:
    settings.CACHE_PURGE_URL = "https://cache.example/"
    claim = published(with_pictures())
    assert f"claim-{claim.slug}" in client.get(path_of(claim))["Cache-Tag"].split(",")


def test_an_index_finds_the_versions_with_a_picture() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert "revision_pictures" in Revision.objects.showing("0" * 64).order_by().explain()


# Files


def test_a_full_and_a_public_export_carry_the_bytes(client: Client, folder: Path, tmp_path: Path) -> None:
    claim = published(with_pictures("A chart", "A photo"))
    with_pictures("A draft's picture")
    paths, drafts = readable_paths(), PictureFile.objects.count()
    full, public = tmp_path / "full.jsonl", tmp_path / "public.jsonl"
    full.write_text(exported("--format", "jsonl"))
    public.write_text(exported("--format", "jsonl", "--published"))
    for file, files in ((full, drafts), (public, len(paths))):
        empty_the_database()
        call_command("loaddata", file, verbosity=0)
        assert PictureFile.objects.count() == files
        assert [client.get(path).status_code for path in paths] == [200, 200]
        assert client.get(f"/claims/{claim.slug}/").status_code == 200
    assert "A draft" not in public.read_text()


@pytest.mark.parametrize("content", ["", "@@", "aGVsbG8="])
def test_a_file_without_the_right_bytes_is_not_loaded(tmp_path: Path, content: str) -> None:
    published(with_pictures())
    file = tmp_path / "full.jsonl"
    file.write_text(exported("--format", "jsonl"))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line["model"] == "claims.picturefile":
            line["fields"]["content"] = content
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    empty_the_database()
    with pytest.raises(CommandError, match="content: "):
        call_command("loaddata", file, verbosity=0)


def test_bytes_that_are_not_a_picture_are_not_loaded_even_with_their_hash(tmp_path: Path) -> None:
    data = b"\x89PNG\r\n\x1a\n<script>"
    fields = {"sha256": sha256(data).hexdigest(), "media_type": "image/png", "width": 1, "height": 1}
    record = {"model": "claims.picturefile", "fields": fields | {"content": "iVBORw0KGgo8c2NyaXB0Pg=="}}
    (tmp_path / "bad.json").write_text(json.dumps([record]))
    with pytest.raises(CommandError, match="isn't a picture"):
        call_command("loaddata", tmp_path / "bad.json", verbosity=0)


def test_the_archive_has_the_pictures_with_their_sums(settings: Any, tmp_path: Path) -> None:
    settings.ARCHIVES_FOLDER = tmp_path / "archives"
    claim = published(with_pictures())
    with ZipFile(archive.build(timezone.localdate()).path) as package:
        top = package.namelist()[0].partition("/")[0]
        data = package.read(f"{top}{path_of(claim)}")
        sums = package.read(f"{top}/SHA256SUMS").decode()
    assert f"{sha256(data).hexdigest()}  {path_of(claim)[1:]}" in sums


def test_check_record_reports_bytes_that_are_missing_or_differ(folder: Path) -> None:
    published(with_pictures("A chart", "A photo"))
    assert list(record_check.faults()) == []
    first, second = sorted(folder.rglob("*.png"))
    first.unlink()
    second.write_bytes(b"other")
    found = [str(fault) for fault in record_check.faults()]
    assert len(found) == 2
    assert all("the storage doesn't have the bytes" in fault for fault in found)


def test_a_picture_without_its_bytes_is_not_found_and_its_page_still_works(client: Client, folder: Path) -> None:
    claim = published(with_pictures())
    next(folder.rglob("*.png")).unlink()
    assert client.get(path_of(claim)).status_code == 404
    assert client.get(f"/claims/{claim.slug}/").status_code == 200


# What nothing shows


def test_pictures_that_nothing_shows_any_more_are_removed_after_a_while(folder: Path) -> None:
    editor = UserFactory.create(role="Editor")
    with_pictures("In a draft")
    for claim in (published(with_pictures("In a version")), approved(with_pictures("In an approval"))):
        claim.pictures.all().delete()
    discarded = edited(published(), summary="Another.")
    PictureFactory.create(claim=discarded, alt="In a text that was discarded")
    workflow.discard(fresh(discarded), by=editor, version=discarded.version)
    goes, stays = with_pictures("In a claim that was merged"), ClaimFactory.create()
    PictureFactory.create(claim=stays, file=goes.pictures.get().file)
    merged(NameKind.CLAIM, goes, stays)
    stays.pictures.all().delete()
    used = {file.sha256 for file in PictureFile.objects.all()}
    assert len(used) == 5

    unused, again, without_row = picture_file("teal"), picture_file("pink"), picture_file("gold")
    without_row.delete()
    long_ago = timezone.now() - timedelta(days=31)
    PictureFile.objects.update(kept_at=long_ago)
    for path in folder.rglob("*.png"):
        os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    keep(picture_bytes("pink"))  # a second ago, and its old file was there

    def removed(*options: str) -> str:
        out = StringIO()
        call_command("prune_pictures", *options, stdout=out)
        return out.getvalue()

    before = sorted(folder.rglob("*.png"))
    assert removed("--dry-run") == "1 pictures and 2 files would be removed.\n"
    assert removed("--keep-days", "40") == "0 pictures and 0 files removed.\n"
    assert sorted(folder.rglob("*.png")) == before
    assert removed() == "1 pictures and 2 files removed.\n"
    assert {file.sha256 for file in PictureFile.objects.all()} == used | {again.sha256}
    assert {path.stem for path in folder.rglob("*.png")} == used | {again.sha256}
    assert unused.sha256 not in used
    assert removed() == "0 pictures and 0 files removed.\n"
    assert "claims.picturefile" not in {fault.model for fault in record_check.faults()}
