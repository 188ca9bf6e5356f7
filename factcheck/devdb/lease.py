"""Leases on the server: while any process holds a lease, the server runs.

A lease is a shared lock on a file, so it ends with its process, even if that is killed. A process takes it once. A
forked child releases its parent's lease and takes its own, and programs that a process starts don't inherit it.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from factcheck.core import locks
from factcheck.devdb import binaries, places, state
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places
from factcheck.devdb.state import Order, Server
from factcheck.devdb.supervisor import START_SECONDS, still_starting_message

# The first start writes about 60 MB, which can take minutes on a slow disk.
_LAUNCH_SECONDS = 300.0
_CHECKOUT = Path(__file__).resolve().parents[2]


class _Leases:
    """The leases of this process, by the home folder of the server."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.descriptors: dict[Path, int] = {}

    def forget(self) -> None:
        """Reset in a forked child: the leases belong to the parent, and a thread of the parent may hold the mutex."""
        for descriptor in self.descriptors.values():
            os.close(descriptor)
        self.mutex = threading.Lock()
        self.descriptors = {}


_leases = _Leases()
os.register_at_fork(after_in_child=_leases.forget)


def ensure(data_folder: Path, setting: str) -> Server:
    """The running server of `data_folder`, started if needed and kept running until this process ends.

    `setting` is POSTGRES_BIN. Cheap if this process already has a lease. Raises LaunchError if the server can't start;
    then no new lease is kept.
    """
    paths = places.choose(data_folder)
    with _leases.mutex:
        fresh = paths.home not in _leases.descriptors
        try:
            if fresh:
                _leases.descriptors[paths.home] = _take(paths)
            return state.running(paths) or _start(paths, setting)
        except BaseException as error:
            if fresh and paths.home in _leases.descriptors:
                os.close(_leases.descriptors.pop(paths.home))
            if isinstance(error, OSError):
                raise LaunchError(
                    f"The database folder {paths.home} cannot be used: {error.strerror} ({error.filename}). "
                    f"The log is {paths.log}. Fix that, or set DATA_FOLDER to another folder."
                ) from error
            raise


def release(data_folder: Path) -> None:
    """Release the lease of this process before it ends. Does nothing if it has none."""
    with _leases.mutex:
        descriptor = _leases.descriptors.pop(places.choose(data_folder).home, None)
        if descriptor is not None:
            os.close(descriptor)


def pass_to_next_program(data_folder: Path) -> None:
    """Keep the lease across `exec`, for a command that replaces itself by another program such as psql."""
    descriptor = _leases.descriptors.get(places.choose(data_folder).home)
    if descriptor is not None:
        os.set_inheritable(descriptor, True)


def _take(paths: Places) -> int:
    places.make_home(paths)
    descriptor = locks.open_lock(paths.lease)
    # Only a server that is being stopped makes us wait here.
    if not locks.take(descriptor, locks.SHARED, seconds=START_SECONDS):
        os.close(descriptor)
        raise LaunchError(f"The server in {paths.home} is being stopped. The log is {paths.log}. Try again.")
    return descriptor


def _start(paths: Places, setting: str) -> Server:
    start_lock = locks.open_lock(paths.starting)
    try:
        if not locks.take(start_lock, locks.EXCLUSIVE, seconds=_LAUNCH_SECONDS):
            raise LaunchError(still_starting_message(paths))
        return _wait_for_another(paths) or _launch(paths, setting)
    finally:
        os.close(start_lock)


def _wait_for_another(paths: Places) -> Server | None:
    """The server of an existing supervisor, once it is ready. None if there is no supervisor."""
    until = time.monotonic() + START_SECONDS
    while locks.is_taken(paths.supervisor):
        if server := state.running(paths):
            return server
        if time.monotonic() > until:
            raise LaunchError(still_starting_message(paths))
        time.sleep(0.05)
    return None


def _launch(paths: Places, setting: str) -> Server:
    found = binaries.find(setting)
    uid, gid = places.hand_over(paths)
    found = places.ensure_runnable(found, uid)
    state.set_aside(paths)
    order = Order(str(paths.home), str(found.folder), found.origin, found.version, uid, gid)
    refusal = _run_supervisor(paths, order)
    if refusal:
        raise LaunchError(refusal)
    server = state.running(paths)
    if server is None:
        raise LaunchError(f"PostgreSQL started and ended again. The log is {paths.log}. Start again.")
    return server


def _run_supervisor(paths: Places, order: Order) -> str:
    """Start a supervisor and wait for its report. Returns the refusal, or an empty string if the server runs."""
    # PG* variables, PYTHONPATH and the locale of the process that starts the server must not affect it.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "factcheck.devdb.supervisor", order.to_json()],
            cwd=_CHECKOUT,
            env={**environment, "LC_ALL": "C", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LAUNCH_SECONDS,
            start_new_session=True,
            check=False,
        )
        answer = json.loads(done.stdout)
        return str(answer["refusal"])
    except subprocess.TimeoutExpired:
        return still_starting_message(paths)
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"The supervisor of PostgreSQL ended at once: {why}. The log is {paths.log}. Start again."
