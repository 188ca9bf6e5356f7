"""A process's right to the server: while any process holds a lease, the server runs.

A lease is a shared lock on a file, so it ends with its process in whatever way that ends. It is taken once
per process; a forked child lets go of its parent's and takes its own, and a started program inherits none.
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
from factcheck.devdb.supervisor import START_SECONDS, still_starting

# A first start writes about 60 MB, which a slow disk may take minutes for.
_LAUNCH_SECONDS = 300.0
_CHECKOUT = Path(__file__).resolve().parents[2]


class _Leases:
    """The leases of this process, by the folder of their server."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.descriptors: dict[Path, int] = {}

    def forget(self) -> None:
        """In a forked child: the locks are the parent's, and its mutex may be held by a thread left there."""
        for descriptor in self.descriptors.values():
            os.close(descriptor)
        self.mutex = threading.Lock()
        self.descriptors = {}


_leases = _Leases()
os.register_at_fork(after_in_child=_leases.forget)


def ensure(data_folder: Path, setting: str) -> Server:
    """The running server of `data_folder`, started if need be, and kept for this process until it ends.

    `setting` is POSTGRES_BIN. Cheap when the lease is there already. Raises LaunchError when there is no
    server to be had; then no lease is kept.
    """
    where = places.choose(data_folder)
    with _leases.mutex:
        fresh = where.home not in _leases.descriptors
        try:
            if fresh:
                _leases.descriptors[where.home] = _take(where)
            return state.running(where) or _start(where, setting)
        except BaseException as error:
            if fresh and where.home in _leases.descriptors:
                os.close(_leases.descriptors.pop(where.home))
            if isinstance(error, OSError):
                raise LaunchError(
                    f"The database folder {where.home} cannot be used: {error.strerror} ({error.filename}). "
                    f"The log is {where.log}. Mend that, or set DATA_FOLDER to another folder."
                ) from error
            raise


def release(data_folder: Path) -> None:
    """Give this process's lease back before its end. Does nothing without one."""
    with _leases.mutex:
        descriptor = _leases.descriptors.pop(places.choose(data_folder).home, None)
        if descriptor is not None:
            os.close(descriptor)


def pass_to_next_program(data_folder: Path) -> None:
    """Let the lease survive `exec`, for a command that turns into psql."""
    descriptor = _leases.descriptors.get(places.choose(data_folder).home)
    if descriptor is not None:
        os.set_inheritable(descriptor, True)


def _take(where: Places) -> int:
    places.make_home(where)
    descriptor = locks.open_lock(where.lease)
    # Only a server that is being stopped keeps us waiting here.
    if not locks.take(descriptor, locks.SHARED, seconds=START_SECONDS):
        os.close(descriptor)
        raise LaunchError(f"The server in {where.home} is being stopped. The log is {where.log}. Try again.")
    return descriptor


def _start(where: Places, setting: str) -> Server:
    turn = locks.open_lock(where.starting)
    try:
        if not locks.take(turn, locks.EXCLUSIVE, seconds=_LAUNCH_SECONDS):
            raise LaunchError(still_starting(where))
        return _wait_for_another(where) or _launch(where, setting)
    finally:
        os.close(turn)


def _wait_for_another(where: Places) -> Server | None:
    """The server of a supervisor that is there already, once it is ready; None when there is none."""
    until = time.monotonic() + START_SECONDS
    while locks.is_taken(where.supervisor):
        if server := state.running(where):
            return server
        if time.monotonic() > until:
            raise LaunchError(still_starting(where))
        time.sleep(0.05)
    return None


def _launch(where: Places, setting: str) -> Server:
    found = binaries.find(setting)
    uid, gid = places.hand_over(where)
    found = places.reachable(found, uid)
    state.set_aside(where)
    order = Order(str(where.home), str(found.folder), found.origin, found.version, uid, gid)
    refusal = _refusal(where, order)
    if refusal:
        raise LaunchError(refusal)
    server = state.running(where)
    if server is None:
        raise LaunchError(f"PostgreSQL started and ended again. The log is {where.log}. Start again.")
    return server


def _refusal(where: Places, order: Order) -> str:
    # PG* variables, PYTHONPATH and the locale of whoever comes first must not shape everybody's server.
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
        return still_starting(where)
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["without a reason"])[-1]
        return f"The supervisor of PostgreSQL ended at once: {why}. The log is {where.log}. Start again."
