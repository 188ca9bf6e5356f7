"""Pictures at the desk: an upload is checked, drawn anew and kept. No reader gets it before a version shows it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from claims.choices import PictureType
from claims.models import Approval, Claim, NameChange, Picture, PictureFile, ReplacedText, Revision
from claims.record import pictures
from factcheck.core import markdown
from sources.files import checked_picture

_BATCH = 200
# What canonical JSON has exactly where the list isn't empty, and how it writes a hash.
_WITH_PICTURES = '"pictures":[{'
_HASH = re.compile(r'"sha256":"([0-9a-f]{64})"')


def keep(data: bytes) -> PictureFile:
    """Keep an upload, drawn anew and no bigger than pages need. The same picture is kept once.

    Raises `sources.files.Unusable` for a file that isn't a picture that we keep.
    """
    checked = checked_picture(data, longest=pictures.LONGEST_SIDE, most=pictures.MOST_BYTES)
    values = {"media_type": checked.media_type, "width": checked.width, "height": checked.height}
    with transaction.atomic():
        digest = pictures.store(checked.content, PictureType(checked.media_type).ending)
        now = {"kept_at": timezone.now()}
        file, _is_new = PictureFile.objects.update_or_create(sha256=digest, defaults=now, create_defaults=values | now)
    return file


def misplaced(claim: Claim) -> Iterator[str]:
    """What is wrong with the places of the pictures in the explanation, each as a sentence.

    Uses the relations that `ClaimQuerySet.preload` loads.
    """
    placed, within = markdown.numbers_of_pictures(claim.explanation)
    last = len(claim.pictures.all())
    for number in sorted(placed | within):
        if number > last:
            yield f"The explanation has ![](picture:{number}), but the claim has no picture {number}."
        elif number in within:
            yield f"Put ![](picture:{number}) in a paragraph of its own, with an empty line before and after it."


# Removing


@dataclass(frozen=True)
class Removed:
    """How many rows of pictures and how many files were removed, or would be."""

    rows: int
    files: int


def prune(*, before: datetime, is_dry: bool = False, advance: Callable[[int], None] = lambda _rows: None) -> Removed:
    """Remove the pictures that were last uploaded before this time and that nothing shows, with their files.

    What shows one is a draft, a version, an approval, a text that was replaced and could come back, or a merge that
    could be undone. Calls `advance` with the number of pictures and files looked at.

    Each is removed by itself, its row first. If this is killed in between, the next run removes the file.
    """
    files = 0
    gone: set[str] = set()
    kept = _named_in_texts()
    for file in _unused(before).order_by("pk").iterator(chunk_size=_BATCH):
        advance(1)
        if file.sha256 not in kept and (is_dry or _delete_row(file, before)):
            gone.add(file.sha256)
    rows = set(PictureFile.objects.values_list("sha256", flat=True)) - gone
    for digest, ending, at in pictures.stored():
        advance(1)
        if at < before and digest not in kept and digest not in rows and (is_dry or _remove_file(digest, ending)):
            files += 1
    return Removed(len(gone), files)


def _unused(before: datetime) -> QuerySet[PictureFile]:
    aside = {
        row["fields"]["file"]
        for moved in NameChange.objects.exclude(moved={}).values_list("moved", flat=True).iterator()
        for row in moved.get("set_aside", [])
        if row["model"] == Picture._meta.label_lower
    }
    return PictureFile.objects.filter(pictures=None, kept_at__lt=before).exclude(pk__in=aside)


def _named_in_texts() -> set[str]:
    """Every hash in a text with pictures, whatever the hash is of, and whether readers may read the text or not."""
    texts: list[QuerySet[Any]] = [Revision.objects.with_pictures()]
    texts += [model._default_manager.filter(body__contains=_WITH_PICTURES) for model in (Approval, ReplacedText)]
    return {
        digest
        for rows in texts
        for body in rows.values_list("body", flat=True).iterator(chunk_size=_BATCH)
        for digest in _HASH.findall(body)
    }


def _delete_row(file: PictureFile, before: datetime) -> bool:
    """Delete the row, unless somebody used the picture meanwhile or uploaded it again."""
    try:
        with transaction.atomic():
            pictures.hold(file.sha256)
            rows = PictureFile.objects.select_for_update(no_key=True).filter(pk=file.pk, kept_at__lt=before)
            if Revision.objects.showing(file.sha256).exists():
                return False
            return bool([row.delete() for row in rows])
    except IntegrityError:
        return False  # a draft took it at this moment


def _remove_file(digest: str, ending: str) -> bool:
    """Remove a file without a row, unless somebody uploaded the picture meanwhile."""
    with transaction.atomic():
        pictures.hold(digest)
        if PictureFile.objects.filter(sha256=digest).exists():
            return False
        pictures.remove(digest, ending)
    return True
