"""Export of Django fixtures: everything, some claims, or only what readers see.

Rows are named by their natural keys, never by numbers. The same data gives the same bytes. Models are in the order of
their references. Rows are in the byte order of their keys, in any collation of the database. Times are in UTC with six
decimals. Each model is one query, read in small batches, so that memory use is constant.
"""

import base64
import datetime
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Lag

from claims.choices import Act, EntryKind, NameChangeState, NameKind, PictureType, State
from claims.models import (
    Affiliation,
    Appearance,
    Approval,
    Claim,
    Claimant,
    ClaimEvent,
    ClaimPart,
    Correction,
    Evidence,
    ForeignLink,
    ImportedClaim,
    IndexEntry,
    NameChange,
    PageVersion,
    Picture,
    PictureFile,
    PublishedClaim,
    Rating,
    RatingScale,
    Revision,
    Topic,
)
from claims.models.name_change import NAMES_PEOPLE
from claims.models.querysets import RevisionQuerySet
from claims.record.canonical import canonical, moment
from claims.record.pictures import bytes_of, in_versions
from claims.record.rows import entries
from claims.schema import APPEARANCE, CLAIM, EVIDENCE, ORIGINAL, OTHER_CHECK, PICTURE, Content, Object, read
from factcheck.accounts.models import User
from factcheck.core.fields.keys import KeyManager
from sources.choices import Protection
from sources.models import Publisher, Snapshot, Source, seen_by

Model = type[models.Model]
Fields = dict[str, Any]
Record = dict[str, Any]

# The models that a fixture can hold, each after those that its rows refer to.
MODELS: list[Model] = [
    *(User, RatingScale, Rating, Topic, Claimant, Affiliation, Publisher, Source, Snapshot, PictureFile),
    *(
        Claim,
        ImportedClaim,
        Appearance,
        Evidence,
        Picture,
        ForeignLink,
        ClaimPart,
        ClaimEvent,
        Approval,
        NameChange,
        PageVersion,
    ),
    *(Revision, Correction, PublishedClaim, IndexEntry),
]
# Fields of an account that are never exported, and the password that a fixture has instead.
WITHHELD = {
    "password",
    "is_superuser",
    "last_login",
    "user_permissions",
    "invited_by",
    "confirmed_by",
    "confirmed_at",
} | {"wants_mail"}
# Fields that a fixture doesn't hold: those, and what follows from another field.
LEFT_OUT: dict[Model, set[str]] = {
    User: WITHHELD,
    Source: {"canonical_address", "lookup_key"},
    # Imports aren't exported, and a link has the words itself.
    ForeignLink: {"foreign"},
    NameChange: set(NameChange.OWN),
    # A copy of the data counts from when it was loaded.
    PictureFile: {"kept_at"},
}
# The field of a picture's file with its bytes (base64, RFC 4648). It isn't a column: they are in Django's storage.
CONTENT = "content"
# Fields that only an export of the desk holds: they say how the work goes on.
OF_THE_DESK: dict[Model, set[str]] = {Rating: {"is_offered"}, Claim: {"due_on", "priority"}}
NO_PASSWORD = "!"  # noqa: S105 — Django's mark for a password that nobody can type

_BATCH = 500


@dataclass(frozen=True)
class Part:
    """The rows of one model: a query, and a function that turns each row into records."""

    model: Model
    rows: QuerySet[Any, Any]
    records: Callable[[Any], Iterable[Fields]]

    def __iter__(self) -> Iterator[list[Record]]:
        """A list of records for each row of the query. Together with `rows.count()` that measures progress."""
        label = self.model._meta.label_lower
        for row in self.rows.iterator(chunk_size=_BATCH):
            yield [{"model": label, "fields": fields} for fields in self.records(row)]


# The contents of exports


def everything(
    claims: QuerySet[Claim] | None = None, *, article: str = "", by: User | None = None, protected: bool = False
) -> list[Part]:
    """All rows of the desk, the history and the record. With `claims`, only those and the rows that they need.

    `article` is the slug of a source to include even if no claim names it. Accounts are exported without passwords
    and without the rights of a superuser. Sources that only named people see are left out with all that says of them,
    except those that `by` sees; with `protected`, none is left out.
    """
    needed = dict.fromkeys(MODELS, Q()) if claims is None else _needed_by(claims, article)
    seen = {} if protected else _seen_by(by)
    return [_rows(model, condition & seen.get(model, Q())) for model, condition in needed.items()]


