"""Search of the desk's tables: rows that have each word in one of the fields, also in fields of other tables."""

from functools import reduce
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, Func, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.utils.text import smart_split, unescape_string_literal

MOST_ELSEWHERE = 5_000
# A search reads so much of what was typed, because each word is compared with every field.
MOST_WORDS, MOST_CHARACTERS = 20, 500
_FEW = 5_000


def containing(rows: QuerySet[Any], fields: list[str], text: str) -> QuerySet[Any]:
    """The rows that have each word of `text` in one of these fields, whatever its case. Words in quotes are one.

    A field can be in another table, as `claimant__name`. The ids of the rows there are read first, as an array, so that
    every condition is one on this table and can use an index. A join to several rows would need a DISTINCT, and reads
    whole tables. Of a word that is in more than `MOST_ELSEWHERE` rows of another table, only so many of them count.
    Of a long text the first words count, as `is_cut` says.
    """
    found = reduce(
        lambda found, word: found.filter(reduce(Q.__or__, (_has(rows.model, field, word) for field in fields))),
        _words(text)[:MOST_WORDS],
        rows,
    )
    few = keys_if_few(found) if text else None
    return found if few is None else rows.filter(pk__in=few)


def is_cut(text: str) -> bool:
    """True if a search for `text` leaves out some of its words."""
    return len(text) > MOST_CHARACTERS or len(_words(text)) > MOST_WORDS


def keys_if_few(rows: QuerySet[Any]) -> list[Any] | None:
    """The keys of these rows, to sort them when they are found. None if there are more than 5,000. Runs one query.

    PostgreSQL expects many rows with nearly any word or name, and to find the first ones it would walk the whole table
    in the order of the list.
    """
    found = list(rows.order_by().values_list("pk", flat=True)[: _FEW + 1])
    return found if len(found) <= _FEW else None


def _words(text: str) -> list[str]:
    """The words of the beginning of a text, each once."""
    return list(dict.fromkeys(map(_unquoted, smart_split(text[:MOST_CHARACTERS]))))


def _unquoted(word: str) -> str:
    return unescape_string_literal(word) if word[:1] in {'"', "'"} and word[:1] == word[-1:] and word[1:] else word


def _has(model: type[models.Model], path: str, word: str) -> Q:
    name, _separator, rest = path.partition(LOOKUP_SEP)
    if not rest:
        return Q(**{f"{name}__icontains": word})
    field: Any = model._meta.get_field(name)
    manager = field.related_model._default_manager
    # What not everybody may see isn't found by its words either.
    others = manager.findable() if hasattr(manager, "findable") else manager
    others = others.order_by().filter(_has(field.related_model, rest, word))
    own, theirs = ("pk", field.field.attname) if field.one_to_many else (field.attname, "pk")
    is_one_of = Func(
        F(own),
        ArraySubquery(others.values(theirs)[:MOST_ELSEWHERE]),
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=models.BooleanField(),
    )
    return Q(is_one_of)
