"""The text of a claim as a whole: earlier texts, and how one becomes the desk's text again.

What an act replaces is kept first (`ReplacedText`), so that a restored text and discarded changes can be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from claims.choices import NameKind
from claims.desk import approvals
from claims.desk.rules import Refused
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    ClaimPart,
    Evidence,
    ForeignLink,
    Picture,
    PictureFile,
    PublishedClaim,
    Rating,
    ReplacedText,
    Revision,
    Topic,
)
from claims.record.body import GUARDED, attributed, cited, guarded_fields, unsigned
from claims.record.canonical import written
from claims.record.merged import survivors
from claims.schema import APPEARANCE, CLAIM, EVIDENCE, OTHER_CHECK, PICTURE, Content, Kind, Object, read
from factcheck.accounts.models import User
from sources.choices import Protection
from sources.models import Source

Row = Appearance | Evidence
Values = dict[str, Any]

# The fields of a body that are columns of the claim with the same name.
_COLUMNS = [one.name for one in CLAIM.fields if isinstance(one.kind, Kind) and not one.of and one.name != "schema"]
_COLUMNS.remove("slug")
_LISTS: list[tuple[str, type[Row], Object]] = [
    ("appearances", Appearance, APPEARANCE),
    ("evidence", Evidence, EVIDENCE),
]
_ROWS: dict[NameKind, type[Model]] = {
    NameKind.CLAIMANT: Claimant,
    NameKind.TOPIC: Topic,
    NameKind.RATING: Rating,
    NameKind.CLAIM: Claim,
}


# Earlier texts


@dataclass(frozen=True)
class Earlier:
    """An earlier text of a claim. `name` stands for it in forms."""

    name: str
    content: Content
    version: Revision | None = None
    replaced: ReplacedText | None = None


def earlier(claim: Claim) -> list[Earlier]:
    """The texts that can be restored, newest first of each kind: readable versions, and what acts replaced.

    Without the version that readers see now: to discard the changes of it is another act.
    """
    shown = PublishedClaim.objects.filter(claim=claim).values("revision")
    versions = Revision.objects.of(claim.slug).filter(claim=claim).exclude(pk__in=shown).readable()
    return [
        *(Earlier(f"version-{one.number}", one.content, version=one) for one in versions),
        *(Earlier(f"replaced-{one.version}", read(one.body), replaced=one) for one in claim.replaced_texts.all()),
    ]


def find(claim: Claim, name: str) -> Earlier:
    """The earlier text with this name. Raises Refused if the claim has none."""
    found = next((one for one in earlier(claim) if one.name == name), None)
    if found is None:
        raise Refused("Choose one of the earlier texts of this claim, then restore it.")
    return found


def text_of(claim: Claim) -> Content:
    """The public body of the desk's text, without its signing. The rating has no slug if the claim isn't rated."""
    if claim.rating is not None:
        return approvals.body_to_approve(claim)
    claim.rating = Rating(on_scale=False)
    try:
        return approvals.body_to_approve(claim)
    finally:
        claim.rating = None


def keep(claim: Claim) -> None:
    """Keep the desk's text, because an act is about to replace it."""
    ReplacedText.objects.create(claim=claim, version=claim.version, body=written(text_of(claim)))


# Putting a text back


@dataclass
class Restoration:
    """An earlier text as fields and rows of the claim. Nothing is stored before `save_rows`."""

    claim: Claim
    topics: list[Any]
    saved: list[Model] = field(default_factory=list)
    deleted: list[Model] = field(default_factory=list)

    def save_rows(self) -> None:
        """Store the topics and rows. Raises Refused for a row that a form would reject."""
        self.claim.topics.set(self.topics)
        for gone in self.deleted:
            gone.delete()
        for row in self.saved:
            try:
                row.full_clean(exclude={"claim", "order"})
            except ValidationError as error:
                raise Refused(f"{row}: {' '.join(error.messages)} Copy what you need into the form.") from error
            row.save()


