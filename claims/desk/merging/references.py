"""Move what refers to one row to another row of its table, and move it back.

The references are those that Django's models have, so a new foreign key is moved without a change here.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from django.apps import apps
from django.core import serializers
from django.db import connection, models
from django.db.models import F, Max
from django.utils.text import capfirst

from claims.models import Approval, Claim, ClaimEvent, DraftVector, PublishedClaim, Revision
from sources.models import SnapshotText

Model = type[models.Model]
# A field of a table, and the model whose rows it refers to.
Reference = models.ForeignKey[Any, Any]

# What stays with a claim that is merged: its history, its record and what is derived from its words. Its row stays too.
STAYS: set[Model] = {ClaimEvent, Approval, Revision, PublishedClaim, DraftVector}
# Places in a list. The rows that come from the other list follow those that were there.
_PLACE = "order"


@dataclass
class Moved:
    """Some rows of one table whose reference was changed: the keys before and after, and each row as it was left."""

    model: str
    field: str
    before: Any
    after: Any
    # The digest of each row after the move, by its key.
    rows: dict[str, str]
    # How much was added to the places of these rows in their list.
    shift: int = 0


@dataclass
class Moves:
    """What a merge did to rows, in its order: everything that undoing it needs, as JSON."""

    moved: list[Moved] = field(default_factory=list)
    # Rows that the other row has too, each in Django's format for fixtures, with the key of the row that it equals.
    set_aside: list[dict[str, Any]] = field(default_factory=list)
    # The row that was merged, in the same format. None for a claim, whose row stays.
    row: dict[str, Any] | None = None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Moves":
        """The moves in the form in which `as_json` has them."""
        return cls([Moved(**one) for one in stored["moved"]], stored["set_aside"], stored["row"])

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def counted(self) -> list[tuple[str, int]]:
        """The tables of the moved rows as people call them, each with the number of rows."""
        counts: dict[str, int] = {}
        for one in self.moved:
            counts[_called(one.model)] = counts.get(_called(one.model), 0) + len(one.rows)
        return list(counts.items())

    def equal(self) -> list[tuple[str, str]]:
        """The rows that both have, each with the name of its table."""
        return [(_called(one["model"]), one["words"]) for one in self.set_aside]


def _called(label: str) -> str:
    model = apps.get_model(label)
    if not model._meta.auto_created:
        return capfirst(str(model._meta.verbose_name_plural))
    return capfirst(str(cast("Any", model._meta.auto_created)._meta.verbose_name_plural))


def references_to(model: Model) -> list[Reference]:
    """The fields of all tables that refer to rows of this one, those of many-to-many tables among them."""
    relations = model._meta.get_fields(include_hidden=True)
    found = [
        cast("Reference", relation.field)  # type: ignore[union-attr]
        for relation in relations
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
    ]
    return [one for one in found if one.model not in STAYS]


def move(before: models.Model, after: models.Model) -> Moves:
    """Make everything that refers to the first row refer to the second, and delete the first unless it's a claim.

    A row that would then be there twice is set aside: the one that refers to the second row already is kept.
    """
    moves = Moves()
    _move(before, after, moves)
    if not isinstance(before, Claim):
        moves.row = _as_fixture(before)
        _delete(type(before), [before.pk])
    return moves


def _move(before: models.Model, after: models.Model, moves: Moves) -> None:
    for reference in references_to(type(before)):
        _set_twins_aside(reference, before, after, moves)
        rows = _manager(reference.model).filter(**{reference.name: before.pk})
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        if not keys:
            continue
        change: dict[str, Any] = {reference.attname: after.pk}
        shift = 0
        if _has_places(reference):
            others = _manager(reference.model).filter(**{reference.name: after.pk})
            last = others.aggregate(last=Max(_PLACE))["last"]
            shift = 0 if last is None else last + 1
            change[_PLACE] = F(_PLACE) + shift
        rows.update(**change)
        keys = [after.pk] if reference.primary_key else keys
        label = reference.model._meta.label
        moves.moved.append(Moved(label, reference.name, before.pk, after.pk, digests(reference.model, keys), shift))


def _set_twins_aside(reference: Reference, before: models.Model, after: models.Model, moves: Moves) -> None:
    """Delete the rows that a constraint doesn't let refer to the second row, after moving what refers to them."""
    for fields in _unique_with(reference):
        others = {
            tuple(getattr(row, name) for name in fields): row
            for row in _manager(reference.model).filter(**{reference.name: after.pk})
        }
        for row in list(_manager(reference.model).filter(**{reference.name: before.pk}).order_by("pk")):
            twin = others.get(tuple(getattr(row, name) for name in fields))
            if twin is None:
                continue
            words = str(row) if not row._meta.auto_created else str(_other_end(row, reference))
            _move(row, twin, moves)
            if type(row) is not SnapshotText:  # texts of one hash are the same, and an editor may delete them for good
                moves.set_aside.append({**_as_fixture(row), "words": words[:200]})
            _delete(type(row), [row.pk])