def _seen_by(by: User | None) -> dict[Model, Q]:
    """For each model with words of protected sources, a condition for the rows that this person may see."""
    person = by or AnonymousUser()
    sources = Source.objects.exclude(seen_by(person))
    of_source = seen_by(person, "source__")
    return {
        Publisher: Q(pk__in=Publisher.objects.seen_by(person).values("pk")),
        Source: seen_by(person),
        Snapshot: of_source,
        Appearance: of_source,
        Evidence: of_source,
        NameChange: ~Q(kind=NameKind.SOURCE, slug__in=sources.values("slug")),
    }


def published(*, article: str = "") -> list[Part]:
    """The public record, and desk rows made from it: no drafts, desk notes, accounts or withheld addresses.

    With `article`, a source's slug, only its claims. The bodies of a withdrawn claim's revisions and of redacted
    versions are cut to who did what, when and why.
    """
    shown = PublishedClaim.objects.all()
    revisions = Revision.objects.all()
    entries = IndexEntry.objects.all()
    corrections = Q()
    if article:
        shown = shown.in_article(article)
        parts = {slug for slugs in shown.values_list("parts", flat=True) for slug in slugs}
        shown = PublishedClaim.objects.filter(Q(pk__in=shown.order_by().values("pk")) | Q(slug__in=parts))
        revisions = revisions.filter(claim__in=shown.values("claim"))
        entries = entries.filter(_names(shown) | Q(kind=EntryKind.SOURCE, slug=article))
        corrections = Q(revision__in=revisions)
    by_slug = shown.order_by(Collate("slug", "C")).values_list("revision__body", flat=True)
    return [
        _rows(RatingScale),
        _rows(Rating, without=OF_THE_DESK[Rating]),
        *_names_from(entries),
        _public_files(revisions),
        Part(Claim, _newest(revisions), _claim_from_record),
        Part(ImportedClaim, by_slug, _original_from_record),
        Part(Appearance, by_slug, _appearances_from_record),
        Part(Evidence, by_slug, _evidence_from_record),
        Part(Picture, by_slug, _pictures_from_record),
        Part(ForeignLink, by_slug, _others_from_record),
        Part(ClaimPart, by_slug, _parts_from_record),
        *([] if article else [Part(NameChange, _changes_of_names(), _public_change), _public_pages()]),
        Part(Revision, _with_visibility(revisions), _public_revision),
        _rows(Correction, corrections),
        _rows(PublishedClaim, Q(pk__in=shown)),
        _rows(IndexEntry, Q(pk__in=entries)),
    ]


def _needed_by(claims: QuerySet[Claim], article: str) -> dict[Model, Q]:
    """For each model, a condition for the rows that these claims need."""
    wanted = claims.order_by().values("pk")
    parts = ClaimPart.objects.filter(claim__in=wanted).values("part")
    chosen = Claim.objects.filter(Q(pk__in=wanted) | Q(pk__in=parts))
    own = Q(claim__in=chosen)
    events = ClaimEvent.objects.filter(own)
    sources = Source.objects.filter(
        Q(pk__in=Appearance.objects.filter(own).values("source"))
        | Q(pk__in=Evidence.objects.filter(own).values("source"))
        | Q(slug=article)
    )
    ratings = Rating.objects.filter(pk__in=chosen.values("rating"))
    attributed = Appearance.objects.filter(own).values("attributed_to")
    claimants = Q(pk__in=chosen.values("claimant")) | Q(pk__in=attributed)
    people = Q(pk__in=events.values("actor"))
    for role in ("author", "assignee", "approver"):
        people |= Q(pk__in=chosen.values(role))
    hashes = {picture["sha256"] for picture in in_versions(Revision.objects.filter(own))}
    people |= Q(pk__in=Source.people.through.objects.filter(source__in=sources).values("user"))
    return {
        User: people,
        RatingScale: Q(pk__in=ratings.values("scale")),
        Rating: Q(pk__in=ratings),
        Topic: Q(pk__in=Claim.topics.through.objects.filter(own).values("topic")),
        Claimant: claimants,
        Affiliation: Q(claimant__in=Claimant.objects.filter(claimants)),
        Publisher: Q(pk__in=sources.values("publisher")),
        Source: Q(pk__in=sources),
        Snapshot: Q(source__in=sources),
        PictureFile: Q(pictures__in=Picture.objects.filter(own)) | Q(sha256__in=hashes),
        Claim: Q(pk__in=chosen),
        ImportedClaim: own,
        Appearance: own,
        Evidence: own,
        Picture: own,
        ForeignLink: own,
        ClaimPart: own,
        ClaimEvent: own,
        Approval: own,
        Revision: own,
        Correction: Q(revision__claim__in=chosen),
        PublishedClaim: own,
        IndexEntry: _names(PublishedClaim.objects.filter(own)),
    }


