"""Real PostgreSQL servers for drills and tests: a primary and its hot standbys, on sockets of their own.

They use the programs that the project's own PostgreSQL uses, and as root its account. No network port is opened, and
only the account and root can enter the folders of the sockets.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg

from factcheck import environment
from factcheck.core.parents import end_with
from factcheck.devdb import binaries, places
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.places import Places

OWNER, DATABASE = "factcheck_owner", "factcheck"
_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = 32MB
max_connections = 60
wal_level = replica
max_wal_senders = 10
wal_keep_size = 128MB
hot_standby = on
jit = off
# A standby notices within a second that its primary is gone, and looks for it every second.
wal_receiver_timeout = 2s
wal_retrieve_retry_interval = 500ms
"""
_ACCESS = "local all all trust\nlocal replication all trust\n"
_WAIT_SECONDS = 60


@dataclass
class Server:
    """One PostgreSQL server: its folder, and the process if it runs."""

    folder: Path
    programs: Binaries
    uid: int
    gid: int
    process: subprocess.Popen[bytes] | None = None
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name, as its primary lists it."""
        return self.folder.name

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What the server has written about itself."""
        return (self.folder / "log").read_text(errors="replace")

    def url(self, user: str = OWNER, *, database: str = DATABASE, others: Sequence["Server"] = (), **more: str) -> str:
        """Its address for DATABASE_URL. With `others`, whichever of the servers takes writes."""
        hosts = ",".join(quote(str(server.folder), safe="") for server in (self, *others))
        parameters = more | ({"target_session_attrs": "read-write"} if others else {})
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@{hosts}/{database}" + (f"?{query}" if query else "")

    def run(self, program: str, *arguments: str | Path, stdin: str = "") -> str:
        """Run one of PostgreSQL's programs as the server's account. Returns its output; raises CalledProcessError."""
        command = [self.programs.program(program), *arguments]
        done = subprocess.run(
            command,
            input=stdin,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            **self._identity,
        )
        return str(done.stdout)

    def configure(self, text: str) -> None:
        """Add lines to its configuration, for the next start."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"\n{text}\n")

    def start(self, *, wait: bool = True) -> Self:
        """Start it, and wait until it takes connections. Raises RuntimeError with its log if it ends instead."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs.program("postgres"), "-D", self.data, "-k", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", **self.variables},
                start_new_session=True,
                # A drill that is killed leaves no server.
                preexec_fn=partial(end_with, os.getpid(), signal.SIGINT),  # noqa: PLW1509
                **self._identity,
            )
        if wait:
            self.wait()
        return self

    def wait(self) -> None:
        """Wait until it takes connections. Raises RuntimeError with the end of its log if it ends or takes a minute."""
        until = time.monotonic() + _WAIT_SECONDS
        address = f"host={self.folder} user={OWNER} dbname=postgres".encode()
        while psycopg.pq.PGconn.ping(address) != psycopg.pq.Ping.OK:
            if self.process is None or self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} doesn't run:\n{self.log[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut it down."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill all its processes at once, as a machine that loses power."""
        self._end(signal.SIGKILL)

    def suspend(self) -> None:
        """Let it fall silent: connections stay open and nothing answers."""
        self._signal(self._pids(), signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(self._pids()[::-1], signal.SIGCONT)

    def query(self, statement: str, *, database: str = DATABASE, user: str = OWNER) -> list[Any]:
        """The rows of a statement, on a connection of its own."""
        with psycopg.connect(self.url(user, database=database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *, database: str = DATABASE) -> Any:
        """The only value of a statement."""
        return self.query(statement, database=database)[0][0]

    def promote(self) -> None:
        """Make a standby the primary."""
        self.query("SELECT pg_promote()", database="postgres")

    def standby(self, name: str, settings: str = "") -> "Server":
        """A new hot standby of this server, streaming from it. It isn't started yet."""
        made = Server(self.folder.parent / name, self.programs, self.uid, self.gid)
        made.make_folder()
        self.run(
            "pg_basebackup",
            *("-h", self.folder, "-U", OWNER, "-D", made.data, "-X", "stream", "-c", "fast", "--no-sync"),
        )
        (made.data / "standby.signal").touch()
        made.configure(f"primary_conninfo = 'host={self.folder} user={OWNER} application_name={name}'\n{settings}")
        return made

    def make_folder(self) -> None:
        """Make its folder, which only the server's account and root can enter."""
        self.make(self.folder)

    def make(self, folder: Path) -> None:
        """Make a folder for the server."""
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)

    def copy(self, folder: Path, target: Path) -> None:
        """Copy a folder for the server."""
        shutil.copytree(folder, target)
        if os.geteuid() == 0:
            for where, _, names in os.walk(target):
                for name in (".", *names):
                    os.chown(Path(where, name), self.uid, self.gid)

    @property
    def _identity(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def _pids(self) -> list[int]:
        """Its processes, the first one first."""
        if self.process is None or self.process.poll() is not None:
            return []
        found = [self.process.pid]
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                # After the name, which is in brackets: state and parent.
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    found.append(int(entry.name))
        return found

    @staticmethod
    def _signal(pids: Sequence[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        pids = self._pids()
        self._signal(pids if number == signal.SIGKILL else pids[:1], number)
        self.resume()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def servers(prefix: str = "drill", *, inside: Path | None = None) -> Iterator["Fleet"]:
    """A folder of servers, `inside` another. At the end of the block all are killed and removed."""
    # A socket's path is limited to about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=inside)).resolve()
    folder.chmod(0o711)
    fleet = Fleet(folder)
    try:
        yield fleet
    finally:
        for server in fleet.servers:
            server.kill()
        shutil.rmtree(folder)


@dataclass
class Fleet:
    """The servers of one drill."""

    folder: Path
    servers: list[Server] = field(default_factory=list)

    def primary(self, settings: str = "", *, setting: str = "", folders: Sequence[Path] = ()) -> Server:
        """A new running primary, with an empty database and its owner.

        `setting` is a folder of programs. `folders` are made for the server to write to.
        """
        found = binaries.find(setting or environment.text("POSTGRES_BIN"))
        folder = self.folder / f"primary{len(self.servers) or ''}"
        folder.mkdir(mode=0o700)
        uid, gid = places.hand_over(Places(folder))
        server = Server(folder, places.ensure_runnable(found, uid), uid, gid)
        self.servers.append(server)
        server.run("initdb", "-D", server.data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        for folder in folders:
            server.make(folder)
        server.configure(_SETTINGS + settings)
        (server.data / "pg_hba.conf").write_text(_ACCESS)
        server.start()
        server.query(f"CREATE DATABASE {DATABASE}", database="postgres")
        return server

    def standby(self, primary: Server, name: str, settings: str = "") -> Server:
        """A new running standby of `primary`."""
        server = primary.standby(name, settings)
        self.servers.append(server)
        return server.start()
