"""Claims of a spreadsheet or archive, as claims of the desk. The person who imports logs and edits them.

Only the acts `log`, `edit` and `decline` write claims here, so an import can't sign, approve or publish anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from claims.choices import ClaimantKind, ImportOutcome, ImportState, State
from claims.desk import workflow
from claims.desk.imports.columns import label_of, starts_in
from claims.desk.imports.limits import BATCH_OF_CLAIMS
from claims.desk.imports.rows import Problem, Row
from claims.desk.imports.sheets import topics_of
from claims.desk.imports.targets import Checked, Tally, kept
from claims.desk.imports.where import in_words
from claims.desk.rules import NotAllowed, Refused
from claims.desk.slugs import free_slug
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    Evidence,
    ImportedClaim,
    ImportedRow,
    ImportRun,
    Rating,
    Revision,
    Topic,
)
from factcheck.accounts.models import User
from factcheck.core.fields.addresses import canonical, host
from factcheck.core.text import folded
from sources.choices import Protection, SourceKind
from sources.models import Publisher, Source

# The states in which a claim that nobody changed since its import is changed by the next one.
_OPEN = {State.LOGGED, State.RESEARCHING}
# The rating that somebody chose for the row's own, beside the values of the row.
OUR_RATING = "our_rating"
# Fields of a suggestion that an editor can accept one by one: those of the claim itself.
OF_CLAIM = (
    "statement",
    "claimant_name",
    "claimed_on",
    "language",
    "topics",
    OUR_RATING,
    "headline",
    "summary",
    "explanation",
)
_OF_ARTICLE, _OF_EVIDENCE = ("article_", "exact"), ("evidence_",)
_OBSTACLES = 100
# The words of a piece of evidence, by the names of their values without their start.
_WORDS = ("stance", "finding", "quote", "locator", "secondary_reason", "note")


class RowRefused(Exception):
    """The row is refused, because of this problem."""

    def __init__(self, name: str, reason: str, remedy: str = "") -> None:
        self.problem = Problem(label_of(name) if name else "", reason, remedy)
        super().__init__(reason)


class Claims:
    """The target for claims. A rating that nobody decided about stops the import before it begins."""

    batch, reads_ahead = BATCH_OF_CLAIMS, False

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        slugs = set(Rating.objects.values_list("slug", flat=True))
        given = run.mapping.get("ratings", {})
        # By the words of the file: the slug of our rating, or nothing if the rating is left open.
        self.ratings: dict[str, str] = {label: slug for label, slug in given.items() if not slug or slug in slugs}
        self.found: dict[str, int] = {}

    def check(self, rows: Sequence[Row]) -> Tally:
        """What importing these rows would do: each is imported, and that is undone at once.

        A row whose rating isn't decided waits for that: the file is then checked again.
        """
        for row in rows:
            if label := row.values.get("rating"):
                self.found[label] = self.found.get(label, 0) + 1
        decided = [row for row in rows if row.values.get("rating", "") in {"", *self.ratings}]
        tally = self._each(decided, keep=False)
        for one in tally.kept:
            # A claim that was created is no longer there.
            one.claim = None if one.outcome == ImportOutcome.CREATED else one.claim
        return tally

    def checked(self, *, dry_run: bool) -> Checked:
        """The end of the check: the ratings of the file, with those that nobody decided about."""
        open_labels = [label for label in self.found if label not in self.ratings]
        counts: dict[str, Any] = {"ratings": self.found}
        if open_labels:
            return Checked(ImportState.NEEDS_LABELS, counts, _("Decide about each rating first."))
        return Checked(counts=counts)

    def apply(self, rows: Sequence[Row]) -> Tally:
        return self._each(rows, keep=True)

    def _each(self, rows: Sequence[Row], *, keep: bool) -> Tally:
        tally = Tally()
        for row in rows:
            try:
                with transaction.atomic():
                    outcome, to_keep = self._import(row)
                    transaction.set_rollback(not keep)
            except RowRefused as problem:
                tally.problems[row.number] = (problem.problem,)
            except Refused as refused:
                tally.problems[row.number] = (Problem("", str(refused)),)
            except ValidationError as error:
                tally.problems[row.number] = (Problem("", " ".join(error.messages)),)
            except IntegrityError:
                reason = _("Somebody else saved the same at the same time.")
                tally.problems[row.number] = (Problem("", reason, _("Import the file again.")),)
            else:
                tally.outcomes[row.number] = outcome
                tally.kept += [to_keep] if to_keep else []
        return tally

    @property
    def by(self) -> User:
        by = self.run.undone_by or self.run.by
        if by is None:
            raise NotAllowed(_("Claims are imported by a person."))
        return by

    # One row

    def _import(self, row: Row) -> tuple[ImportOutcome, ImportedRow | None]:
        values = {**row.values}
        if label := values.get("rating"):
            values[OUR_RATING] = self.ratings.get(label, "")
        known = (
            ImportedClaim.objects.select_related("claim").filter(feed=self.run.feed, reference=row.reference).first()
        )
        if known is None and "statement" not in values:
            raise RowRefused(
                "reference",
                _("We have no claim with this reference from this feed."),
                _("Import the site’s claims.csv or claims.xlsx first, as a spreadsheet and with the same feed."),
            )
        if known is None:
            claim = self._log(values)
            made = ImportedClaim(claim=claim, feed=self.run.feed, reference=row.reference)
            _remember(made, claim, values)
            after = str(claim.version)
            return ImportOutcome.CREATED, kept(self.run, row, ImportOutcome.CREATED, claim=claim, after=after)
        values = {name: value for name, value in known.values.items() if not self._covers(name, values)} | values
        if known.values == values:
            return ImportOutcome.UNCHANGED, None
        before, claim = {"values": known.values, "version": known.version}, known.claim
        if not is_untouched(known):
            differ = differences(known.values, values)
            ImportedRow.objects.filter(claim=claim, outcome=ImportOutcome.SUGGESTED).update(values=None)
            return ImportOutcome.SUGGESTED, kept(self.run, row, ImportOutcome.SUGGESTED, claim=claim, values=differ)
        claim = edit(claim, known.values, values, by=self.by)
        _remember(known, claim, values)
        after = str(claim.version)
        return ImportOutcome.UPDATED, kept(
            self.run, row, ImportOutcome.UPDATED, claim=claim, before=before, after=after
        )

    def _covers(self, name: str, values: Mapping[str, str]) -> bool:
        """True if the file has a column for this value of a claim, or a row of parts has parts of the same sort.

        What a file has no column for stays as it is.
        """
        has = values if "statement" not in values else self.run.mapping.get("columns", {})
        for parts in (_OF_ARTICLE, _OF_EVIDENCE):
            if name.startswith(parts):
                return any(one.startswith(parts) for one in has)
        return ("rating" if name == OUR_RATING else name) in has

    def _log(self, values: Mapping[str, str]) -> Claim:
        claim = _filled(Claim(), values, set(values))
        claim = workflow.log(claim, by=self.by)
        _set_rows(claim, values, set(values))
        return claim

    # Undo

    def obstacles(self) -> Iterator[Problem]:
        """The claims that somebody worked on since, so that undoing would lose their work."""
        count = 0
        for row in self._written():
            claim = row.claim
            known = getattr(claim, "imported", None)
            if claim and known and str(known.version) == row.after and is_untouched(known):
                continue
            count += 1
            if count <= _OBSTACLES:
                name = f"“{claim}” ({claim.slug})" if claim else row.reference
                reason = _("%(claim)s was changed since.") % {"claim": name}
                yield Problem(in_words(row.where), reason, _("Change the claim by hand."))

    def undo(self) -> None:
        """Decline the claims that this run logged, and give the others the values that they had before."""
        for row in self._written():
            claim = row.claim
            assert claim  # noqa: S101 — otherwise it's an obstacle
            known = claim.imported
            if row.outcome == ImportOutcome.CREATED:
                note = _("Import %(number)d was undone.") % {"number": self.run.pk}
                workflow.decline(claim, reason=note, by=self.by, version=claim.version)
                known.delete()
            else:
                before = (row.before or {})["values"]
                _remember(known, edit(claim, known.values, before, by=self.by), before)
        ImportedRow.objects.filter(run=self.run, outcome=ImportOutcome.SUGGESTED).update(values=None)

    def _written(self) -> list[ImportedRow]:
        outcomes = [ImportOutcome.CREATED, ImportOutcome.UPDATED]
        return list(self.run.rows.filter(outcome__in=outcomes).select_related("claim__imported").order_by("-number"))


def is_untouched(known: ImportedClaim) -> bool:
    """True if nobody worked on the claim since its last import, and readers never saw it."""
    claim = known.claim
    return claim.version == known.version and claim.state in _OPEN and not Revision.objects.filter(claim=claim).exists()


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The values that differ, with the new one. It's empty if the new file has none."""
    return {name: after.get(name, "") for name in {**before, **after} if before.get(name, "") != after.get(name, "")}


