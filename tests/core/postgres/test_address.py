"""DATABASE_URL means to the site what it means to psql, also with several hosts."""

import pytest

from factcheck.core.postgres.address import settings_of


def test_an_address_becomes_django_s_settings() -> None:
    assert settings_of("postgresql://web:p%40ss@db.example:5433/facts?sslmode=verify-full") == {
        "HOST": "db.example",
        "PORT": "5433",
        "USER": "web",
        "PASSWORD": "p@ss",
        "NAME": "facts",
        "OPTIONS": {"sslmode": "verify-full"},
    }


def test_a_socket_needs_neither_port_nor_password() -> None:
    found = settings_of("postgres://web@%2Frun%2Fpostgresql/facts")
    assert found["HOST"] == "/run/postgresql"
    assert found["PORT"] == found["PASSWORD"] == ""


def test_an_address_may_name_several_hosts() -> None:
    found = settings_of("postgresql://web@one:5432,two:5433/facts?target_session_attrs=read-write")
    assert (found["HOST"], found["PORT"]) == ("one,two", "5432,5433")
    assert found["OPTIONS"] == {"target_session_attrs": "read-write"}


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///secret",
        "secret",
        "host=one dbname=secret",
        "postgresql://web:secret@one:x/facts",
        "postgresql://web:secret@one:1:2/facts",
        "postgresql://web:secret@one/",
        "postgresql://web:secret@one/facts?no_such=parameter",
        "postgresql://web:%zzsecret@one/facts",
    ],
)
def test_another_address_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match=r"address of a PostgreSQL database|names no database|port") as refused:
        settings_of(address)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
