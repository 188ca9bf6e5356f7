"""Loading of Django fixtures, record by record, so that an error gives its line and its record."""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from django.contrib.auth.hashers import is_password_usable
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.serializers.base import DeserializedObject
from django.db import DatabaseError, connection, models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.utils import timezone

from claims.choices import EntryKind, EventKind, State
from claims.desk import journal
from claims.desk.default_ratings import is_unused_default
from claims.desk.fixture_export import CONTENT, LEFT_OUT, MODELS, OF_THE_DESK, Model, fields_of, key_of
from claims.models import (
    Affiliation,
    Appearance,
    Approval,
    Claim,
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
    Revision,
)
from claims.record.pictures import store
from claims.record.rows import upgraded
from factcheck.accounts.models import User
from factcheck.core.batches import batched
from factcheck.core.database import reason_of
from sources.files import is_picture
from sources.models import Source

# A line of JSON Lines and a whole JSON file must fit in memory, and a hostile one must not fill the memory.
LONGEST_LINE = 16 * 2**20
LARGEST_JSON = 512 * 2**20
# Rows are saved together: at most so many, and so many characters of text.
_PENDING, _PENDING_SIZE = 500, 8 * 2**20
_CLAIMS_AT_ONCE = 200

# The actor of events if no account is given.
FROM_A_FILE = "a loaded file"

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\n\r]*")
_BY_LABEL = {model._meta.label_lower: model for model in MODELS}
# Models of the history and the record. They are loaded as they are, and checked once everything is loaded.
HISTORY: set[Model] = {ClaimEvent, Approval, NameChange, PageVersion, Revision, Correction, PublishedClaim, IndexEntry}
# Models that follow from revisions. They are compared with them.
_DERIVED = (PublishedClaim, IndexEntry)
# Models whose rows are part of another row, with the field that refers to it.
_PARTS: dict[Model, str] = {
    Affiliation: "claimant",
    **dict.fromkeys(
        [
            ImportedClaim,
            Appearance,
            Evidence,
            Picture,
            ForeignLink,
            ClaimPart,
            ClaimEvent,
            Approval,
            Revision,
            PublishedClaim,
        ],
        "claim",
    ),
    Correction: "revision",
}


class FixtureError(Exception):
    """A fixture that can't be loaded. The text says why."""


class PlacedError(FixtureError):
    """The same, and the text begins with the place in the file."""


@dataclass(frozen=True)
class Placed:
    """One record of a file with its place: the line and the number of the record, both from 1."""

    line: int
    number: int
    content: Any

    def __str__(self) -> str:
        return f"line {self.line}, record {self.number}"


# Reading


def read_json(file: BinaryIO) -> Iterator[Placed]:
    """The records of a JSON array. Raises FixtureError, with the line, for anything else."""
    data = file.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise FixtureError(f"the file is larger than {LARGEST_JSON >> 20} MiB; write it as jsonl")
    text = _decoded(data, line=1)
    place = _after_space(text, 0)
    if text[place : place + 1] != "[":
        raise FixtureError("line 1: a fixture is a JSON array of records, in square brackets")
    place, line, counted, number = _after_space(text, place + 1), 1, 0, 0
    while text[place : place + 1] != "]":
        line, counted, number = line + text.count("\n", counted, place), place, number + 1
        content, place = _parsed(text, place, line=line)
        yield Placed(line, number, content)
        place = _after_space(text, place)
        if text[place : place + 1] == ",":
            place = _after_space(text, place + 1)
        elif text[place : place + 1] != "]":
            raise FixtureError(f"after line {line}, record {number}: a comma or the closing bracket is missing")
    if text[place + 1 :].strip():
        raise FixtureError("there is text after the closing bracket")


def read_jsonl(file: BinaryIO) -> Iterator[Placed]:
    """The records of JSON Lines, one a line. Empty lines are skipped. Raises FixtureError, with the line."""
    number, line = 0, 0
    while data := file.readline(LONGEST_LINE + 1):
        line += 1
        if len(data) > LONGEST_LINE:
            raise FixtureError(f"line {line}: the line is longer than {LONGEST_LINE >> 20} MiB")
        text = _decoded(data, line=line).strip()
        if text:
            number += 1
            content, end = _parsed(text, 0, line=line)
            if end < len(text):
                raise FixtureError(f"line {line}: there is text after the record")
            yield Placed(line, number, content)