def _unique_with(reference: Reference) -> list[tuple[str, ...]]:
    """The other columns of each constraint by which a row with this reference may exist once, as attribute names."""
    options = reference.model._meta
    sets = [tuple(one.fields) for one in options.total_unique_constraints]
    sets += [tuple(fields) for fields in options.unique_together]
    if reference.unique:
        sets.append((reference.name,))
    return [
        tuple(cast("Any", options.get_field(name)).attname for name in fields if name != reference.name)
        for fields in sets
        if reference.name in fields and _PLACE not in fields
    ]


def _has_places(reference: Reference) -> bool:
    constraints = reference.model._meta.total_unique_constraints
    return any(set(one.fields) == {reference.name, _PLACE} for one in constraints)


def _other_end(row: models.Model, reference: Reference) -> Any:
    """The row at the other end of a row of a many-to-many table."""
    ends = [one for one in row._meta.concrete_fields if one.is_relation and one.name != reference.name]
    return getattr(row, ends[0].name)


# Undoing


class ChangedSince(Exception):
    """A row that was moved isn't as the merge left it. The text names it."""


def restore(moves: Moves) -> None:
    """Undo a move. Raises ChangedSince, and may have written then, if a row isn't as the merge left it."""
    for one in moves.moved:
        _check_unchanged(one)
    for stored in filter(None, [moves.row, *reversed(moves.set_aside)]):
        record = {name: stored[name] for name in ("model", "pk", "fields")}
        for restored in serializers.deserialize("json", json.dumps([record])):
            restored.save(force_insert=True)
    for one in reversed(moves.moved):
        model = apps.get_model(one.model)
        reference = cast("Reference", model._meta.get_field(one.field))
        change: dict[str, Any] = {reference.attname: one.before}
        if one.shift:
            change[_PLACE] = F(_PLACE) - one.shift
        _manager(model).filter(pk__in=one.rows).update(**change)


def _check_unchanged(one: Moved) -> None:
    model = apps.get_model(one.model)
    now = digests(model, one.rows)
    for key, digest in one.rows.items():
        # The acts of the merge itself change the claims; their events say what changed since.
        if key not in now or (model is not Claim and now[key] != digest):
            row = _manager(model).filter(pk=key).first()
            raise ChangedSince(f"{capfirst(str(model._meta.verbose_name))}: {row or 'deleted'}")
    if _manager(model).filter(pk__in=one.rows).exclude(**{one.field: one.after}).exists():
        raise ChangedSince(_called(one.model))


def digests(model: Model, keys: Iterable[Any]) -> dict[str, str]:
    """A digest of each of these rows, by its key."""
    options = model._meta
    column = connection.ops.quote_name(cast("Any", options.pk).column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column}::text, md5(to_jsonb(t)::text) FROM {connection.ops.quote_name(options.db_table)} t "  # noqa: S608 — names of our models
            f"WHERE {column} = ANY(%s) ORDER BY {column}",
            [[int(key) for key in keys]],
        )
        return dict(cursor.fetchall())


# Rows


def _manager(model: Model) -> Any:
    return model._default_manager


def _as_fixture(row: models.Model) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(serializers.serialize("json", [row]))
    return found[0]


def _delete(model: Model, keys: list[Any]) -> None:
    """Delete these rows and nothing else. A row that still refers to one of them makes the transaction fail."""
    column = connection.ops.quote_name(cast("Any", model._meta.pk).column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {column} = ANY(%s)",  # noqa: S608 — names of our models
            [keys],
        )
