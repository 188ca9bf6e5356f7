"""Dates with the precision of a day (2025-06-21), a month (2025-06) or a year (2025).

A date is stored as text: ISO 8601 with reduced precision (EDTF level 0, Library of Congress). So a date is never more
precise than what is known, and the texts sort by time.
"""

import calendar
import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import formats
from django.utils.translation import gettext_lazy as _

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)


def check_partial_date(text: str) -> None:
    """Validate `2025-06-21`, `2025-06` or `2025`. Raises ValidationError for anything else."""
    try:
        earliest(text)
    except ValueError:
        raise ValidationError(_("Write the date as 2025-06-21, 2025-06 or 2025.")) from None


def earliest(text: str) -> datetime.date:
    """The first day that `text` can mean. Raises ValueError if it isn't a partial date."""
    match = _PARTIAL.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} isn't a date. Write it as 2025-06-21, 2025-06 or 2025.")
    year, month, day = (int(part or 1) for part in match.groups())
    return datetime.date(year, month, day)


def latest(text: str) -> datetime.date:
    """The last day that `text` can mean. Raises ValueError if it isn't a partial date."""
    first = earliest(text)
    if len(text) == len("2025"):
        return first.replace(month=12, day=31)
    if len(text) == len("2025-06"):
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first


def in_words(text: str) -> str:
    """The date in the active language with its own precision, such as "June 2025". Empty if `text` is empty."""
    if not text:
        return ""
    first = earliest(text)
    if len(text) == len("2025"):
        return text
    return formats.date_format(first, "YEAR_MONTH_FORMAT" if len(text) == len("2025-06") else "DATE_FORMAT")


def instant(text: str) -> datetime.datetime:
    """A time (RFC 3339), or the start of a day, in UTC. Raises ValueError if `text` is neither."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is neither a date nor a time with a time zone (RFC 3339).")
    if len(text) == len("2025-06-21"):
        return datetime.datetime.combine(earliest(text), datetime.time(), datetime.UTC)
    try:
        return datetime.datetime.fromisoformat(text.upper()).astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} isn't between the years 1 and 9999 in UTC.") from error


class PartialDateField(models.CharField[str, str]):
    """A date as text, precise to the day, month or year. Empty if unknown."""

    default_validators = [check_partial_date]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """The SQL of the column's check constraint: the format, and that the day exists in the calendar."""
        column = connection.ops.quote_name(self.column or "")
        padded = f"rpad({column}, 10, substr('0001-01-01', length({column}) + 1))"
        return (
            f"{column} = '' OR ({column} ~ '^[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}})?)?$' AND make_date("
            f"substr({padded}, 1, 4)::int, substr({padded}, 6, 2)::int, substr({padded}, 9, 2)::int) IS NOT NULL)"
        )
