"""Look up claims and versions in the record for readers.

A withdrawn claim or a redacted version raises an exception here, which each outlet turns into its own response.
"""

from collections.abc import Sequence
from functools import cache

from django.db.models import QuerySet
from django.http import Http404

from claims.choices import Act, EntryKind, NameKind
from claims.models import IndexEntry, Revision
from claims.record.corrections import with_rating_cards
from claims.record.merged import check_entry, survivors
from claims.record.publications import Publication, from_history
from claims.schema import Content, read


class Withdrawn(Exception):
    """The claim is withdrawn. `history` has all its versions, newest first."""

    def __init__(self, history: Sequence[Revision]) -> None:
        self.history = history
        super().__init__("This claim was withdrawn.")

    @property
    def withdrawal(self) -> Revision:
        """The version that withdrew the claim."""
        return self.history[0]


class MergedClaim(Withdrawn):
    """The claim was withdrawn because it is another one, which has the slug `into`."""

    def __init__(self, history: Sequence[Revision], into: str) -> None:
        self.into = into
        super().__init__(history)


class Redacted(Exception):
    """The text of `version` is redacted. `history` has all versions of its claim, newest first."""

    def __init__(self, history: Sequence[Revision], version: Revision) -> None:
        self.history, self.version = history, version
        super().__init__("The text of this version was redacted.")

    @property
    def redaction(self) -> Revision:
        """The later version that redacted this one."""
        return next(revision for revision in self.history if revision.number == self.version.redacted_in)


def history_of(slug: str, *, merged_too: bool = False) -> list[Revision]:
    """All versions of a published claim, newest first, with their corrections. Only the newest has its body.

    Versions are only ever added, so bodies that are read later still match this list. Raises Http404 if the claim was
    never published, Withdrawn if it's withdrawn now, and MergedClaim if it was merged into another claim. With
    `merged_too`, the history of a merged claim is returned, because nothing in it was wrong.
    """
    history = list(_histories().filter(slug=slug))
    if not history:
        raise Http404("No published claim has this address.")
    if history[0].act == Act.WITHDRAW:
        into = survivors(NameKind.CLAIM, [slug]).get(slug)
        if into is None:
            raise Withdrawn(history)
        if not merged_too:
            raise MergedClaim(history, into)
    return history


@cache
def _histories() -> QuerySet[Revision]:
    """The versions of all claims, newest first. To write this query took longer than to answer it."""
    found = Revision.objects.with_redaction().with_shown_body().with_last_act().order_by("-number")
    return with_rating_cards(found.defer("body").select_related("correction"), "correction__")


def version_in(history: Sequence[Revision], number: int | None = None) -> Revision:
    """The version with this number, or the newest. Raises Http404 if there is none, and Redacted if it's redacted."""
    if number is None:
        return history[0]
    version = next((revision for revision in history if revision.number == number), None)
    if version is None:
        raise Http404("This claim has no version with this number.")
    if version.redacted_in is not None:
        raise Redacted(history, version)
    return version


def content_of(version: Revision) -> Content:
    """The body of a version from `history_of`."""
    return read(_body_of(version))


def publication_of(history: Sequence[Revision]) -> Publication:
    """The publication of the first of these versions, with the corrections up to it."""
    return from_history(_body_of(history[0]), history)


def _body_of(version: Revision) -> str:
    body: str = version.shown_body or version.body  # which is read now, because `history_of` leaves it out
    return body


def entry_or_404(kind: EntryKind, slug: str) -> IndexEntry:
    """The index entry with this slug. Raises Http404 if no published claim shows that name, Moved if it was merged."""
    try:
        return IndexEntry.objects.get(kind=kind, slug=slug)
    except IndexEntry.DoesNotExist:
        check_entry(kind, slug)
        raise Http404("No published claim shows this name.") from None