def _names(shown: QuerySet[PublishedClaim]) -> Q:
    """The index entries that these published claims show."""
    slugs: dict[EntryKind, set[str]] = defaultdict(set)
    for body in shown.values_list("revision__body", flat=True).iterator(chunk_size=_BATCH):
        for entry in entries(read(body)):
            slugs[entry.kind].add(entry.slug)
    named = Q(pk__in=[])
    for kind, found in slugs.items():
        named |= Q(kind=kind, slug__in=found)
    return named


# Rows as stored


@dataclass(frozen=True)
class Column:
    """One field of a record: the paths that the query reads, and a function that makes the value from them."""

    name: str
    paths: tuple[str, ...]
    value: Callable[[tuple[Any, ...]], Any]


def _one_value(read: tuple[Any, ...]) -> Any:
    return _plain(read[0])


def _one_key(read: tuple[Any, ...]) -> list[Any] | None:
    return None if None in read else list(read)


def _many_keys(read: tuple[list[Any]]) -> list[list[Any]]:
    return [[key] for key in read[0]]


def key_of(model: Model) -> tuple[str, ...]:
    """The lookups that make up the natural key of a model's rows."""
    if model is User:
        return ("username",)
    if model is Group:
        return ("name",)
    manager = model._default_manager
    assert isinstance(manager, KeyManager), model  # noqa: S101 — a model without a natural key can't be exported
    return manager.lookups


def fields_of(model: Model) -> list[models.Field[Any, Any]]:
    """The fields of a model that a fixture holds, in the order of the model."""
    stored = [field for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]
    fields = [*stored, *model._meta.many_to_many]
    return [field for field in fields if field.name not in LEFT_OUT.get(model, ())]


def _rows(model: Model, condition: Q | None = None, *, without: Collection[str] = ()) -> Part:
    """The model's rows as stored, in the order of their keys."""
    columns, related = [], {}
    for field in fields_of(model):
        if field.name in without:
            continue
        if field.many_to_many:
            alias = f"{field.name}_keys"
            related[alias] = _related_keys(model, field)
            columns.append(Column(field.name, (alias,), _many_keys))
        elif field.is_relation:
            keys = tuple(f"{field.name}__{lookup}" for lookup in key_of(_target(field)))
            columns.append(Column(field.name, keys, _one_key))
        else:
            columns.append(Column(field.name, (field.name,), _one_value))
    rows = model._default_manager.filter(condition or Q()).order_by(*(_ordered(model, path) for path in key_of(model)))
    paths = [path for column in columns for path in column.paths]
    constant = {"password": NO_PASSWORD} if model is User else {}

    def records(row: tuple[Any, ...]) -> Iterable[Fields]:
        fields, start = {}, 0
        for column in columns:
            end = start + len(column.paths)
            fields[column.name] = column.value(row[start:end])
            start = end
        yield fields | constant | (_content(fields) if model is PictureFile else {})

    return Part(model, rows.annotate(**related).values_list(*paths), records)


