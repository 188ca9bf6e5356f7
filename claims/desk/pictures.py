"""Pictures at the desk: an upload is checked, drawn anew and kept. No reader gets it before a version shows it."""

from collections.abc import Iterator

from claims.choices import PictureType
from claims.models import Claim, PictureFile
from claims.record import pictures
from factcheck.core import markdown
from sources.files import checked_picture


def keep(data: bytes) -> PictureFile:
    """Keep an upload, drawn anew and no bigger than pages need. The same picture is kept once.

    Raises `sources.files.Unusable` for a file that isn't a picture that we keep.
    """
    checked = checked_picture(data, longest=pictures.LONGEST_SIDE, most=pictures.MOST_BYTES)
    digest = pictures.store(checked.content, PictureType(checked.media_type).ending)
    size = {"media_type": checked.media_type, "width": checked.width, "height": checked.height}
    file, _is_new = PictureFile.objects.get_or_create(sha256=digest, defaults=size)
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
