"""Dates of other publishers."""

import pytest

from claims.desk.imports import dates


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("", ""),
        ("2020-02-26T17:02:36Z", "2020-02-26"),
        ("2015-11-25T09:16:03-02:00", "2015-11-25"),
        ("2017-01-14 16:57:00", "2017-01-14"),
        ("2020-09-1T21:39", "2020-09-01"),
        ("2020-02", "2020-02"),
        ("2020", "2020"),
        ("20200226", "2020-02-26"),
        ("2020/2/6", "2020-02-06"),
        ("September 30, 2016", "2016-09-30"),
        ("Updated on:  April 12, 2017 / 9:31 PM", "2017-04-12"),
        ("OCT. 4, 2016", "2016-10-04"),
        ("Sept. 4, 2016", "2016-09-04"),
        ("26 May 2015", "2015-05-26"),
        ("1st of May 2015", "2015-05-01"),
        ("29 octubre 2018", "2018-10-29"),
        ("3 de março de 2019", "2019-03-03"),
        ("30 Set 2016, 02:05", "2016-09-30"),
        ("30 de Dez, 2018 às 10:39 PST", "2018-12-30"),
        ("6. Februar 2018", "2018-02-06"),
        ("Publié le 26/10/18 à 17h13", "2018-10-26"),
        ("February 2018", "2018-02"),
        ("13.02.2018", "2018-02-13"),
        ("２０２０-０２-２６", "2020-02-26"),
    ],
)
def test_a_date_keeps_its_precision(text: str, date: str) -> None:
    assert dates.read(text) == date


def test_day_and_month_in_numbers_need_their_order() -> None:
    with pytest.raises(dates.Ambiguous):
        dates.read("11/03/2021 09h10")
    assert dates.read("11/03/2021 09h10", "dmy") == "2021-03-11"
    assert dates.read("11/03/2021 09h10", "mdy") == "2021-11-03"
    assert dates.read("03/03/2021") == "2021-03-03"


@pytest.mark.parametrize("text", ["2021-02-30", "2999-01-01", "yesterday", "5", "1614329356", "0000", "2020-13"])
def test_what_is_not_a_day_of_the_past_is_refused(text: str) -> None:
    with pytest.raises(dates.Unreadable):
        dates.read(text)