def _content(file: Fields) -> Fields:
    """The bytes of a picture as a field. Empty if the site doesn't have them."""
    try:
        content = bytes_of(file["sha256"], PictureType(file["media_type"]).ending)
    except OSError:
        content = b""
    return {CONTENT: base64.b64encode(content).decode()}


def _related_keys(model: Model, field: models.Field[Any, Any]) -> ArraySubquery:
    """The keys of the rows that a many-to-many field names, in their order."""
    through = getattr(model, field.name).through
    target = _target(field)
    (lookup,) = key_of(target)
    path = f"{target._meta.model_name}__{lookup}"
    return ArraySubquery(
        through.objects.filter(**{model._meta.model_name or "": OuterRef("pk")})
        .order_by(Collate(F(path), "C"))
        .values(path)
    )


def _target(field: models.Field[Any, Any]) -> Model:
    target = field.related_model
    assert isinstance(target, type), field  # noqa: S101 — every relation of ours names its model
    return target


def _ordered(model: Model, path: str) -> Combinable:
    """The path to sort by. Text is sorted by its bytes, not by the database's collation."""
    name, _, rest = path.partition("__")
    field = model._meta.get_field(name)
    while rest:
        name, _, rest = rest.partition("__")
        field = _target(field)._meta.get_field(name)  # type: ignore[arg-type]
    return Collate(F(path), "C") if isinstance(field, models.CharField) else F(path)


def _plain(value: Any) -> Any:
    match value:
        case datetime.datetime():
            return moment(value)
        case datetime.date():
            return value.isoformat()
    return value


# Desk rows made from the public record


def _names_from(entries: QuerySet[IndexEntry]) -> list[Part]:
    """The rows behind the index of names: topics, claimants, publishers and sources."""

    def cards(kind: EntryKind) -> QuerySet[Any, Any]:
        return entries.filter(kind=kind).order_by(Collate("slug", "C")).values_list("body", flat=True)

    publisher = Collate(KT("body__publisher__slug"), "C")
    publishers = (
        entries.filter(kind=EntryKind.SOURCE)
        .annotate(publisher=publisher, previous=Window(Lag("publisher"), order_by=["publisher", "slug"]))
        .order_by("publisher", "slug")
        .values_list("body__publisher", "previous")
    )
    return [
        Part(Topic, cards(EntryKind.TOPIC), lambda card: [_complete(Topic, card)]),
        Part(Claimant, cards(EntryKind.CLAIMANT), lambda card: [_complete(Claimant, card)]),
        Part(Affiliation, cards(EntryKind.CLAIMANT), _affiliations_from_card),
        Part(Publisher, publishers, _publisher_once),
        Part(Source, cards(EntryKind.SOURCE), _source_from_card),
    ]


def _complete(model: Model, given: Fields) -> Fields:
    """A complete record of the model for readers: the given fields, and the defaults of all others."""
    without = OF_THE_DESK.get(model, ())
    fields = [field for field in fields_of(model) if field.name not in without]
    return {field.name: given[field.name] if field.name in given else _default(field) for field in fields}


def _default(field: models.Field[Any, Any]) -> Any:
    if field.many_to_many:
        return []
    return _plain(field.get_default())


def _affiliations_from_card(card: Fields) -> Iterator[Fields]:
    for affiliation in sorted(card["affiliations"], key=lambda item: (item["name"], item["started"])):
        yield _complete(Affiliation, {"claimant": [card["slug"]], **affiliation})


def _publisher_once(row: tuple[Fields | None, str | None]) -> Iterator[Fields]:
    card, previous = row
    if card and card["slug"] != previous:
        yield _complete(Publisher, card)


def _source_from_card(card: Fields) -> Iterator[Fields]:
    fields = card | {"publisher": [card["publisher"]["slug"]] if card["publisher"] else None}
    if card["is_protected"]:
        described = {"described_as": card["title"], "described_date": card["published"], "alias": card["slug"]}
        fields |= described | {"protection": str(Protection.DESCRIBED)}
    yield _complete(Source, fields)