READERS: dict[str, Callable[[BinaryIO], Iterator[Placed]]] = {"json": read_json, "jsonl": read_jsonl}


def _decoded(data: bytes, *, line: int) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise FixtureError(f"line {line}: this isn't UTF-8 text") from None


def _after_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _parsed(text: str, place: int, *, line: int) -> tuple[Any, int]:
    """The JSON value at `place`, which is in this line, and the place after it."""
    try:
        return _decoder.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise FixtureError(f"line {line + text.count(chr(10), place, error.pos)}: {error.msg}") from None
    except ValueError as error:
        raise FixtureError(f"line {line}: {error}") from None
    except RecursionError:
        raise FixtureError(f"line {line}: the record is nested too deeply") from None


def _with_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("an object has the same name twice")
    return fields


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} isn't a JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_with_unique_names, parse_constant=_refuse_constant)


# Workflow of the loaded claims


def add_to_workflow(claims: Iterable[int], *, by: User | None) -> Counter[EventKind]:
    """Add loaded claims to the workflow. Returns how many were logged, and how many came with a history.

    A claim without a history is logged by `by`, in any state that the file gives it. A claim whose events don't begin
    with its logging, as in an export of what readers see, gets an event that says it was loaded.
    """
    done: Counter[EventKind] = Counter()
    for batch in batched(claims, _CLAIMS_AT_ONCE):
        _take_on(batch, done, by=by)
    return done


def _take_on(ids: list[int], done: Counter[EventKind], *, by: User | None) -> None:
    events = ClaimEvent.objects.filter(claim__in=ids).order_by("claim_id", "version").distinct("claim_id")
    first = {event.claim_id: event for event in events}
    published = set(Revision.objects.filter(claim__in=ids, number=1).values_list("claim_id", flat=True))
    loaded = []
    for claim in Claim.objects.select_related("author").filter(pk__in=ids).order_by("pk"):
        event = first.get(claim.pk)
        if event is None and claim.pk not in published:
            claim.author = by or claim.author
            claim.state, claim.version, claim.assignee = State.LOGGED, 1, None
            claim.approver, claim.approved_by, claim.approved_by_id, claim.approved_alone = None, "", "", False
            claim.save()
            journal.note(claim, EventKind.LOGGED, by=by, named=FROM_A_FILE, before="")
            done[EventKind.LOGGED] += 1
            continue
        if event is None or event.kind not in {EventKind.LOGGED, EventKind.LOADED}:
            loaded.append(
                ClaimEvent(
                    claim=claim,
                    version=event.version - 1 if event else claim.version,
                    kind=EventKind.LOADED,
                    actor=by,
                    actor_name=by.signature if by else FROM_A_FILE,
                    at=claim.logged_at,
                    to_state=event.from_state if event else claim.state,
                )
            )
        done[EventKind.LOADED] += 1
    ClaimEvent.objects.bulk_create(loaded)


# From records to rows


@dataclass(frozen=True)
class Row:
    """A record as a row that can be saved. `exists` is True if the database has the same row already."""

    instance: models.Model
    related: dict[str, Sequence[Any]]
    key: tuple[Hashable, ...]
    exists: bool


