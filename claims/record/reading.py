"""How readers' doors look something up in the record, and what they may not have.

A claim that was withdrawn, or a version that was redacted, is an exception here: each door answers it in its own form.
"""

from collections.abc import Sequence

from django.http import Http404

from claims.choices import Act, EntryKind
from claims.models import IndexEntry, Revision
from claims.record.publications import Publication, from_history
from claims.schema import Content


class Withdrawn(Exception):
    """The claim was withdrawn. `history` has all its versions, newest first."""

    def __init__(self, history: Sequence[Revision]) -> None:
        self.history = history
        super().__init__("This claim was withdrawn.")

    @property
    def withdrawal(self) -> Revision:
        """The version that withdrew the claim."""
        return self.history[0]


class Redacted(Exception):
    """The text of `version` was redacted. `history` has all versions of its claim, newest first."""

    def __init__(self, history: Sequence[Revision], version: Revision) -> None:
        self.history, self.version = history, version
        super().__init__("The text of this version was redacted.")

    @property
    def redaction(self) -> Revision:
        """The later version that redacted this one."""
        return next(revision for revision in self.history if revision.number == self.version.redacted_in)


def history_of(slug: str) -> list[Revision]:
    """All versions of a claim that readers see, newest first, with corrections and without bodies.

    Versions are only ever added, so whatever is read later fits this list. Raises Http404 when the claim was never
    published, and Withdrawn.
    """
    history = list(Revision.objects.of(slug).with_redaction().defer("body").select_related("correction"))
    if not history:
        raise Http404("No such claim is published.")
    if history[0].act == Act.WITHDRAW:
        raise Withdrawn(history)
    return history


def version_in(history: Sequence[Revision], number: int | None = None) -> Revision:
    """The version with this number, or the newest. Raises Http404 when there is none, and Redacted."""
    if number is None:
        return history[0]
    version = next((revision for revision in history if revision.number == number), None)
    if version is None:
        raise Http404("There is no such version.")
    if version.redacted_in is not None:
        raise Redacted(history, version)
    return version


def content_of(version: Revision) -> Content:
    """The body of a version from `history_of`, which are read without."""
    content: Content = Revision.objects.get(pk=version.pk).content
    return content


def publication_of(history: Sequence[Revision]) -> Publication:
    """The first of these versions, as every format takes it, with the corrections up to it."""
    return from_history(Revision.objects.values_list("body", flat=True).get(pk=history[0].pk), history)


def entry_or_404(kind: EntryKind, slug: str) -> IndexEntry:
    """The index entry with this name. Raises Http404 for a name that no published claim shows."""
    try:
        return IndexEntry.objects.get(kind=kind, slug=slug)
    except IndexEntry.DoesNotExist:
        raise Http404("Nothing published has this name.") from None
