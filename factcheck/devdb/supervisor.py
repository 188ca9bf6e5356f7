"""The process that runs one server: it starts it, restarts it after a crash, and stops it when nobody uses it.

It is started by `lease`, has no terminal, and ends with its server. It doesn't import Django, to start fast.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

from factcheck.core import locks
from factcheck.devdb import cluster, postmaster, state
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places, make_socket_folder, socket_folder
from factcheck.devdb.postmaster import Postmaster
from factcheck.devdb.state import Order, Server

START_SECONDS = 60.0
# Short enough that server and supervisor end within 5 seconds of the last user, and long enough that the server still
# runs for the second command of `migrate && runserver`.
LINGER_SECONDS = 1.5
# Time limits for a shutdown when nobody uses the server, and when a stop was requested.
IDLE_STOP_SECONDS = 2.0
STOP_SECONDS = 30.0
MAX_LOG_BYTES = 10_000_000
TICK_SECONDS = 0.2
# PostgreSQL's error while the child processes of a killed server are still ending.
ORPHANS_MESSAGE = "pre-existing shared memory block"
ORPHAN_SECONDS = 15.0
MAX_CRASHES = 3
CRASH_SECONDS = 60.0


class StartReport:
    """The report to the process that started us: empty, or the reason why there is no server."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def send(self, refusal: str = "") -> None:
        """Send the report. Only the first call has an effect."""
        if self._pipe is None:
            return
        # If the process that started us was killed, it has no lease and needs no report.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe, json.dumps({"refusal": refusal}).encode())
        os.close(self._pipe)
        self._pipe = None


