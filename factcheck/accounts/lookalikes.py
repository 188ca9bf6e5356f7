"""Letters that a reader takes for others, so that nobody can sign under a name that looks like a colleague's.

A choice from Unicode's confusables (UTS #39): the Cyrillic, Greek, Armenian and Latin letters that look like one of a
to z in common fonts. Accents, case and width need no table: PostgreSQL's `normalize` and `lower` take them away. The
column in the database has this table in its expression: a change here needs a migration that makes the column again.
"""

from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Lower

_LOOK_ALIKE = {
    "a": "аАαΑɑ",
    "b": "вВьЬβΒ",
    "c": "сСϲϹ",
    "d": "ԁđĐ",
    "e": "еЕεΕєЄ",
    "g": "ɡց",
    "h": "һҺНнΗհħĦ",
    "j": "јЈϳյ",
    "k": "кКκΚ",
    "l": "іІıιΙɩӏӀłŁ",
    "m": "мМΜ",
    "n": "ηΝոπ",
    "o": "оОοΟօՕøØ",
    "p": "рРρΡþÞ",
    "q": "ԛզ",
    "s": "ѕЅߎ",
    "t": "тТτΤŧŦ",
    "u": "μυս",
    "v": "νѵѴ",
    "w": "ԝԜωШш",
    "x": "хХχΧ",
    "y": "уУүҮγΥʏ",
    "z": "ΖζᴢZ",
}
_FROM = "".join(_LOOK_ALIKE.values())
_TO = "".join(letter * len(others) for letter, others in _LOOK_ALIKE.items())
# What has no shape of its own, and what may stand between the parts of a name.
_BETWEEN = r"[\s\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff.,'’`´_·-]"


class Skeleton(Func):
    """What is left of a name when everything is taken away that a reader may overlook. Immutable, for a column."""

    def __init__(self, name: object) -> None:
        plain = Func(name, Value("NFKD"), function='"normalize"', output_field=models.TextField())
        latin = Lower(Func(plain, Value(_FROM), Value(_TO), function="translate", output_field=models.TextField()))
        alike = Func(latin, Value("i10|"), Value("llol"), function="translate", output_field=models.TextField())
        super().__init__(
            alike,
            Value(_BETWEEN),
            Value(""),
            Value("g"),
            function="regexp_replace",
            output_field=models.CharField(max_length=400),
        )
