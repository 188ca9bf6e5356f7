"""The address of a PostgreSQL server, as settings of Django. libpq reads it, so it means here what it means to psql."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

_PARTS = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
_SCHEMES = ("postgresql://", "postgres://")


def settings_of(url: str) -> dict[str, Any]:
    """Django's settings for the server at this address, without ENGINE. The parameters after `?` are its OPTIONS.

    The address may name several hosts: `postgresql://web@one,two/factcheck?target_session_attrs=read-write` connects to
    the one that takes writes. Raises ValueError if it isn't such an address or names no database. The message has
    nothing of the address, which may hold a password.
    """
    if not url.startswith(_SCHEMES):
        raise ValueError("isn't the address of a PostgreSQL database")
    try:
        found = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ValueError("can't be read as the address of a PostgreSQL database") from None
    if not found.get("dbname"):
        raise ValueError("names no database")
    if not all(port.isdecimal() for port in str(found.get("port") or "0").split(",") if port):
        raise ValueError("has a port that isn't a number")
    parts = {setting: str(found.pop(name, None) or "") for name, setting in _PARTS.items()}
    return {**parts, "OPTIONS": found}
