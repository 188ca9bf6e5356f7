"""Commands that run until they are stopped: they finish what they began, and survive a database that is away."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection

from factcheck.core import daemon


def pieces(*results: bool) -> tuple[Callable[[], bool], list[bool]]:
    """Work that returns these results one after the other, and the list of those that are left."""
    left = list(results)
    return lambda: left.pop(0), left


def stop(number: signal.Signals = signal.SIGTERM) -> bool:
    os.kill(os.getpid(), number)
    return True


@pytest.fixture(autouse=True)
def _same_handlers_afterwards() -> Iterator[None]:
    # A shell starts what runs in its background with SIGINT ignored, and so Python has no handler for it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    assert {number: signal.getsignal(number) for number in before} == before


def test_once_works_until_there_is_nothing_left_to_do() -> None:
    work, left = pieces(True, True, False, True)
    daemon.run(work, once=True)
    assert left == [True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_the_loop_after_the_piece_that_was_begun(number: signal.Signals) -> None:
    done: list[str] = []

    def work() -> bool:
        stop(number)
        done.append("finished")
        return True

    daemon.run(work)
    assert done == ["finished"]


def test_work_that_comes_later_is_done() -> None:
    work, left = pieces(False, True)
    daemon.run(lambda: work() if left else stop())
    assert left == []


def test_once_leaves_ctrl_c_its_usual_effect() -> None:
    with pytest.raises(KeyboardInterrupt):
        daemon.run(lambda: stop(signal.SIGINT), once=True)


def test_nothing_is_begun_once_the_parent_is_gone() -> None:
    work, left = pieces(True)
    daemon.run(work, parent=os.getpid())  # this process isn't its own parent
    assert left == [True]


def test_a_parent_that_runs_changes_nothing() -> None:
    work, left = pieces(True, False)
    daemon.run(work, once=True, parent=os.getppid())
    assert left == []


@pytest.mark.usefixtures("committed")
class TestWithADatabaseThatIsAway:
    def test_the_loop_goes_on_with_a_new_connection_and_logs_once(self, caplog: pytest.LogCaptureFixture) -> None:
        answers: list[int] = []

        def work() -> bool:
            with connection.cursor() as cursor:
                if not answers:
                    answers.append(0)
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                cursor.execute("SELECT 1")
                answers.extend(cursor.fetchone())
            return stop()

        daemon.run(work)
        assert answers == [0, 1]
        assert len(caplog.records) == 1
        assert "The database doesn't answer" in caplog.text

    @pytest.mark.parametrize("error", [OperationalError, InterfaceError])
    def test_a_long_outage_is_logged_once(self, error: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
        tries: list[int] = []

        def work() -> bool:
            tries.append(1)
            if len(tries) == 3:
                stop()
            raise error("away")

        daemon.run(work)
        assert len(tries) == 3
        assert len(caplog.records) == 1

    def test_once_raises(self) -> None:
        def work() -> bool:
            raise OperationalError("away")

        with pytest.raises(OperationalError):
            daemon.run(work, once=True)


def test_any_other_exception_ends_the_loop() -> None:
    def work() -> bool:
        raise ProgrammingError("A bug.")

    with pytest.raises(ProgrammingError):
        daemon.run(work)
