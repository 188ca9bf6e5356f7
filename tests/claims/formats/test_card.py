"""Tests of the preview image: it shows the verdict of its body or none, and hostile texts don't cost more time."""

import io
import re
import time

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from claims.formats import card, marks
from claims.schema import Content
from tests.properties import examples

SITE, HOST = "The Daily Check", "check.example"
NOTICE = "Proposed, not yet reviewed."


def content(statement: str = "The council built three bridges.", **changes: object) -> Content:
    return {
        "statement": statement,
        "rating": {"slug": "mostly-false", "label": "Mostly false", "value": 2, "worst": 1, "best": 5},
        "headline": "",
        "summary": "",
        "notice": "",
        "appearances": [{"source": {"publisher": {"name": "The Gazette"}}}],
        "revision": {"number": 1, "at": "2026-11-23T06:00:00.000000Z"},
    } | changes


def drawn(body: Content) -> Image.Image:
    picture = Image.open(io.BytesIO(card.draw(body, site=SITE, host=HOST)))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    return picture


NEUTRAL = content("市政府花费了三亿美元。")


def test_the_same_body_gives_the_same_image() -> None:
    assert card.draw(content(), site=SITE, host=HOST) == card.draw(content(), site=SITE, host=HOST)


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": "The council built four bridges."},
        {"notice": NOTICE},
        {"summary": "It built two. The third was there."},
        {"headline": "The council built two bridges."},
        {"rating": {"slug": "mostly-false", "label": "Mostly false", "value": 3, "worst": 2, "best": 8}},
        {"rating": {"slug": "unverified", "label": "Unverified"}},
        {"appearances": [{"source": {"publisher": {"name": "The Post"}}}]},
        {"revision": {"number": 2, "at": "2026-11-23T06:00:00.000000Z"}},
        {"revision": {"number": 1, "at": "2026-11-24T06:00:00.000000Z"}},
    ],
)
def test_every_part_of_the_card_is_visible(changes: Content) -> None:
    assert drawn(content(**changes)).tobytes() != drawn(content()).tobytes()
    assert drawn(content(**changes)).tobytes() != drawn(NEUTRAL).tobytes()


def test_ratings_differ_by_shape_and_not_by_colour_alone() -> None:
    def grey(mark: str) -> bytes:
        rating: Content = {"slug": mark, "label": "A word"}
        if mark.isdigit():
            rating |= {"value": int(mark), "worst": 1, "best": 5}
        picture = drawn(content(rating=rating)).crop((72, 104, 148, 180)).convert("L")
        return picture.point(lambda value: 255 if value > 180 else 0).tobytes()

    assert len({grey(mark) for mark in marks.MARKS}) == len(marks.MARKS)


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": "政府 says so."},
        {"statement": "हिन्दी"},
        {"statement": "It is fun \U0001f984."},
        {"statement": ""},
        {"rating": {"slug": "false", "label": "假", "value": 1, "worst": 1, "best": 5}},
        {"notice": "未経確認"},
        {"headline": "市政府"},
    ],
)
def test_a_verdict_that_cannot_be_drawn_completely_is_not_shown(changes: Content) -> None:
    assert drawn(content(**changes)).tobytes() == drawn(NEUTRAL).tobytes()


@pytest.mark.parametrize(
    "statement", ["Ελλάδα", "Россия", "عربي", "فارسی: می‌خواهم", "עברית", "Łódź, Türkiye, Việt Nam", "75 % > $3 – “so”"]
)
def test_these_scripts_can_be_read(statement: str) -> None:
    assert drawn(content(statement)).tobytes() != drawn(NEUTRAL).tobytes()


def test_arabic_letters_join_and_run_from_the_right() -> None:
    def ink(text: str) -> tuple[int, int]:
        box = (
            drawn(content(text))
            .crop((72, 212, 1128, 536))
            .convert("L")
            .point(lambda v: 255 if v < 128 else 0)
            .getbbox()
        )
        assert box
        return box[0], box[2]

    left, right = ink("سلام")
    assert right > 1000
    # Letters that aren't joined are wider than a word.
    apart_left, apart_right = ink("س ل ا م")
    assert apart_right - apart_left > 1.3 * (right - left)
    assert ink("peace")[0] < 20


def test_an_answer_that_cannot_be_drawn_is_left_out_and_the_verdict_stays() -> None:
    assert drawn(content(summary="市政府 says so.")).tobytes() == drawn(content()).tobytes()


def test_direction_controls_are_ignored() -> None:
    assert (
        drawn(content("It cost \u202e12\u202c million.")).tobytes() == drawn(content("It cost 12 million.")).tobytes()
    )


def test_a_long_text_stays_in_its_box() -> None:
    """The image doesn't change outside the box of the statement."""
    short, long = drawn(content()), drawn(content("W" * 5000))
    stacked = drawn(content("a" + "\u0301" * 300))
    for box in [(0, 0, 1200, 212), (0, 538, 1200, 630), (0, 212, 71, 538), (1129, 212, 1200, 538)]:
        assert short.crop(box).tobytes() == long.crop(box).tobytes() == stacked.crop(box).tobytes(), box


@examples(40)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=400), notice=st.text(max_size=100))
def test_every_text_can_be_drawn(text: str, notice: str) -> None:
    body = content(text, notice=notice.encode(errors="ignore").decode())
    drawn(body)
    assert "\n" not in card.alt_text(content(text))


def test_drawing_time_is_limited_for_every_text() -> None:
    drawn(content())
    begun = time.process_time()
    drawn(content("W" * 200_000, notice="ẅ " * 100_000))
    assert time.process_time() - begun < 2


def test_the_alt_text_has_the_words_of_the_card() -> None:
    assert card.alt_text(content(notice=NOTICE)) == (
        "Mostly false: “The council built three bridges”. Checked 23 November 2026 · claimed in The Gazette. " + NOTICE
    )

    found = card.alt_text(content(summary="The council built only two. " + "The third was there. " * 20))
    assert found.startswith("Mostly false: “The council built three bridges”. The council built only two. Checked")
    found = card.alt_text(content(summary="It built two.", headline="Two bridges are new."))
    assert found.startswith("Mostly false: “The council built three bridges”. Two bridges are new. Checked")

    two = [{"source": {"publisher": {"name": name}}} for name in ("The Gazette", "The Post", "The Gazette")]
    assert "claimed in The Gazette and 1 other" in card.alt_text(content(appearances=two))
    assert "version 3" in card.alt_text(content(revision={"number": 3, "at": "2026-11-23T06:00:00.000000Z"}))


def test_its_colours_are_those_of_the_pages() -> None:
    css = (settings.BASE_DIR / "factcheck/static/factcheck/tokens.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]+);", css.partition("@media")[0]))
    ours = {"panel": card.PANEL, "ink": card.INK, "quiet": card.QUIET, "rule": card.RULE}
    ours |= {"notice": card.NOTICE, "notice-rule": card.NOTICE_RULE}
    ours |= {f"rating-{tone}": colour for tone, colour in card.RATINGS.items()}
    assert ours.items() <= tokens.items()


def test_the_font_comes_with_its_licence() -> None:
    folder = settings.BASE_DIR / "claims/formats/fonts"
    assert "Bitstream Vera" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert {file.name for file in folder.glob("*.ttf")} == {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}
