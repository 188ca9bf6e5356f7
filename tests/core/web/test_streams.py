"""Long responses: a limited number at a time, and complete or marked as incomplete."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core.web import streams
from factcheck.core.web.streams import INCOMPLETE, MAX_STREAMS, Busy, Stream, TooSlow, in_blocks


def pieces() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def failing() -> Iterator[bytes]:
    yield b"one"
    raise ConnectionError


def test_no_more_than_the_maximum_are_open() -> None:
    held = [Stream(pieces()) for _ in range(MAX_STREAMS)]
    with pytest.raises(Busy, match="Try again"):
        Stream(pieces())
    held[0].close()
    assert b"".join(Stream(pieces())) == b"onetwo"
    held.clear()


def test_a_stream_that_is_dropped_or_fails_to_begin_frees_its_place() -> None:
    for _ in range(2 * MAX_STREAMS):
        Stream(pieces())
        with pytest.raises(ConnectionError):
            Stream(failing_at_once(), begun=True)
    gc.collect()
    assert len([Stream(pieces()) for _ in range(MAX_STREAMS)]) == MAX_STREAMS


def failing_at_once() -> Iterator[bytes]:
    raise ConnectionError
    yield b""


def test_a_failing_stream_ends_with_the_mark_and_raises() -> None:
    stream = Stream(failing())
    assert [next(stream), next(stream)] == [b"one", INCOMPLETE]
    with pytest.raises(ConnectionError):
        next(stream)
    stream.close()


def test_closing_a_stream_closes_its_source() -> None:
    closed = []

    def held() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    stream = Stream(held())
    next(stream)
    stream.close()
    assert closed == [True]


def test_a_stream_that_is_read_too_slowly_ends_with_the_mark_and_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_SECONDS", -1)
    stream = Stream(pieces())
    assert next(stream) == INCOMPLETE
    with pytest.raises(TooSlow):
        next(stream)
    stream.close()


@given(st.lists(st.binary(max_size=20)))
def test_pieces_are_joined_and_nothing_is_lost(given: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK", 16)
        made = list(in_blocks(given))
    assert b"".join(made) == b"".join(given)
    assert all(len(piece) >= 16 for piece in made[:-1])