def fill(claim: Claim, content: Content, *, by: User) -> Restoration:
    """Set the fields of a preloaded, locked claim to an earlier text. The caller stores them, then the rows.

    Rows that readers learn nothing of stay, and so does what they don't get of protected sources. Raises Refused if a
    name in the text no longer exists, if `by` may not see one of the sources, and if words would be lost.
    """
    if why_unseen := approvals.why_unseen_text(claim, {card["slug"] for card in cited(content)}, by):
        raise Refused(why_unseen)
    names = _Names(content)
    for name in _COLUMNS:
        setattr(claim, name, content[name])
    claim.missing = "\n".join(content["missing"])
    claim.claimant = names.of(NameKind.CLAIMANT, content["claimant"])
    claim.rating = names.of(NameKind.RATING, content["rating"])
    found = Restoration(claim, [names.of(NameKind.TOPIC, card) for card in content["topics"]])
    for name, model, what in _LISTS:
        wanted = [(_values(what, item, names), names.of(NameKind.SOURCE, item["source"])) for item in content[name]]
        _place(found, model, wanted, list(getattr(claim, name).all()))
    _place_pictures(found, content["pictures"])
    _place_others(found, content["others"])
    _place_parts(found, [names.of(NameKind.CLAIM, {"slug": slug}) for slug in content["parts"]])
    return found


class _Names:
    """The rows of the names in a text. A name that was merged is what it became."""

    def __init__(self, content: Content) -> None:
        """Raises Refused, with the names, if there are some that no longer exist."""
        people = [content["claimant"], *attributed(content)]
        cards: dict[NameKind, list[Content]] = {
            NameKind.CLAIMANT: [card for card in people if card],
            NameKind.TOPIC: content["topics"],
            NameKind.RATING: [content["rating"]] if content["rating"]["slug"] else [],
            NameKind.CLAIM: [{"slug": slug} for slug in content["parts"]],
            NameKind.SOURCE: cited(content),
        }
        self._rows: dict[tuple[NameKind, str], Any] = {}
        gone: list[str] = []
        for kind, shown in cards.items():
            words = {card["slug"]: card.get("name") or card.get("title") or card.get("label") for card in shown}
            self._rows |= {(kind, slug): row for slug, row in _rows_of(kind, words).items()}
            gone += [name or slug for slug, name in words.items() if (kind, slug) not in self._rows]
        if gone:
            raise Refused(
                f"This text names what no longer exists: {', '.join(f'“{name}”' for name in gone)}. "
                "Copy what you need of it into the form instead."
            )

    def of(self, kind: NameKind, card: Content | None) -> Any:
        return self._rows[kind, card["slug"]] if card and card["slug"] else None


def _rows_of(kind: NameKind, slugs: Iterable[str]) -> dict[str, Any]:
    """The row of each slug, after all merges."""
    became = {slug: slug for slug in slugs} | survivors(kind, slugs, for_readers=False)
    wanted = set(became.values())
    if kind == NameKind.SOURCE:
        sources = Source.objects.filter(Q(slug__in=wanted) | Q(alias__in=wanted))
        rows: dict[str, Any] = {slug: source for source in sources for slug in source.record_slugs}
    else:
        rows = {row.slug: row for row in _ROWS[kind]._default_manager.filter(slug__in=wanted)}  # type: ignore[attr-defined]
    return {slug: rows[into] for slug, into in became.items() if into in rows}


def _place(found: Restoration, model: type[Row], wanted: list[tuple[Values, Source]], rows: list[Any]) -> None:
    """Make the rows of one list those of the text: each keeps the row of its source that differs least."""
    equal = [_take(rows, source, values) for values, source in wanted]
    taken = [row or _take(rows, source) for row, (_values, source) in zip(equal, wanted, strict=True)]
    for row in rows:
        _check_loss(row.source)
    found.deleted += [row for row in rows if row.source.is_shown]
    for order, (existing, (values, source)) in enumerate(zip(taken, wanted, strict=True)):
        row = existing or model(claim=found.claim, source=source)
        _fill_row(row, values, keep=_desk_only(source) if existing else None)
        row.order = order
        found.saved.append(row)
    for order, row in enumerate((row for row in rows if not row.source.is_shown), start=len(wanted)):
        row.order = order
        found.saved.append(row)


