"""Pictures of explanations: where their bytes are, their public addresses, and how a body shows them on a page.

The bytes are in Django's storage under their SHA-256, whether readers may have them or not. What readers may have
follows from the versions that show a picture, and from nothing else.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.http import Http404
from django.urls import reverse

from claims.choices import PictureType
from claims.models import Revision
from claims.models.querysets import RevisionQuerySet
from claims.record import imprint
from claims.record.purging import claim_tag
from claims.record.reading import history_of, version_in
from claims.schema import Content, read
from factcheck.core.markdown import Picture

# A page shows a picture about 750 pixels wide, and screens have up to two points a pixel.
LONGEST_SIDE = 1600
MOST_BYTES = 2 * 2**20
_FILE = re.compile(r"([0-9a-f]{64})\.([a-z]+)")
# Bodies that are read in one go.
_BATCH = 200

Address = Callable[[Content], str]


def ending_of(picture: Content) -> str:
    """What the address of a picture of a body ends with: jpg or png."""
    return PictureType(picture["media_type"]).ending


def path_of(picture: Content) -> str:
    """The path of a picture for readers. It is the same in every language."""
    return reverse("files:picture", args=[picture["sha256"], ending_of(picture)])


def address_of(picture: Content) -> str:
    """The complete address of a picture for readers."""
    return imprint.address("files:picture", picture["sha256"], ending_of(picture))


def shown(content: Content, address: Address = path_of) -> list[Picture]:
    """The pictures of a body, with these addresses, for `factcheck.core.markdown`."""
    return [
        Picture(address(one), one["width"], one["height"], one["alt"], one["caption"], one["credit"])
        for one in content["pictures"]
    ]


# Bytes


def _name(digest: str, ending: str) -> str:
    return f"pictures/{digest[:2]}/{digest}.{ending}"


def hold(digest: str) -> None:
    """Wait until nobody else stores or removes the bytes with this SHA-256, and keep others from it.

    It lasts until the transaction ends. So bytes that somebody uploads again aren't removed at that moment.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])


def store(content: bytes, ending: str) -> str:
    """Keep the bytes and return their SHA-256. Does nothing if the same bytes are there already.

    Keep their row in the same transaction: bytes without a row are removed some day.
    """
    digest = sha256(content).hexdigest()
    with transaction.atomic():
        hold(digest)
        if not is_whole(digest, ending):
            remove(digest, ending)
            default_storage.save(_name(digest, ending), ContentFile(content))
    return digest


def remove(digest: str, ending: str) -> None:
    """Remove the bytes from the storage, if they are there."""
    default_storage.delete(_name(digest, ending))


def stored() -> Iterator[tuple[str, str, datetime]]:
    """The SHA-256, the ending and the time of all bytes in the storage."""
    for folder in _listed("pictures")[0]:
        for name in _listed(f"pictures/{folder}")[1]:
            if found := _FILE.fullmatch(name):
                yield found[1], found[2], default_storage.get_modified_time(f"pictures/{folder}/{name}")


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return sorted(folders), sorted(files)


def opened(digest: str, ending: str) -> File[bytes]:
    """The bytes of a picture. Raises OSError if they aren't in the storage."""
    return cast("File[bytes]", default_storage.open(_name(digest, ending)))


def bytes_of(digest: str, ending: str) -> bytes:
    """The bytes of a picture, whatever they are. Raises OSError if there are none."""
    with opened(digest, ending) as file:
        return bytes(file.read())


def is_whole(digest: str, ending: str) -> bool:
    """True if the storage has the bytes with this SHA-256."""
    try:
        return sha256(bytes_of(digest, ending)).hexdigest() == digest
    except OSError:
        return False


# Readers


def tags_of_readable(digest: str, ending: str) -> set[str]:
    """The tags of the claims in whose readable versions readers see the picture: see `claims.record.purging`.

    Raises Http404 if no version ever showed it. If readers may not see any that did, raises Withdrawn or Redacted.
    """
    versions = Revision.objects.showing(digest)
    newest = versions.order_by("-pk").first()
    if newest is None or (digest, ending) not in _names_of(newest.content):
        raise Http404("No published claim shows this picture.")
    slugs = set(versions.readable().values_list("slug", flat=True).distinct())
    if not slugs:
        # That of a claim that was merged is read on, because nothing in it was wrong.
        version_in(history_of(newest.slug, merged_too=True), newest.number)
        slugs = {newest.slug}
    return set(map(claim_tag, slugs))


def _names_of(content: Content) -> set[tuple[str, str]]:
    return {(one["sha256"], ending_of(one)) for one in content["pictures"]}


def readable_paths() -> list[str]:
    """The paths of all pictures that readers may have, in order."""
    return sorted({path_of(one) for one in in_versions(Revision.objects.readable())})


def in_versions(revisions: RevisionQuerySet) -> Iterator[Content]:
    """Each picture of the bodies of these versions, as often as they show it. Memory use is constant."""
    bodies = revisions.with_pictures().values_list("body", flat=True)
    for body in bodies.iterator(chunk_size=_BATCH):
        yield from read(body)["pictures"]