class Loader:
    """Makes rows from records. It keeps the place of each record, and finds the rows that others refer to.

    A file can add rows but can't change any. A record of a row that exists is refused if it differs from that row. Only
    an account that exists may differ, and stays unchanged.
    """

    def __init__(self) -> None:
        self.places: dict[tuple[Model, tuple[Hashable, ...]], str] = {}
        self._numbers: dict[tuple[Model, tuple[Hashable, ...]], Any] = {}
        self._loaded: set[tuple[Model, Any]] = set()
        self._was_empty: dict[Model, bool] = {}
        self._free: dict[Model, list[int]] = {}
        self._pending: list[tuple[Row, Placed]] = []
        self._size = 0
        self._takes_history = not any(model.objects.exists() for model in (Revision, NameChange, PageVersion))

    def row(self, content: Any) -> Row:
        """The row that a record describes. Raises FixtureError if it describes none, or one again."""
        model, fields = _model_and_fields(content)
        key = _key(model, fields)
        if (model, key) in self.places:
            raise FixtureError(f"the same record is at {self.places[model, key]} already")
        if model is User:
            _check_account(fields)
        if model in HISTORY and not self._takes_history:
            raise FixtureError(
                "history can be loaded only before anything is published; use --as-drafts to log the claims as new"
            )
        values, related = self._values(model, fields)
        if model is IndexEntry and fields.get("kind") in EntryKind.values and isinstance(fields.get("body"), dict):
            values["body"] = upgraded(EntryKind(fields["kind"]), fields["body"])  # it may be of an older version
        if model is User:
            values["password"] = fields["password"]
            values["confirmed_at"] = None  # a file can't allow anybody to sign
        number = self._number(model, key)
        instance = model(pk=number, **values)
        if isinstance(instance, User) and not instance.initials:
            instance.initials = instance.free_initials()
        _check(instance)
        self._check_addition(instance, related)
        if isinstance(instance, PictureFile):
            _keep_bytes(instance, fields.get(CONTENT))
        return Row(instance, related, key, exists=number is not None and not _gives_way(instance))

    def _values(self, model: Model, fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Sequence[Any]]]:
        """The values of a row, and the numbers of the rows that its many-to-many fields name."""
        values: dict[str, Any] = {}
        related: dict[str, Sequence[Any]] = {}
        for field in fields_of(model):
            if field.name not in fields:
                continue
            value = fields[field.name]
            if field.many_to_many:
                if not isinstance(value, list):
                    raise FixtureError(f"{field.name}: give a list of keys")
                related[field.name] = [self._named(field, item) for item in value]
            elif field.is_relation:
                values[field.attname] = None if value is None and field.null else self._named(field, value)
            else:
                values[field.name] = _value(field, value)
        return values, related

    def add(self, row: Row, placed: Placed, place: str) -> None:
        """Take the row and its place in the file. It is in the database at the latest after `save_pending`.

        Raises PlacedError for a row that the database refuses.
        """
        instance, model = row.instance, type(row.instance)
        is_new = instance.pk is None
        if is_new:
            instance.pk = self._free_number(model)
        if not row.exists:
            is_alone = not is_new or model is User  # a row that is replaced; an account, whose initials must be free
            if is_alone:
                self.save_pending()
            self._pending.append((row, placed))
            self._size += sum(len(value) for value in vars(instance).values() if isinstance(value, str))
            if is_alone or len(self._pending) >= _PENDING or self._size > _PENDING_SIZE:
                self.save_pending()
            self._loaded.add((model, instance.pk))
        self.places[model, row.key] = place
        self._numbers[model, row.key] = instance.pk

    def save_pending(self) -> None:
        """Save the rows that were taken, in few statements. Raises PlacedError for a row that is refused."""
        pending, self._pending, self._size = self._pending, [], 0
        by_model: dict[Model, list[Row]] = {}
        for row, _placed in pending:
            by_model.setdefault(type(row.instance), []).append(row)
        try:
            with transaction.atomic():
                for model, rows in by_model.items():
                    _save_together(model, rows)
        except (DatabaseError, ValueError):
            for row, placed in pending:  # one of them; find out which
                try:
                    DeserializedObject(row.instance, row.related).save()
                except (DatabaseError, ValueError) as error:
                    reason = reason_of(error, type(row.instance))
                    raise PlacedError(f"{placed} ({name_of(placed.content)}): {reason}") from error

    def _free_number(self, model: Model) -> int:
        """A number for a new row of this model. Later records can refer to it before it is saved."""
        free = self._free.setdefault(model, [])
        if not free:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                    [model._meta.db_table, _PENDING],
                )
                free += [number for (number,) in reversed(cursor.fetchall())]
        return free.pop()

    def _check_addition(self, instance: models.Model, related: dict[str, Sequence[Any]]) -> None:
        """Raises FixtureError if the row would change a row that existed before the load, or add to it."""
        model = type(instance)
        if model is User:
            return
        if instance.pk is not None:
            if model is Claim:
                raise FixtureError("a claim with this slug exists already, and a file can't change it")
            if _gives_way(instance):
                return
            stored = model._default_manager.get(pk=instance.pk)
            # How the work goes on at this desk is not for a file to say.
            unchanging = (field for field in fields_of(model) if field.name not in OF_THE_DESK.get(model, ()))
            for field in unchanging:
                differs = (
                    {row.pk for row in getattr(stored, field.name).all()} != set(related.get(field.name, ()))
                    if field.many_to_many
                    else getattr(stored, field.attname) != getattr(instance, field.attname)
                )
                if differs:
                    raise FixtureError(f"{field.name}: it exists already with another value; change it at the desk")
            return
        whole = _PARTS.get(model)
        if whole and (model._meta.get_field(whole).related_model, getattr(instance, f"{whole}_id")) not in self._loaded:
            raise FixtureError(f"{whole}: it existed before, and a file can't add to it")

    def _named(self, field: models.Field[Any, Any], key: Any) -> Any:
        """The number of the row that a record refers to by its key."""
        target = field.related_model
        assert isinstance(target, type)  # noqa: S101 — every relation of ours names its model
        lookups = key_of(target)
        if (
            not isinstance(key, list)
            or len(key) != len(lookups)
            or not all(isinstance(part, str | int) for part in key)
        ):
            raise FixtureError(f"{field.name}: name the row by its key, [{', '.join(lookups)}]")
        try:
            number = self._number(target, tuple(key))
        except (ValueError, DatabaseError):  # a key that no row can have, such as text for a number
            number = None
        if number is None:
            name = f"{target._meta.label_lower} {_spelled(tuple(key))}"
            raise FixtureError(f"{field.name}: there is no {name} in the database or in an earlier record")
        return number

    def _number(self, model: Model, key: tuple[Hashable, ...]) -> Any:
        if (model, key) in self._numbers:
            return self._numbers[model, key]
        if model not in self._was_empty:
            self._was_empty[model] = not model._default_manager.exists()
        if self._was_empty[model]:
            return None
        number = model._default_manager.filter(**dict(zip(key_of(model), key, strict=True))).values_list("pk").first()
        return number[0] if number else None