def _newest(revisions: QuerySet[Revision]) -> QuerySet[Any, Any]:
    later = Revision.objects.filter(claim=OuterRef("claim"), number__gt=OuterRef("number"))
    first = Revision.objects.filter(claim=OuterRef("claim"), number=1).values("at")
    return (
        revisions.filter(~Exists(later))
        .annotate(first_at=models.Subquery(first))
        .order_by(Collate("slug", "C"))
        .values_list("body", "at", "first_at", "claim__published__is_corrected")
    )


def _claim_from_record(
    row: tuple[str, datetime.datetime, datetime.datetime, bool | None],
) -> Iterator[Fields]:
    body, at, first_at, is_corrected = row
    content = read(body)
    signing = content["revision"]
    common = {
        "slug": content["slug"],
        # Use the number of the revision: the desk's own version would show how often drafts were saved.
        "version": signing["number"],
        "logged_at": _plain(first_at),
        "changed_at": _plain(at),
        "approved_by": signing["approved_by"],
        "approved_by_id": signing["approved_by_id"],
        "approved_alone": signing["approved_alone"],
    }
    if signing["act"] == Act.WITHDRAW:
        yield _complete(Claim, common | {"statement": "Withdrawn", "state": str(State.WITHDRAWN)})
        return
    claimant = content["claimant"]
    yield _complete(
        Claim,
        common
        | _desk_fields(CLAIM, content)
        | {
            "claimant": [claimant["slug"]] if claimant else None,
            "rating": [content["rating"]["slug"]],
            "missing": "\n".join(content["missing"]),
            "topics": [[topic["slug"]] for topic in content["topics"]],
            "state": str(State.CORRECTED if is_corrected else State.PUBLISHED),
        },
    )


def _original_from_record(body: str) -> Iterator[Fields]:
    """Readers don't learn from which import a claim came, so the record is its feed."""
    content = read(body)
    if content["original"]:
        origin = {"feed": "record", "reference": content["slug"], "version": content["revision"]["number"]}
        yield _complete(
            ImportedClaim, _desk_fields(ORIGINAL, content["original"]) | origin | {"claim": [content["slug"]]}
        )


def _appearances_from_record(body: str) -> Iterator[Fields]:
    return _rows_of(Appearance, APPEARANCE, "appearances", read(body))


def _evidence_from_record(body: str) -> Iterator[Fields]:
    return _rows_of(Evidence, EVIDENCE, "evidence", read(body))


def _pictures_from_record(body: str) -> Iterator[Fields]:
    content = read(body)
    own = [one for one in PICTURE.fields if "." not in one.path]
    for order, item in enumerate(content["pictures"]):
        words = {one.path: item[one.name] for one in own}
        yield _complete(Picture, words | {"claim": [content["slug"]], "file": [item["sha256"]], "order": order})


def _public_files(revisions: RevisionQuerySet) -> Part:
    """The files of the pictures that readers may have, each once."""
    known: set[str] = set()

    def files(body: str) -> Iterator[Fields]:
        for item in read(body)["pictures"]:
            if item["sha256"] not in known:
                known.add(item["sha256"])
                fields = {name: item[name] for name in ("sha256", "media_type", "width", "height")}
                yield fields | _content(fields)

    shown = revisions.with_pictures().readable().order_by(Collate("slug", "C"), "number")
    return Part(PictureFile, shown.values_list("body", flat=True), files)


def _others_from_record(body: str) -> Iterator[Fields]:
    content = read(body)
    for item in sorted(content["others"], key=itemgetter("address")):
        yield _complete(ForeignLink, _desk_fields(OTHER_CHECK, item) | {"claim": [content["slug"]]})


def _parts_from_record(body: str) -> Iterator[Fields]:
    content = read(body)
    for order, slug in enumerate(content["parts"]):
        yield _complete(ClaimPart, {"claim": [content["slug"]], "part": [slug], "order": order})


def _rows_of(model: Model, what: Object, name: str, content: Content) -> Iterator[Fields]:
    """The desk rows for a list in a claim's body, in their order."""
    for order, item in enumerate(content[name]):
        named = {one.path: item[one.name] for one in what.fields if isinstance(one.kind, Object)}
        keys = {path: [card["slug"]] if card else None for path, card in named.items()}
        yield _complete(model, _desk_fields(what, item) | keys | {"claim": [content["slug"]], "order": order})


