"""Tests of the geometry of charts: shapes depend only on the numbers."""

import datetime
from typing import Any

import pytest

from claims.choices import Act
from claims.formats import charts
from claims.models import Revision
from claims.record.statistics import Row, Table


def version(number: int, act: Act, day: str) -> Revision:
    return Revision(number=number, act=act, at=datetime.datetime.fromisoformat(f"{day}T12:00:00Z"))


def appearance(slug: str, date: str = "", *, published: str = "", position: int = 0, locator: str = "") -> Any:
    return {
        "source": {"slug": slug, "published": published},
        "date": date,
        "position": position,
        "locator": locator,
    }


def test_bars_are_in_proportion_to_the_longest_and_their_segments_to_their_counts() -> None:
    table = Table(
        [{}, {}, {}], [Row("a", "A", [1, 0, 3]), Row("b", "B", [0, 2, 0]), Row("c", "C", [0, 0, 0])], is_cut=False
    )
    drawn = {bar.slug: [(part.column, part.x, part.width) for part in bar.segments] for bar in charts.bars(table)}
    assert drawn == {"a": [(0, "0.00%", "25.00%"), (2, "25.00%", "75.00%")], "b": [(1, "0.00%", "50.00%")], "c": []}


def test_empty_tables_and_zero_totals_draw_nothing() -> None:
    assert charts.bars(Table([], [], is_cut=False)) == []
    assert charts.percent(0, 0) == "0.00%"


def test_a_timeline_runs_from_the_claim_to_the_last_act() -> None:
    content = {
        "claimed_on": "2025-06-20",
        "appearances": [
            appearance("article", "2025-06-21"),
            appearance("article", "2025-06-21"),
            appearance("reprint", published="2025-07"),
            appearance("undated"),
        ],
    }
    history = [
        version(4, Act.WITHDRAW, "2026-06-21"),
        version(3, Act.RENAME, "2026-01-01"),
        version(2, Act.CORRECT, "2025-12-01"),
        version(1, Act.PUBLISH, "2025-09-01"),
    ]
    found = charts.timeline(content, history)
    assert [(event.kind, event.date) for event in found.events] == [
        ("made", "2025-06-20"),
        ("appeared", "2025-06-21"),
        ("repeated", "2025-07"),
        (Act.PUBLISH, "2025-09-01"),
        (Act.CORRECT, "2025-12-01"),
        (Act.WITHDRAW, "2026-06-21"),
    ]
    assert (found.undated, found.days, found.corrections) == (1, 73, 1)
    assert found.withdrawn == "2026-06-21"
    middles = [float(mark.x.rstrip("%")) for mark in found.marks]
    assert middles == sorted(middles)
    assert 0 < middles[0] < middles[-1] < 100


@pytest.mark.parametrize("made", ["2025-06", "2025", "", "2026-01-01"])
def test_days_are_counted_only_from_a_known_day_before_the_check(made: str) -> None:
    assert charts.timeline({"claimed_on": made}, [version(1, Act.PUBLISH, "2025-09-01")]).days is None


def test_a_month_is_drawn_as_a_span_and_a_day_as_a_point() -> None:
    found = charts.timeline({"claimed_on": "2025-06"}, [version(1, Act.PUBLISH, "2025-09-01")])
    month, day = found.marks
    assert float(month.width.rstrip("%")) > 20
    assert day.width == "0.00%"


def test_marks_of_one_day_are_stacked() -> None:
    acts = [Act.PUBLISH, Act.CORRECT, Act.CORRECT]
    found = charts.timeline({}, [version(number, act, "2025-09-01") for number, act in enumerate(acts, 1)])
    assert [mark.x for mark in found.marks] == ["50.00%"] * 3
    assert [mark.top for mark in found.marks] == [2 * charts.LANE, charts.LANE, 0]


def test_a_hundred_events_need_no_more_room_than_a_few() -> None:
    found = charts.timeline({}, [version(number, Act.CORRECT, "2025-09-01") for number in range(1, 101)])
    assert len(found.marks) == 100
    assert found.height < 200


def test_a_redaction_is_an_act_in_public_and_no_correction() -> None:
    acts = [(1, Act.PUBLISH), (2, Act.CORRECT), (3, Act.REDACT)]
    found = charts.timeline({}, [version(number, act, f"2025-09-0{number}") for number, act in acts])
    assert [event.kind for event in found.events] == [Act.PUBLISH, Act.CORRECT, Act.REDACT]
    assert found.corrections == 1


def test_a_withdrawn_claim_that_is_published_again_is_not_withdrawn() -> None:
    history = [version(1, Act.PUBLISH, "2025-09-01"), version(2, Act.WITHDRAW, "2025-10-01")]
    assert charts.timeline({}, history).withdrawn
    assert not charts.timeline({}, [*history, version(3, Act.REPUBLISH, "2025-11-01")]).withdrawn
