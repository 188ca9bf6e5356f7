"""What changed on the public site since a copy was written, so that the next run makes only those pages again.

A file belongs to a claim or to a name by its path. It's made again if a public act touched its owner since. All other
pages, such as lists, feeds and downloads, show many claims, so they are made again after every act. A quick run leaves
some of this for later: see `Changes.since`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Self

import orjson
from django.db.models import Q

from claims.choices import EntryKind
from claims.formats.files import FILES, SOURCE_LISTS
from claims.models import PageVersion, PublishedClaim, RecordRefresh, Revision
from claims.outlets import software
from claims.outlets.archive import REMOVING_ACTS
from claims.record.canonical import moment
from claims.record.pictures import readable_paths
from claims.record.rows import entries
from claims.search.related import CANDIDATES

MANIFEST = "manifest.json"
# The kind of the owner, for the first folder of a path.
_CLAIM = "claim"
_FOLDERS = {"claims": _CLAIM, "embed/claims": _CLAIM} | {f"{kind}s": str(kind) for kind in EntryKind}
_OWNED = re.compile(rf"(?:[a-z]{{2}}/)?({'|'.join(_FOLDERS)})/([A-Za-z0-9_-]+)(?:/|\.(?!html))")
# The second page of a list of claims has the path of a claim.
_PAGE = "page"
_PICTURES = "pictures/"
_DOWNLOADS = {*FILES, *SOURCE_LISTS, "feeds/claimreview.json", "feeds/claimreview.ndjson"}
_ARCHIVES = "data/archives/"
# What can change without a public act: archives are built, and the text with the security contact expires.
_CHANGES_ALONE = re.compile(r"(?:[a-z]{2}/)?data/|\.well-known/")

Owner = tuple[str, str]


def owner_of(path: str) -> Owner | None:
    """The claim or name that a file of the copy belongs to: ("claim", its slug). None for all others."""
    found = _OWNED.match(path)
    return (_FOLDERS[found[1]], found[2]) if found and found[2] != _PAGE else None


@dataclass(frozen=True)
class State:
    """What a copy holds: the number of versions and the newest of them, and which software wrote it.

    `complete` is the newest version that all its files know. What a quick run leaves out doesn't know later ones.
    `record` is a digest of the newest version, because another database can have another version with its key.
    """

    versions: int
    newest: int
    complete: int
    record: str
    software: str

    @classmethod
    def now(cls) -> Self:
        """The state of the site in this snapshot of the database."""
        newest = Revision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        # A refresh may change every file. The foot of every page names the pages of the newsroom.
        made_by = f"{software.digest()}-{_newest(PageVersion)}-{_newest(RecordRefresh)}"
        return cls(Revision.objects.count(), newest, newest, _digest(newest), made_by)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """The state of a copy, or None if there is none, or if it can't be read."""
        try:
            found = orjson.loads((folder / MANIFEST).read_bytes())
            versions, newest, complete = (int(found[name]) for name in ("versions", "newest", "complete"))
            return cls(versions, newest, complete, str(found["record"]), str(found["software"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def as_json(self) -> bytes:
        """The content of the manifest."""
        return orjson.dumps(self.__dict__) + b"\n"


def _digest(version: int) -> str:
    """A digest of the version with this key. Empty if there is none.

    Versions are only added, one after the other. So two databases that have the same one have the same before it.
    """
    found = Revision.objects.filter(pk=version).values_list("slug", "number", "at", "body").first()
    return hashlib.sha256(repr(found).encode()).hexdigest() if found else ""


def _newest(model: type[PageVersion | RecordRefresh]) -> str:
    """The key and time of the newest row, because a restored database gives the same key to another row."""
    found = model._default_manager.order_by("-pk").values_list("pk", "at").first()
    return f"{found[0]}@{moment(found[1])}" if found else "0"


@dataclass
class Changes:
    """What must be made again.

    `owners` are the claims and names of which every file must, `beside` the claims of which only the page must, for the
    claims beside. `pictures` are the addresses of those that readers may have now. `has_acts` is True for the pages of
    many claims, such as lists. With `is_quick`, downloads stay as they are.
    """

    owners: set[Owner] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    has_acts: bool = True
    is_quick: bool = False

    @classmethod
    def since(cls, before: State | None, now: State, *, quick: bool = False) -> Self | None:
        """The changes between two states. None if everything can be different.

        So it is after an upgrade, another setting, a load of old versions, whose ids needn't follow ours, or if the
        database was replaced by an older one or by another, even if it has as many versions.

        A quick run leaves out downloads, and pages of other claims that could show a new claim beside them. Nothing
        there is wrong without it. If a claim was withdrawn or redacted, nothing is left out.
        """
        if before is None or before.software != now.software or before.record != _digest(before.newest):
            return None
        versions = Revision.objects.all()
        if before.versions + versions.filter(pk__gt=before.newest).count() != now.versions:
            return None
        quick = quick and not versions.filter(pk__gt=before.complete, act__in=REMOVING_ACTS).exists()
        new = versions.filter(pk__gt=before.newest if quick else before.complete)
        slugs = set(new.values_list("slug", flat=True))
        changes = cls(
            {(_CLAIM, slug) for slug in slugs}, pictures=set(readable_paths()), has_acts=bool(slugs), is_quick=quick
        )
        complete = versions.filter(pk=before.complete).values_list("at", flat=True).first()
        leading: set[Owner] = set()
        told = versions.filter(slug__in=slugs).order_by("slug", "number")
        for _slug, every in groupby(told.iterator(chunk_size=200), key=attrgetter("slug")):
            first, *later = every
            contents = [content for one in (first, *later) if "rating" in (content := one.content)]
            names = {(str(entry.kind), entry.slug) for content in contents for entry in entries(content)}
            changes.owners |= names
            changes.beside |= {part for content in contents for part in content["parts"]}
            # No page shows a claim that is newer than the copy.
            if not quick or first.pk <= before.newest:
                leading |= {name for name in names - leading if _leads(name, first.at, complete)}
        wholes = PublishedClaim.objects.filter(parts__overlap=sorted(slugs)).values_list("slug", flat=True)
        changes.beside = (changes.beside | _sharing(leading) | set(wholes)) - slugs
        return changes

    def concerns(self, path: str) -> bool:
        """True if the file with this path must be made again, or be removed."""
        owner = owner_of(path)
        if owner in self.owners:
            return True
        if owner is not None:
            # Of a claim beside a changed one, the page alone shows that: "claims/SLUG/index.html".
            return owner[0] == _CLAIM and owner[1] in self.beside and path.endswith(f"claims/{owner[1]}/index.html")
        if path.startswith(_PICTURES):
            return f"/{path}" not in self.pictures
        if path in _DOWNLOADS:
            return self.has_acts and not self.is_quick
        if path.startswith(_ARCHIVES):
            return not self.is_quick
        return bool(_CHANGES_ALONE.match(path)) or (self.has_acts and not path.startswith("static/"))

    def slugs(self, kind: str) -> list[str]:
        """The slugs of the owners of one kind, and of the claims beside them."""
        found = {slug for owner, slug in self.owners if owner == kind}
        return sorted(found | self.beside if kind == _CLAIM else found)


# How the row of a claim shows a name that can lead to the claims beside it: see `claims.search.related`.
_SHARED = {
    str(EntryKind.ARTICLE): "articles__contains",
    str(EntryKind.TOPIC): "topics__contains",
    str(EntryKind.CLAIMANT): "claimant__in",
}


def _showing(owner: Owner) -> Q:
    """The claims that show this article, topic or claimant."""
    kind, slug = owner
    return Q(**{_SHARED[kind]: [slug]})


def _leads(owner: Owner, first_at: datetime, complete: datetime | None) -> bool:
    """True if a page can show a claim beside another because both have this name. It was first published at `first_at`.

    It can't if so many newer claims have had the name since `complete` that pages show those.
    """
    if owner[0] not in _SHARED:
        return False
    newer = PublishedClaim.objects.filter(_showing(owner), first_published_at__gt=first_at)
    # Those that are as they were then.
    known = newer.filter(revised_at__lte=complete) if complete else newer.none()
    # One of them can be the claim of the page.
    return known[: CANDIDATES + 1].count() <= CANDIDATES


def _sharing(names: Iterable[Owner]) -> set[str]:
    """The slugs of the claims that show one of these names."""
    shared = reduce(Q.__or__, map(_showing, sorted(names)), Q(pk=None))
    return set(PublishedClaim.objects.filter(shared).values_list("slug", flat=True))
