"""A lost connection is told apart from an error of one query."""

from collections.abc import Callable

import pytest
from django.db import Error, IntegrityError, OperationalError, connection, transaction

from factcheck.core.database import is_away


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


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