def _take(rows: list[Any], source: Source, values: Values | None = None) -> Any:
    """Take the first row of this source out of the list, with `values` one that has them. None if there is none."""
    compared = {name: value for name, value in (values or {}).items() if name not in _desk_only(source)}
    for row in rows:
        if row.source_id == source.pk and all(getattr(row, name) == value for name, value in compared.items()):
            rows.remove(row)
            return row
    return None


def _check_loss(source: Source) -> None:
    """Raises Refused if a row of this source would be deleted with words that `ReplacedText` doesn't keep."""
    if source.is_shown and source.protection != Protection.PUBLIC:
        raise Refused(
            f"“{source}” is a protected source, and the other text doesn't have it. Words that only the desk has would "
            "be lost. Remove it in the form first."
        )


def _fill_row(row: Row, values: Values, keep: frozenset[str] | None = None) -> None:
    """Give the row these values. An existing one keeps those of `keep`, which are what readers don't get."""
    for name in values.keys() - (keep or ()):
        setattr(row, name, values[name])
    if isinstance(row, Appearance):
        row.words_not_recorded = not row.exact and (keep is None or row.words_not_recorded)


def _desk_only(source: Source) -> frozenset[str]:
    """The columns that an existing row of this source keeps, because the text doesn't have what the desk has."""
    hidden = guarded_fields(source) if source.is_shown else GUARDED | {"date"}
    return hidden | {"appeared_on"} if "date" in hidden else hidden


def _values(what: Object, item: Content, names: _Names) -> Values:
    """The columns of a row, with the values that the text gives them."""
    plain = {one.path: item[one.name] for one in what.fields if isinstance(one.kind, Kind)}
    return plain | {name: names.of(NameKind.CLAIMANT, item[name]) for name in ("attributed_to",) if name in item}


def _place_parts(found: Restoration, parts: list[Any]) -> None:
    rows = {row.part_id: row for row in found.claim.parts.all()}
    found.deleted += [row for part, row in rows.items() if part not in {one.pk for one in parts}]
    for order, part in enumerate(parts):
        row = rows.get(part.pk) or ClaimPart(claim=found.claim, part=part)
        row.order = order
        found.saved.append(row)


def _place_pictures(found: Restoration, pictures: list[Content]) -> None:
    """Make the pictures those of the text. Raises Refused if this site doesn't have one of them."""
    files = {file.sha256: file for file in PictureFile.objects.filter(sha256__in=[item["sha256"] for item in pictures])}
    rows = {row.file.sha256: row for row in found.claim.pictures.all()}
    for order, item in enumerate(pictures):
        if item["sha256"] not in files:
            raise Refused(
                f"This site doesn't have the picture “{item['alt']}”. Copy what you need of the text instead."
            )
        row = rows.pop(item["sha256"], None) or Picture(claim=found.claim, file=files[item["sha256"]])
        row.order = order
        for one in PICTURE.fields:
            if "." not in one.path:
                setattr(row, one.path, item[one.name])
        found.saved.append(row)
    found.deleted += rows.values()


def _place_others(found: Restoration, others: list[Content]) -> None:
    """Make the linked fact-checks those of the text. One that is linked now stays linked to its row."""
    rows = {row.address: row for row in found.claim.others.all()}
    for item in others:
        row = rows.pop(item["address"], None) or ForeignLink(claim=found.claim)
        for one in OTHER_CHECK.fields:
            setattr(row, one.path, item[one.name])
        found.saved.append(row)
    found.deleted += rows.values()


def is_same(claim: Claim, content: Content) -> bool:
    """True if the desk's text, apart from its signing, is this one."""
    return text_of(claim) == unsigned(content)