def edit(claim: Claim, before: Mapping[str, str], after: Mapping[str, str], *, by: User) -> Claim:
    """Give a claim the values that differ, as one edit. Raises Refused."""
    return change(claim, after, set(differences(before, after)), by=by, version=claim.version)


def change(claim: Claim, values: Mapping[str, str], changed: set[str], *, by: User, version: int) -> Claim:
    """Give a claim those values that are named, as one edit. Raises Refused, and RowRefused for an ambiguous name."""
    claim = workflow.edit(_filled(claim, values, changed), by=by, version=version)
    _set_rows(claim, values, changed)
    return claim


def _remember(known: ImportedClaim, claim: Claim, values: dict[str, str]) -> None:
    known.version, known.values = claim.version, values
    known.originally_published = values.get("originally_published", "")
    known.address = values.get("original_address", "")
    known.save()


# What the values of a row mean


def _filled(claim: Claim, values: Mapping[str, str], changed: set[str]) -> Claim:
    """The claim with the values of its own fields that changed. Creates the claimant if we have none of this name."""
    for name in ("statement", "claimed_on", "headline", "summary", "explanation"):
        if name in changed:
            setattr(claim, name, values.get(name, ""))
    if "language" in changed:
        claim.language = values.get("language", "") or str(Claim._meta.get_field("language").default)
    if OUR_RATING in changed:
        claim.rating = Rating.objects.filter(slug=values.get(OUR_RATING, "")).first()
    if changed & {"claimant_name", "claimant_kind"}:
        claim.claimant = _claimant(values.get("claimant_name", ""), values.get("claimant_kind", ""))
    return claim