def _save_together(model: Model, rows: list[Row]) -> None:
    """Insert these rows with their many-to-many rows; a row that has its number from the database is updated."""
    if len(rows) == 1:
        DeserializedObject(rows[0].instance, rows[0].related).save()
        return
    model._default_manager.bulk_create([row.instance for row in rows])
    for name in {name for row in rows for name in row.related}:
        field: Any = model._meta.get_field(name)
        through, own, other = field.remote_field.through, field.m2m_field_name(), field.m2m_reverse_field_name()
        through._default_manager.bulk_create(
            through(**{f"{own}_id": row.instance.pk, f"{other}_id": key})
            for row in rows
            for key in dict.fromkeys(row.related.get(name, ()))
        )


def _gives_way(instance: models.Model) -> bool:
    """True if the row replaces a rating that came with this site and that no claim has: the file brings its own."""
    return isinstance(instance, Rating) and is_unused_default(Rating.objects.get(pk=instance.pk))


def name_of(content: Any) -> str:
    """The model and key of a record for a message, as far as the record has them."""
    try:
        model, fields = _model_and_fields(content)
        return f"{model._meta.label_lower} {_spelled(_key(model, fields))}"
    except FixtureError:
        label = content.get("model") if isinstance(content, dict) else None
        return str(label)[:100] if isinstance(label, str) else "no model"


def without_history(content: Any) -> Any:
    """The record without people and history. None for a record of a person or of history."""
    model, fields = _model_and_fields(content)
    if model is User or model in HISTORY:
        return None
    people: dict[str, Any] = {
        field.name: [] if field.many_to_many else None for field in fields_of(model) if field.related_model is User
    }
    return {**content, "fields": {**fields, **people}}


def _spelled(key: tuple[Hashable, ...]) -> str:
    return " ".join(str(part)[:100] for part in key)


