"""The dates of other publishers, in whatever form they are written, as dates with their own precision."""

import calendar
import datetime
import re
import unicodedata
from functools import cache

from django.utils import timezone, translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP
from django.utils.translation import gettext as _

from factcheck.core.fields import dates

# The order of day, month and year where all are numbers.
ORDERS = ("dmy", "mdy")
# The languages whose names of months are read.
_LANGUAGES = ("en", "es", "pt", "fr", "de", "it", "nl", "pl", "ca", "sv", "da", "nb", "tr", "id")

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?", re.ASCII | re.DOTALL)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T.*)?", re.ASCII)
_SLASHES = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[T ,].*)?", re.ASCII)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:of\s+|de\s+|d')?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?<![^\W\d_])([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_MONTH = re.compile(r"(?<![^\W\d_])([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})(?!\d)")
# Two figures for a year are of this century, or of the one before if that would be in the future.
_CENTURY = 100
_TWELVE = 12


class Unreadable(ValueError):
    """The text isn't a date that we can read. The message says why."""


class Ambiguous(Unreadable):
    """The day and the month can't be told apart."""


def read(text: str, order: str = "") -> str:
    """The date as `2025-06-21`, `2025-06` or `2025`. Empty if `text` is. The time and its zone are left out.

    A date in numbers with the day and the month in either order needs `order`, one of `ORDERS`, unless one of them is
    above 12. Raises Unreadable if there is no date in the text, if the day doesn't exist, or if it's in the future.
    """
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if not text:
        return ""
    found = _written(text, order)
    try:
        day = dates.earliest(found)
    except ValueError:
        raise Unreadable(_("%(text)s isn't a day of the calendar.") % {"text": text[:50]}) from None
    if day > timezone.now().astimezone(datetime.UTC).date() + datetime.timedelta(days=1):
        raise Unreadable(_("%(text)s is in the future.") % {"text": text[:50]})
    return found


def _written(text: str, order: str) -> str:
    for pattern in (_ISO, _COMPACT, _SLASHES):
        if match := pattern.fullmatch(text):
            return "-".join([match[1], *(part.zfill(2) for part in match.groups()[1:] if part)])
    if match := _NUMBERS.search(text):
        return _from_numbers(text, int(match[1]), int(match[3]), match[4], order)
    if (match := _DAY_FIRST.search(text)) and (month := _months().get(_plain(match[2]))):
        return f"{match[3]}-{month:02}-{int(match[1]):02}"
    if (match := _MONTH_FIRST.search(text)) and (month := _months().get(_plain(match[1]))):
        return f"{match[3]}-{month:02}-{int(match[2]):02}"
    if (match := _MONTH.search(text)) and (month := _months().get(_plain(match[1]))):
        return f"{match[2]}-{month:02}"
    raise Unreadable(_("%(text)s isn't a date that we can read.") % {"text": text[:50]})


def _from_numbers(text: str, first: int, second: int, year: str, order: str) -> str:
    if first > _TWELVE:
        order = "dmy"
    elif second > _TWELVE:
        order = "mdy"
    elif first == second:
        order = order or "dmy"
    elif not order:
        raise Ambiguous(_("%(text)s can be two different days.") % {"text": text[:50]})
    day, month = (first, second) if order == "dmy" else (second, first)
    number = int(year)
    if number < _CENTURY:
        this_year = timezone.now().year
        number += this_year - this_year % _CENTURY
        number -= _CENTURY if number > this_year else 0
    return f"{number:04}-{month:02}-{day:02}"


def _plain(word: str) -> str:
    """The word in lower case and without marks on its letters."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip(".")


@cache
def _months() -> dict[str, int]:
    """The names of months in several languages, whole and in short, with their numbers."""
    names = {_plain(calendar.month_name[number]): number for number in range(1, 13)}
    for language in _LANGUAGES:
        with translation.override(language):
            for table in (MONTHS, MONTHS_3, MONTHS_AP):
                for number, name in table.items():
                    names.setdefault(_plain(str(name)), number)
    for number in range(1, 13):
        for name in (calendar.month_abbr[number], *(["Sept"] if calendar.month_abbr[number] == "Sep" else [])):
            names.setdefault(_plain(name), number)
    return names