class Supervisor:
    """Runs the server of one order while any process holds a lease on it."""

    def __init__(self, order: Order, report: StartReport) -> None:
        self.places, self.binaries, self.report = order.places, order.binaries, report
        self.socket_folder = socket_folder(self.places, order.uid)
        self.server: Postmaster | None = None
        self.lease = -1
        self.asked_to_stop = False
        self.crashes: list[float] = []

    def run(self) -> None:
        """Run until the server is unused, stopped or fails. Raises LaunchError if it can't run."""
        # Both locks end with the process. Wait for the first, because other processes take it briefly to check it.
        lock = locks.open_lock(self.places.supervisor)
        if not locks.take(lock, locks.EXCLUSIVE, seconds=5):
            raise LaunchError(f"Another supervisor holds {self.places.supervisor}. Start again.")
        self.lease = locks.open_lock(self.places.lease)
        try:
            if not self._take_over():
                self._start()
            while self._wait_for_crash():
                self._restart()
        finally:
            with contextlib.suppress(OSError):
                state.remove(self.places, os.getpid())
            if self.server is not None:
                self.server.stop(timeout=STOP_SECONDS if self.asked_to_stop else IDLE_STOP_SECONDS)
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: shut the server down."""
        self.asked_to_stop = True

    def _take_over(self) -> bool:
        self.server = postmaster.find(self.places)
        if self.server is None:
            return False
        _log(f"taking over server {self.server.pid}")
        if not self._wait_until_ready(self.server):
            return False
        self.socket_folder = self.server.socket_folder()
        before = state.previous(self.places)
        if before is not None and before.postmaster == self.server.pid:
            self.binaries = before.binaries
        self._announce(self.server)
        return True

    def _start(self) -> None:
        if not self.places.cluster.exists():
            cluster.create(self.places, self.binaries)
        cluster.check_version(self.places, self.binaries)
        make_socket_folder(self.socket_folder)
        until = time.monotonic() + ORPHAN_SECONDS
        while True:
            offset = self.places.log.stat().st_size
            self.server = postmaster.start(self.places, self.binaries, self.socket_folder)
            if self._wait_until_ready(self.server):
                break
            why = postmaster.errors_since(self.places, offset)
            if ORPHANS_MESSAGE not in why or time.monotonic() > until:
                raise postmaster.start_failure(self.places, why)
            time.sleep(TICK_SECONDS)
        self._announce(self.server)

    def _restart(self) -> None:
        state.remove(self.places, os.getpid())
        if not self.places.cluster.exists():
            raise LaunchError(f"{self.places.cluster} was removed while its server ran.")
        now = time.monotonic()
        self.crashes = [*(crash for crash in self.crashes if now - crash < CRASH_SECONDS), now]
        if len(self.crashes) > MAX_CRASHES:
            raise LaunchError(f"The server ended {len(self.crashes)} times in {CRASH_SECONDS:.0f} seconds.")
        _log("restarting the server, which ended by itself")
        self._start()

    def _wait_until_ready(self, server: Postmaster) -> bool:
        """Wait. Returns False if the server ended instead."""
        began = time.monotonic()
        while not server.is_ready() and not self.asked_to_stop:
            if not server.is_alive():
                return False
            if time.monotonic() - began > START_SECONDS:
                # Let recovery continue: a restart would only begin it again.
                self.report.send(still_starting_message(self.places))
            time.sleep(0.02)
        return True

    def _announce(self, server: Postmaster) -> None:
        state.write(
            self.places,
            Server(
                socket_folder=str(self.socket_folder),
                folder=str(self.binaries.folder),
                origin=self.binaries.origin,
                version=self.binaries.version,
                supervisor=os.getpid(),
                postmaster=server.pid,
            ),
        )
        self.report.send()

    def _wait_for_crash(self) -> bool:
        """Wait. Returns True if the server ended by itself, False if it is unused or a stop was requested."""
        unused_since: float | None = None
        while self.server is not None and self.server.is_alive():
            if self.asked_to_stop:
                return False
            now = time.monotonic()
            if self.places.kept.exists() or not locks.take(self.lease, locks.EXCLUSIVE):
                unused_since = None
            elif unused_since is not None and now - unused_since > LINGER_SECONDS:
                # Keep the lock: a new user now waits until we have ended, and then starts a server.
                return False
            else:
                unused_since = now if unused_since is None else unused_since
                locks.release(self.lease)
            trim(self.places.log)
            time.sleep(TICK_SECONDS)
        return not self.asked_to_stop


def still_starting_message(places: Places) -> str:
    """The message for a server that has been starting for more than a minute."""
    return (
        f"PostgreSQL is still starting on {places.cluster}, probably recovering from a crash. "
        f"The log is {places.log}. Try again in a minute."
    )


def trim(log: Path) -> None:
    """Limit the log file to MAX_LOG_BYTES and keep one older part."""
    try:
        if log.stat().st_size > MAX_LOG_BYTES:
            # The server keeps the file open, so it must be truncated in place.
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
    except OSError as error:
        _log(f"cannot trim the log: {error}")


def drop_root(uid: int, gid: int) -> None:
    """Switch to the ordinary user permanently.

    All modules must be imported before, because that user may not be able to read the checkout.
    """
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main() -> None:
    """Start a supervisor in the background, print its report as JSON, and return."""
    order = Order.from_json(sys.argv[1])
    os.umask(0o077)
    os.chdir("/")
    drop_root(order.uid, order.gid)
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader) as answer:
            print(answer.read())
        return
    os.close(reader)
    report = StartReport(writer)
    try:
        _detach(order.places)
        supervisor = Supervisor(order, report)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, supervisor.stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        supervisor.run()
    except LaunchError as error:
        _log(str(error))
        report.send(str(error))
    except OSError as error:
        traceback.print_exc()
        report.send(
            f"The database server in {order.home} cannot run: {error.strerror} ({error.filename}). "
            f"The log is {order.places.log}. Fix that and start again."
        )


def _detach(places: Places) -> None:
    """Close the inherited input and output, so that no process waits for us to close them."""
    log = os.open(places.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)


def _log(message: str) -> None:
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    print(f"{moment} [{os.getpid()}] supervisor: {message}", flush=True)


if __name__ == "__main__":
    main()
