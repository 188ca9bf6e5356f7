"""Django's PostgreSQL backend on a server of the project's own, which starts with the first connection."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.postgresql import base, client
from psycopg.conninfo import make_conninfo

from factcheck import environment
from factcheck.devdb import lease
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.state import Server

_RECOVERY_SECONDS = 20.0


class PostgresError(OperationalError, CommandError):
    """No server: one line for a person. A database error to code, a plain message to a command's user."""


def server() -> Server:
    """The project's server, running, and kept running for this process. Raises PostgresError."""
    try:
        return lease.ensure(Path(settings.DATA_FOLDER), environment.text("POSTGRES_BIN"))
    except LaunchError as error:
        raise PostgresError(str(error)) from error


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql that belongs to the server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: Mapping[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Django's arguments for psql, with our program and our socket."""
        ours = server()
        own = {**settings_dict, "HOST": ours.socket_folder}
        arguments, variables = super().settings_to_cmd_args_env(own, list(parameters))
        return [str(ours.binaries.program("psql")), *arguments[1:]], variables


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the project's own server. Nothing starts before the first one is wanted."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters, with the host that only a running server has. Raises PostgresError."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["host"] = server().socket_folder
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection; when the server has just crashed, one made after it has recovered."""
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if not _came_back(conn_params):
                raise
            return super().get_new_connection(conn_params)


def _came_back(conn_params: dict[str, Any]) -> bool:
    """Wait for a server that does not answer. False when it answers already: it refused for a reason."""
    address = make_conninfo(host=conn_params["host"], user=conn_params["user"], dbname="postgres").encode()
    if psycopg.pq.PGconn.ping(address) == psycopg.pq.Ping.OK:
        return False
    until = time.monotonic() + _RECOVERY_SECONDS
    while time.monotonic() < until:
        server()
        if psycopg.pq.PGconn.ping(address) == psycopg.pq.Ping.OK:
            return True
        time.sleep(0.1)
    return False
