"""The names and claims that became another one: their old addresses lead to it."""

from collections.abc import Iterable

from claims.choices import EntryKind, NameKind
from claims.models import IndexEntry, NameChange

# The row behind each kind of entry of the index that can be merged.
ROW_OF: dict[EntryKind, NameKind] = {
    EntryKind.CLAIMANT: NameKind.CLAIMANT,
    EntryKind.TOPIC: NameKind.TOPIC,
    EntryKind.ARTICLE: NameKind.SOURCE,
    EntryKind.SOURCE: NameKind.SOURCE,
    EntryKind.OUTLET: NameKind.PUBLISHER,
}


class Moved(Exception):
    """What had this address was merged. `slug` is that of what it became."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(f"This is now at another address: {slug}.")


def survivors(kind: NameKind, slugs: Iterable[str], *, for_readers: bool = True) -> dict[str, str]:
    """What each of these slugs leads to, for those that readers saw and that were merged since; after all merges.

    For readers, a merge whose words were removed leads nowhere: it would say who somebody is.
    """
    merges = NameChange.objects.merges().filter(kind=kind)
    if for_readers:
        merges = merges.filter(words_withheld=False)
    found = dict(merges.filter(slug__in=list(slugs), claims__gt=0).values_list("slug", "into"))
    # A merge of a merge. Nothing can be merged into what is gone, so this ends.
    while further := dict(merges.filter(slug__in=set(found.values())).values_list("slug", "into")):
        found = {slug: further.get(into, into) for slug, into in found.items()}
    return found


def check_entry(kind: EntryKind, slug: str) -> None:
    """Raises Moved if this name became one that readers see as a name of the same kind."""
    row = ROW_OF.get(kind)
    into = survivors(row, [slug]).get(slug) if row else None
    if into and IndexEntry.objects.filter(kind=kind, slug=into).exists():
        raise Moved(into)


def merged_slugs(kind: EntryKind) -> list[str]:
    """The slugs of all names of this kind that lead to one that readers see."""
    row = ROW_OF.get(kind)
    if row is None:
        return []
    slugs = NameChange.objects.merges().filter(kind=row, claims__gt=0).order_by("slug").values_list("slug", flat=True)
    found = survivors(row, slugs)
    shown = set(IndexEntry.objects.filter(kind=kind, slug__in=found.values()).values_list("slug", flat=True))
    return [slug for slug in slugs if found.get(slug) in shown]