def _model_and_fields(content: Any) -> tuple[Model, dict[str, Any]]:
    if not isinstance(content, dict) or not {"model", "fields"} <= content.keys():
        raise FixtureError("a record is an object with “model” and “fields”")
    if "pk" in content:
        raise FixtureError("leave out “pk”: rows are named by their keys")
    label, fields = content["model"], content["fields"]
    model = _BY_LABEL.get(label) if isinstance(label, str) else None
    if model is None:
        raise FixtureError("a fixture can't hold this model")
    if not isinstance(fields, dict):
        raise FixtureError("“fields” isn't an object")
    allowed = {field.name for field in fields_of(model)} | LEFT_OUT.get(model, set())
    allowed |= {CONTENT} if model is PictureFile else set()
    for name in fields:
        if name not in allowed:
            raise FixtureError(f"there is no field “{name[:100]}”")
    return model, fields


def _key(model: Model, fields: dict[str, Any]) -> tuple[Hashable, ...]:
    key = []
    for path in key_of(model):
        name, _, rest = path.partition(LOOKUP_SEP)
        value = fields.get(name)
        if rest:
            target = model._meta.get_field(name).related_model
            assert isinstance(target, type)  # noqa: S101 — every relation of ours names its model
            place = key_of(target).index(rest)
            value = value[place] if isinstance(value, list) and len(value) > place else None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise FixtureError(f"{name}: the record needs it for its key")
        key.append(value)
    return tuple(key)


def _keep_bytes(file: PictureFile, content: Any) -> None:
    """Keep the bytes of a picture. Raises FixtureError if they aren't what the record says."""
    if not isinstance(content, str) or not content:
        raise FixtureError(f"{CONTENT}: the bytes of the picture are missing; export it from a site that has them")
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:
        raise FixtureError(f"{CONTENT}: this isn't base64") from None
    if sha256(data).hexdigest() != file.sha256:
        raise FixtureError(f"{CONTENT}: the bytes have another SHA-256 than the record says")
    if not is_picture(data, file.media_type, file.width, file.height):
        raise FixtureError(f"{CONTENT}: this isn't a picture of the type and size that the record says")
    store(data, file.ending)


def _check_account(fields: dict[str, Any]) -> None:
    if not isinstance(fields.get("password"), str) or is_password_usable(fields["password"]):
        raise FixtureError("the password of an account must be “!”; the person sets one on this site")
    if fields.get("is_superuser") or fields.get("user_permissions"):
        raise FixtureError("a fixture can't make a superuser, and gives rights only through groups")


def _value(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        if not field.null:
            raise FixtureError(f"{field.name}: this can't be null")
        return None
    if not _is_of_type(field, value):
        raise FixtureError(f"{field.name}: the value has the wrong type")
    if not all(_can_be_stored(text) for text in _texts(value)):
        raise FixtureError(f"{field.name}: the text holds a NUL character or half a character, which can't be stored")
    try:
        converted = field.to_python(value)
    except ValidationError as error:
        raise FixtureError(f"{field.name}: {' '.join(error.messages)}") from None
    if isinstance(field, models.DateTimeField) and not timezone.is_aware(converted):
        raise FixtureError(f"{field.name}: a time needs a zone, such as Z")
    return converted


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from _texts([*value.keys(), *value.values()])


def _can_be_stored(text: str) -> bool:
    return "\0" not in text and not _HALF_CHARACTER.search(text)


def _is_of_type(field: models.Field[Any, Any], value: Any) -> bool:
    match field:
        case models.BooleanField():
            return isinstance(value, bool)
        case models.IntegerField():
            return isinstance(value, int) and not isinstance(value, bool)
        case ArrayField():
            return isinstance(value, list) and all(_is_of_type(field.base_field, item) for item in value)
        case models.JSONField():
            return True
    return isinstance(value, str)


def _check(row: models.Model) -> None:
    """Check the choices, addresses, lengths and slugs, which the database doesn't check. Raises FixtureError.

    Of a source, set the columns that follow from its address.
    """
    if isinstance(row, _DERIVED):
        return
    for field in fields_of(type(row)):
        if field.is_relation:
            continue
        value = getattr(row, field.attname)
        if value in field.empty_values:
            continue
        if field.choices and value not in dict(field.flatchoices):
            raise FixtureError(f"{field.name}: “{value[:100]}” isn't one of its values")
        try:
            field.run_validators(value)
        except ValidationError as error:
            raise FixtureError(f"{field.name}: {' '.join(error.messages)}") from None
    if isinstance(row, Source):
        row.derive_from_address()
