"""Django's PostgreSQL backend for the project's own server, which starts with the first connection."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.postgresql import client
from psycopg.conninfo import make_conninfo

from factcheck import environment
from factcheck.core.postgres import base
from factcheck.devdb import lease
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.state import Server

_RECOVERY_SECONDS = 20.0


class PostgresError(OperationalError, CommandError):
    """There is no server. The message is one line.

    Code can catch it as a database error; management commands print it without a traceback.
    """


def server() -> Server:
    """The project's server, started if needed and kept running for this process.

    Raises PostgresError if it can't start.
    """
    try:
        return lease.ensure(Path(settings.DATA_FOLDER), environment.text("POSTGRES_BIN"))
    except LaunchError as error:
        raise PostgresError(str(error)) from error


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql of the server's version."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: Mapping[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Django's arguments for psql, with our program and socket."""
        running = server()
        with_socket = {**settings_dict, "HOST": running.socket_folder}
        arguments, variables = super().settings_to_cmd_args_env(with_socket, list(parameters))
        return [str(running.binaries.program("psql")), *arguments[1:]], variables


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the project's own server, which starts when the first connection is opened."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters, with the running server's socket as host. Raises PostgresError if it can't start."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["host"] = server().socket_folder
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection. Without a time limit, wait for a server that has just crashed."""
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if self.seconds is not None or not _wait_for_recovery(conn_params):
                raise
            return super().get_new_connection(conn_params)


def _wait_for_recovery(conn_params: dict[str, Any]) -> bool:
    """Wait for a server that doesn't answer. Returns True once it does.

    Returns False if it answers at once, because then it refused the connection for another reason, or on timeout.
    """
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
