"""The process that keeps one server: starts it, restarts it, and stops it when nobody uses it any more.

It is started by `lease`, belongs to no terminal, and ends with its server. Without Django, to start fast.
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
# Short enough that server and supervisor are gone within 5 seconds of the last user, long enough that
# `migrate && runserver` finds the server still there.
LINGER_SECONDS = 1.5
UNUSED_PATIENCE = 2.0
TOLD_PATIENCE = 30.0
LOG_BYTES = 10_000_000
TICK_SECONDS = 0.2
# What a server says whose predecessor was killed, while that one's children are still ending.
ORPHANS = "pre-existing shared memory block"
ORPHAN_SECONDS = 15.0
CRASHES = 3
CRASH_SECONDS = 60.0


class Told:
    """The one answer that goes back to whoever started us: nothing, or why there is no server."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def answer(self, refusal: str = "") -> None:
        """Answer, the first time; later calls do nothing."""
        if self._pipe is None:
            return
        # A starter that was killed meanwhile has no lease any more, and needs no answer.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe, json.dumps({"refusal": refusal}).encode())
        os.close(self._pipe)
        self._pipe = None


class Supervisor:
    """Keeps the server of one order while anybody holds a lease on it."""

    def __init__(self, order: Order, told: Told) -> None:
        self.places, self.binaries, self.told = order.places, order.binaries, told
        self.socket_folder = socket_folder(self.places, order.uid)
        self.server: Postmaster | None = None
        self.lease = -1
        self.asked_to_stop = False
        self.crashes: list[float] = []

    def run(self) -> None:
        """Serve until unused, stopped or broken. Raises LaunchError when there can be no server."""
        # Both locks end with the process. The first waits a moment, because others look whether it is taken.
        lock = locks.open_lock(self.places.supervisor)
        if not locks.take(lock, locks.EXCLUSIVE, seconds=5):
            raise LaunchError(f"Another supervisor holds {self.places.supervisor}. Start again.")
        self.lease = locks.open_lock(self.places.lease)
        try:
            if not self._take_over():
                self._start()
            while self._lives_until_unused():
                self._restart()
        finally:
            with contextlib.suppress(OSError):
                state.remove(self.places, os.getpid())
            if self.server is not None:
                self.server.stop(patience=TOLD_PATIENCE if self.asked_to_stop else UNUSED_PATIENCE)
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: end the server in order, as soon as may be."""
        self.asked_to_stop = True

    def _take_over(self) -> bool:
        self.server = postmaster.find(self.places)
        if self.server is None:
            return False
        _say(f"takes over server {self.server.pid}")
        if not self._becomes_ready(self.server):
            return False
        self.socket_folder = self.server.socket_folder()
        before = state.before(self.places)
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
            if self._becomes_ready(self.server):
                break
            why = postmaster.said_since(self.places, offset)
            if ORPHANS not in why or time.monotonic() > until:
                raise postmaster.does_not_run(self.places, why)
            time.sleep(TICK_SECONDS)
        self._announce(self.server)

    def _restart(self) -> None:
        state.remove(self.places, os.getpid())
        if not self.places.cluster.exists():
            raise LaunchError(f"{self.places.cluster} was removed while its server ran.")
        now = time.monotonic()
        self.crashes = [*(crash for crash in self.crashes if now - crash < CRASH_SECONDS), now]
        if len(self.crashes) > CRASHES:
            raise LaunchError(f"The server ended {len(self.crashes)} times in {CRASH_SECONDS:.0f} seconds.")
        _say("starts the server again: it ended by itself")
        self._start()

    def _becomes_ready(self, server: Postmaster) -> bool:
        """Wait. False when the server ended instead."""
        began = time.monotonic()
        while not server.ready() and not self.asked_to_stop:
            if not server.alive():
                return False
            if time.monotonic() - began > START_SECONDS:
                # Recovery goes on: ending it now would only make it begin anew.
                self.told.answer(still_starting(self.places))
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
        self.told.answer()

    def _lives_until_unused(self) -> bool:
        """Wait. True when the server ended by itself, False when it is to be stopped."""
        unused_since: float | None = None
        while self.server is not None and self.server.alive():
            if self.asked_to_stop:
                return False
            now = time.monotonic()
            if self.places.kept.exists() or not locks.take(self.lease, locks.EXCLUSIVE):
                unused_since = None
            elif unused_since is not None and now - unused_since > LINGER_SECONDS:
                # Still locked: whoever comes now waits for our end, and then starts a server.
                return False
            else:
                unused_since = now if unused_since is None else unused_since
                locks.release(self.lease)
            trim(self.places.log)
            time.sleep(TICK_SECONDS)
        return not self.asked_to_stop


def still_starting(places: Places) -> str:
    """The refusal for a server that has been starting for a minute."""
    return (
        f"PostgreSQL is still starting on {places.cluster}, probably recovering from a crash. "
        f"The log is {places.log}. Try again in a minute."
    )


def trim(log: Path) -> None:
    """Keep the log file under LOG_BYTES, with one older part beside it."""
    try:
        if log.stat().st_size > LOG_BYTES:
            # The server keeps its descriptor, so the file itself must stay.
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
    except OSError as error:
        _say(f"cannot trim the log: {error}")


def drop_root(uid: int, gid: int) -> None:
    """Become the ordinary user for good. What lies in a checkout closed to it is imported by now."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main() -> None:
    """Leave a supervisor behind, print its one answer as JSON, and return."""
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
    told = Told(writer)
    try:
        _detach(order.places)
        supervisor = Supervisor(order, told)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, supervisor.stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        supervisor.run()
    except LaunchError as error:
        _say(str(error))
        told.answer(str(error))
    except OSError as error:
        traceback.print_exc()
        told.answer(
            f"The database server in {order.home} cannot run: {error.strerror} ({error.filename}). "
            f"The log is {order.places.log}. Mend that and start again."
        )


def _detach(places: Places) -> None:
    """Let go of the starter's input and output, so that nobody waits for us to close them."""
    log = os.open(places.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)


def _say(message: str) -> None:
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    print(f"{moment} [{os.getpid()}] supervisor: {message}", flush=True)


if __name__ == "__main__":
    main()
