"""Dates are only as precise as what is known."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from factcheck.core.fields.dates import PartialDateField, check_partial_date, earliest, in_words, instant, latest

parts = st.integers(min_value=0, max_value=33)
partial_dates = st.one_of(
    st.builds("{:04}-{:02}-{:02}".format, st.integers(0, 9999), parts, parts),
    st.builds("{:04}-{:02}".format, st.integers(0, 9999), parts),
    st.builds("{:04}".format, st.integers(0, 9999)),
    st.text("0123456789- \n٣", max_size=10),
)


@pytest.mark.parametrize(
    ("text", "first", "last", "words"),
    [
        ("2025-06-21", (2025, 6, 21), (2025, 6, 21), "21 June 2025"),
        ("2025-06", (2025, 6, 1), (2025, 6, 30), "June 2025"),
        ("2024-02", (2024, 2, 1), (2024, 2, 29), "February 2024"),
        ("2025", (2025, 1, 1), (2025, 12, 31), "2025"),
    ],
)
def test_the_first_and_last_day_of_a_partial_date(
    text: str, first: tuple[int, int, int], last: tuple[int, int, int], words: str
) -> None:
    assert earliest(text) == dt.date(*first)
    assert latest(text) == dt.date(*last)
    assert in_words(text) == words


def test_an_empty_date_has_no_words() -> None:
    assert in_words("") == ""


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30",
        "2025-13",
        "2025-00",
        "0000",
        "2025-6",
        "25",
        "junk",
        "2025-06-21T10",
        "2025\n",
        "٢٠٢٥",
        "2025-",
    ],
)
def test_an_invalid_date_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValidationError, match="Write the date as"):
        check_partial_date(text)


@settings(deadline=None)
@given(st.dates())
def test_the_texts_sort_by_time(day: dt.date) -> None:
    text = day.isoformat()
    assert text[:4] <= text[:7] <= text
    assert earliest(text[:4]) <= earliest(text[:7]) <= day <= latest(text[:7]) <= latest(text[:4])


@pytest.mark.django_db
@settings(deadline=None, max_examples=200)
@given(partial_dates)
def test_the_database_and_python_accept_the_same_dates(text: str) -> None:
    field = PartialDateField()
    field.set_attributes_from_name("day")
    query = f"SELECT {field.db_check(connection)} FROM (VALUES (%s::varchar)) AS typed (day)"  # noqa: S608
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, [text])
            (taken,) = cursor.fetchone()
    except DatabaseError:
        taken = False
    try:
        check_partial_date(text)
    except ValidationError:
        assert not taken or text == ""
    else:
        assert taken


@given(st.datetimes(timezones=st.just(dt.UTC)), st.integers(-1439, 1439))
def test_a_time_in_any_zone_is_converted_to_utc(at: dt.datetime, minutes: int) -> None:
    zone = dt.timezone(dt.timedelta(minutes=minutes))
    assume(dt.timedelta(1) < at - at.min.replace(tzinfo=dt.UTC) and at.year < dt.MAXYEAR)
    assert instant(at.astimezone(zone).isoformat()) == at
    assert instant(at.isoformat()).tzinfo is dt.UTC


@given(st.text("0123456789-+:.TtZz \n٣", max_size=35) | partial_dates)
def test_other_text_is_refused(text: str) -> None:
    try:
        at = instant(text)
    except ValueError:
        return
    assert re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    assert at.tzinfo is dt.UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-03-05T24:30:00Z"])
def test_a_time_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isn't between the years|must be in"):
        instant(text)


def test_a_day_means_its_start() -> None:
    assert instant("2026-03-05") == dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    assert instant("2026-03-05T01:00:00.123456789+02:00") == dt.datetime(2026, 3, 4, 23, 0, 0, 123456, tzinfo=dt.UTC)
