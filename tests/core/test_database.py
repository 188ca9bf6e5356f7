"""A lost connection is told apart from an error of one query, and waits are limited where a limit is set."""

from collections.abc import Callable

import pytest
from django.db import Error, IntegrityError, OperationalError, connection, transaction

from factcheck.core.database import is_away, is_unavailable
from factcheck.core.postgres.base import time_limit
from tests.pooler import without_pooler


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def statement_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def lose_the_connection() -> None:
    run("SELECT pg_terminate_backend(pg_backend_pid())")


def lose_the_connection_in_a_transaction() -> None:
    """Django makes another connection before the error gets here."""
    with transaction.atomic():
        lose_the_connection()


def run_out_of_time() -> None:
    with transaction.atomic():
        run("SET LOCAL statement_timeout = 1")
        run("SELECT pg_sleep(60)")


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("act", [lose_the_connection, lose_the_connection_in_a_transaction])
def test_a_lost_connection_is_an_outage(act: Callable[[], None]) -> None:
    with pytest.raises(Error) as failure:
        act()
    assert is_away(failure.value)
    connection.close()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("act", [run_out_of_time, lambda: run("SELECT 1/0"), lambda: run("SELECT nothing")])
def test_an_error_of_one_query_is_not_an_outage(act: Callable[[], None]) -> None:
    with pytest.raises(Error) as failure:
        act()
    assert not is_away(failure.value)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("x"), IntegrityError("x"), ValueError("x")])
def test_an_error_that_the_driver_did_not_raise_is_not_an_outage_while_there_is_a_connection(error: Exception) -> None:
    run("SELECT 1")
    assert not is_away(error)


@pytest.mark.usefixtures("committed")
def test_a_limit_holds_in_its_block_and_commands_have_none() -> None:
    assert statement_timeout() == "0"
    with time_limit(1.5):
        assert statement_timeout() == "1500ms"
        with time_limit(8), transaction.atomic():
            assert statement_timeout() == "8s"
        connection.close()
        assert statement_timeout() == "1500ms"
    assert statement_timeout() == "0"


@pytest.mark.usefixtures("committed")
def test_a_transaction_keeps_the_limit_that_it_began_with() -> None:
    with time_limit(1.5), transaction.atomic():
        statement_timeout()
        with time_limit(8):
            assert statement_timeout() == "1500ms"


@pytest.mark.usefixtures("committed")
@without_pooler
def test_the_limit_takes_no_query_between_two_requests_of_one_door() -> None:
    with time_limit(1.5):
        statement_timeout()
    connection.close_if_unusable_or_obsolete()
    connection.set_autocommit(True)
    with connection.connection.cursor() as cursor:
        assert cursor.execute("SHOW statement_timeout").fetchone() == ("1500ms",)


@pytest.mark.usefixtures("committed")
def test_a_time_limit_and_a_read_only_database_are_unavailable_and_a_wrong_statement_is_not() -> None:
    def read_only() -> None:
        with transaction.atomic():
            run("SET TRANSACTION READ ONLY")
            run("DELETE FROM django_session")

    for act in (run_out_of_time, read_only):
        with pytest.raises(Error) as failure:
            act()
        assert is_unavailable(failure.value)
    with pytest.raises(Error) as failure:
        run("SELECT 1/0")
    assert not is_unavailable(failure.value)