def _set_rows(claim: Claim, values: Mapping[str, str], changed: set[str]) -> None:
    """The topics, the place and the evidence of a claim, if they changed."""
    if "topics" in changed:
        claim.topics.set([_topic(name) for name in topics_of(values.get("topics", ""))])
    if any(name.startswith(_OF_ARTICLE) for name in changed):
        claim.appearances.all().delete()
        for order, start in enumerate(starts_in(values, "article")):
            _appearance(claim, start, values, order)
    if any(name.startswith(_OF_EVIDENCE) for name in changed):
        claim.evidence.all().delete()
        for order, start in enumerate(starts_in(values, "evidence")):
            add_evidence(claim, start, values, order)


def _appearance(claim: Claim, start: str, values: Mapping[str, str], order: int) -> None:
    article = _source(start, values, SourceKind.NEWS_REPORT)
    exact = values.get("exact" if start == "article" else f"{start}_exact", "")
    words = {name: values.get(f"{start}_{name}", "") for name in ("prefix", "suffix", "locator")}
    Appearance.objects.create(
        claim=claim,
        source=article,
        order=order,
        exact=exact,
        words_not_recorded=not exact,
        appeared_on=values.get(f"{start}_date", ""),
        position=int(values.get(f"{start}_position", 0)),
        attributed_to=_claimant(values.get(f"{start}_attributed_to", ""), ""),
        **words,
    )


def add_evidence(claim: Claim, start: str, values: Mapping[str, str], order: int) -> None:
    """Add the piece of evidence whose values begin with `start`. Raises RowRefused for an ambiguous source."""
    source = _source(start, values, SourceKind.OTHER)
    origin = values.get(f"{start}_origin") or (source.publisher.name if source.publisher else source.title)
    words = {name: values.get(f"{start}_{name}", "") for name in _WORDS}
    Evidence.objects.create(
        claim=claim,
        source=source,
        order=order,
        origin=origin[:300],
        is_primary=not words["secondary_reason"],
        **words,
    )


