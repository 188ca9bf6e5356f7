"""A TCP port in front of the database of the tests. It can close, fall silent or be slow, like a server in trouble."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.db import connection


class Relay:
    """Passes bytes between its port and the database. `silence` stops that, and `close` refuses connections.

    `delay` makes each answer that many seconds late, and `trickle` passes answers on byte by byte.
    """

    def __init__(self) -> None:
        found = connection.get_connection_params()
        self._user, self._name = str(found["user"]), str(found["dbname"])
        self._target = f"{found['host']}/.s.PGSQL.{found.get('port') or 5432}"
        if not str(found["host"]).startswith("/"):
            self._target = f"{found['host']}:{found.get('port') or 5432}"
        self._password = str(found.get("password") or "")
        self._passes = threading.Event()
        self._passes.set()
        self.delay = 0.0
        self.is_trickling = False
        self._sockets: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        """The address of the database through this port."""
        password = f":{quote(self._password, safe='')}" if self._password else ""
        return f"postgresql://{quote(self._user, safe='')}{password}@127.0.0.1:{self.port}/{self._name}"

    def open(self) -> None:
        """Accept connections, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def silence(self) -> None:
        """Accept connections and pass nothing on, on open connections too."""
        self._passes.clear()

    def trickle(self) -> None:
        """Pass the answers of the database on byte by byte, on open connections too."""
        self.is_trickling = True

    def speak(self) -> None:
        """Pass everything on again."""
        self.delay, self.is_trickling = 0.0, False
        self._passes.set()

    def recover(self) -> None:
        """Pass everything on again, and accept connections again."""
        self.speak()
        if not self.is_open:
            self.open()

    @property
    def is_open(self) -> bool:
        """True if it accepts connections."""
        return self._listener is not None and self._listener.fileno() >= 0

    def close(self) -> None:
        """Refuse connections, and cut those that are open."""
        assert self._listener
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut all open connections."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets = []

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._sockets.append(client)
                threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._passes.wait()
        if self._target.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
        else:
            host, _, port = self._target.rpartition(":")
            server = socket.create_connection((host, int(port)))
        self._sockets.append(server)
        self._servers.append(server)
        threading.Thread(target=self._copy, args=[server, client], daemon=True).start()
        self._copy(client, server)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passes.wait()
                is_answer = source in self._servers
                if is_answer and self.delay:
                    time.sleep(self.delay)
                while is_answer and self.is_trickling and data:
                    target.sendall(data[:1])
                    data = data[1:]
                    time.sleep(0.05)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def relay() -> Iterator[Relay]:
    """A relay that is closed at the end of the block."""
    made = Relay()
    try:
        yield made
    finally:
        made.speak()
        made.close()