def _desk_fields(what: Object, content: Content) -> Fields:
    """The fields of an object under their names at the desk, without those that are objects."""
    return {one.path: content[one.name] for one in what.fields if not isinstance(one.kind, Object)}


def _with_visibility(revisions: RevisionQuerySet) -> QuerySet[Any, Any]:
    names = [field.name for field in fields_of(Revision) if field.name != "claim"]
    return (
        revisions.with_redaction()
        .order_by(Collate("slug", "C"), "number")
        .values(*names, is_public=F("claim__published"), redacted=F("redacted_in"))
    )


def _public_revision(row: dict[str, Any]) -> Iterator[Fields]:
    fields = {name: _plain(value) for name, value in row.items() if name not in {"is_public", "redacted"}}
    if row["is_public"] is None or row["redacted"] is not None:
        content = json.loads(row["body"])
        fields["body"] = canonical({name: content[name] for name in ("schema", "slug", "revision")})
    yield _complete(Revision, fields | {"claim": [row["slug"]]})


def _changes_of_names() -> QuerySet[Any, Any]:
    # Those without words come in the order of their times: that of their slugs would say how these begin.
    slug = Case(When(has_words=True, then=Collate("slug", "C")), default=Value(""))
    number = Case(When(has_words=True, then="number"), default=Value(0))
    return NameChange.objects.brought_to_readers().order_by(Collate("kind", "C"), slug, number, "decided_at", "pk")


def _public_change(change: Any) -> Iterator[Fields]:
    fields = {name: _plain(getattr(change, name)) for name in NameChange.PUBLIC}
    if not change.has_words:
        fields |= {"before": "", "after": ""}
        if change.kind in NAMES_PEOPLE:
            # The slug can be the name that was removed. Nothing else refers to the change.
            nameless = {"slug": change.nameless_slug, "number": 1, "into": "", "undoes": None}
            fields |= nameless | {"words_withheld": True, "state": str(NameChangeState.DONE)}
    yield _complete(NameChange, fields)


def _public_pages() -> Part:
    """The newsroom's pages. Of a version whose text was removed, who published it, when and why."""
    removes = PageVersion.objects.filter(page=OuterRef("page"), number__gt=OuterRef("number"), removes_earlier=True)
    pages = PageVersion.objects.annotate(is_removed=Exists(removes))
    return Part(
        PageVersion, pages.order_by(*(_ordered(PageVersion, path) for path in key_of(PageVersion))), _public_page
    )


def _public_page(page: Any) -> Iterator[Fields]:
    fields = {field.name: _plain(getattr(page, field.name)) for field in fields_of(PageVersion)}
    yield _complete(PageVersion, fields | ({"text": "", "owner": "", "funders": []} if page.is_removed else {}))


# File formats


def as_json(parts: Iterable[Iterable[list[Record]]]) -> Iterator[str]:
    """A JSON array with one field a line, so that a changed verdict changes a few lines. Yields one text a row."""
    before = "[\n"
    for part in parts:
        for records in part:
            texts = []
            for item in records:
                lines = ",\n".join(f"  {_text(name)}: {_text(value)}" for name, value in item["fields"].items())
                texts.append(f'{before}{{\n "model": {_text(item["model"])},\n "fields": {{\n{lines}\n }}\n}}')
                before = ",\n"
            yield "".join(texts)
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_jsonl(parts: Iterable[Iterable[list[Record]]]) -> Iterator[str]:
    """JSON Lines (jsonlines.org) with one record a line. Yields one text a row."""
    for part in parts:
        for records in part:
            texts = []
            for item in records:
                fields = ", ".join(f"{_text(name)}: {_text(value)}" for name, value in item["fields"].items())
                texts.append(f'{{"model": {_text(item["model"])}, "fields": {{{fields}}}}}\n')
            yield "".join(texts)


FORMATS: dict[str, Callable[[Iterable[Iterable[list[Record]]]], Iterator[str]]] = {
    "json": as_json,
    "jsonl": as_jsonl,
}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