def _claimant(name: str, kind: str) -> Claimant | None:
    if not name:
        return None
    found = list(Claimant.objects.filter(slug=name)[:1]) or [
        one for one in Claimant.objects.filter(name__iexact=name)[:2] if folded(one.name) == folded(name)
    ]
    if len(found) > 1:
        raise RowRefused(
            "claimant_name",
            _("Several claimants have the name “%(name)s”.") % {"name": name},
            _("Write the name in web addresses: %(slugs)s.") % {"slugs": ", ".join(one.slug for one in found)},
        )
    if found:
        return found[0]
    claimant = Claimant(name=name, kind=kind or ClaimantKind.OTHER, slug=free_slug(Claimant, name))
    claimant.full_clean()
    claimant.save(force_insert=True)
    return claimant


def _topic(name: str) -> Topic:
    found = Topic.objects.filter(Q(slug=name) | Q(name__iexact=name)).first()
    if found is None:
        found = Topic(name=name, slug=free_slug(Topic, name))
        found.full_clean()
        found.save(force_insert=True)
    return found


def change_evidence(piece: Evidence, start: str, values: Mapping[str, str], changed: set[str]) -> None:
    """Give a piece of evidence those values that changed. Raises RowRefused for an ambiguous source."""
    if changed & {"address", "title"}:
        piece.source = _source(start, values, SourceKind.OTHER)
    for name in changed.intersection(_WORDS):
        setattr(piece, name, values.get(f"{start}_{name}", ""))
    piece.origin = (values.get(f"{start}_origin", "") if "origin" in changed else "") or piece.origin
    if "secondary_reason" in changed:
        piece.is_primary = not piece.secondary_reason
    piece.save()


def found_source(start: str, values: Mapping[str, str]) -> Source | None:
    """The source of an article or of evidence: the one with this address or title. Raises RowRefused if several."""
    address, title = values.get(f"{start}_address", ""), values.get(f"{start}_title", "")
    name = values.get(f"{start}_publisher", "")
    sources = Source.objects.exclude(protection=Protection.NAMED).select_related("publisher")
    if address:
        found = list(sources.filter(canonical_address=canonical(address)))
    else:
        found = list(sources.filter(address="", title__iexact=title, publisher__name__iexact=name)[:2])
    if len(found) > 1:
        raise RowRefused(
            f"{start}_title",
            _("Several sources have the title “%(title)s”.") % {"title": title[:100]},
            _("Write its web address, or merge the sources at the desk."),
        )
    known: Source | None = found[0] if found else None
    return known


def _source(start: str, values: Mapping[str, str], kind: SourceKind) -> Source:
    """The source of an article or of evidence, which is created if we don't have it."""
    if known := found_source(start, values):
        return known
    address, title = values.get(f"{start}_address", ""), values.get(f"{start}_title", "")
    name = values.get(f"{start}_publisher", "")
    kind = SourceKind(values.get(f"{start}_kind", kind))
    # Without a title, what we know of the page is its address. An editor sees that the title is missing.
    title = title or address.partition("://")[2].removeprefix("www.")[:500]
    source = Source(
        title=title,
        address=address,
        kind=kind,
        published=values.get(f"{start}_published") or values.get(f"{start}_date", ""),
        language=values.get(f"{start}_language")
        or values.get("language")
        or str(Source._meta.get_field("language").default),
        publisher=_publisher(name, address),
        archived_address=values.get(f"{start}_archived_address", ""),
        authors=values.get(f"{start}_authors", "").splitlines(),
        interest=values.get(f"{start}_interest", ""),
        slug=free_slug(Source, title),
    )
    source.full_clean()
    source.save(force_insert=True)
    return source


def _publisher(name: str, address: str) -> Publisher | None:
    """The publisher with this name, or else the one of the site of this address. A new one if there is none."""
    site = host(address).removeprefix("www.") if address else ""
    name = name or site
    if not name:
        return None
    found = Publisher.objects.filter(Q(name__iexact=name) | Q(slug=name)).first()
    if found is None and name == site:
        home = [f"{scheme}://{www}{site}" for scheme in ("http", "https") for www in ("", "www.")]
        found = Publisher.objects.filter(address__in=[*home, *(f"{one}/" for one in home)]).first()
    if found is None:
        found = Publisher(
            name=name, slug=free_slug(Publisher, name), address=f"https://{site}/" if name == site else ""
        )
        found.full_clean()
        found.save(force_insert=True)
    return found
