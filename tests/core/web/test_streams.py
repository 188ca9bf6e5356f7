"""Long answers: few at a time, whole or visibly not."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core.web import streams
from factcheck.core.web.streams import AT_ONCE, BROKEN, Busy, Stream, TooSlow, joined


def pieces() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def failing() -> Iterator[bytes]:
    yield b"one"
    raise ConnectionError


def test_no_more_are_open_than_there_are_places() -> None:
    held = [Stream(pieces()) for _ in range(AT_ONCE)]
    with pytest.raises(Busy, match="Try again"):
        Stream(pieces())
    held[0].close()
    assert b"".join(Stream(pieces())) == b"onetwo"
    held.clear()


def test_one_that_is_forgotten_or_fails_to_begin_takes_no_place() -> None:
    for _ in range(2 * AT_ONCE):
        Stream(pieces())
        with pytest.raises(ConnectionError):
            Stream(failing_at_once(), begun=True)
    gc.collect()
    assert len([Stream(pieces()) for _ in range(AT_ONCE)]) == AT_ONCE


def failing_at_once() -> Iterator[bytes]:
    raise ConnectionError
    yield b""


def test_one_that_fails_says_so_at_its_end_and_fails() -> None:
    stream = Stream(failing())
    assert [next(stream), next(stream)] == [b"one", BROKEN]
    with pytest.raises(ConnectionError):
        next(stream)
    stream.close()


def test_closing_one_lets_go_of_what_it_reads() -> None:
    let_go = []

    def held() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            let_go.append(True)

    stream = Stream(held())
    next(stream)
    stream.close()
    assert let_go == [True]


def test_one_that_is_read_too_slowly_ends_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_SECONDS", -1)
    stream = Stream(pieces())
    assert next(stream) == BROKEN
    with pytest.raises(TooSlow):
        next(stream)
    stream.close()


@given(st.lists(st.binary(max_size=20)))
def test_pieces_are_joined_and_nothing_is_lost(given: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK", 16)
        made = list(joined(given))
    assert b"".join(made) == b"".join(given)
    assert all(len(piece) >= 16 for piece in made[:-1])
