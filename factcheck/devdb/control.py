"""Starts, stops and describes the server for `manage.py db`."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from factcheck.core import locks
from factcheck.devdb import binaries, lease, places, processes, state
from factcheck.devdb.cluster import major_version
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places
from factcheck.devdb.postmaster import SOCKET
from factcheck.devdb.state import Server
from factcheck.devdb.supervisor import STOP_SECONDS


def start(data_folder: Path, setting: str) -> Server:
    """Start the server and keep it running until `stop`, even without users. Raises LaunchError if that fails."""
    server = lease.ensure(data_folder, setting)
    paths = places.choose(data_folder)
    try:
        paths.kept.touch()
    except OSError as error:
        raise LaunchError(f"{paths.kept} cannot be written: {error.strerror}. Fix that and try again.") from error
    return server


def stop(data_folder: Path) -> bool:
    """Shut the server down. Returns False if none was running.

    Raises LaunchError, which names the processes, if it is still in use.
    """
    paths = places.choose(data_folder)
    if not paths.home.exists():
        return False
    places.check_owner(paths)
    lease_lock = locks.open_lock(paths.lease)
    try:
        # While we hold this lock, no process can start to use the server. The supervisor takes it briefly now and then.
        if not locks.take(lease_lock, locks.EXCLUSIVE, seconds=1):
            users = ", ".join(str(user) for user in processes.holders(paths.lease))
            raise LaunchError(
                f"The server is not stopped; it is used by {users or 'another user of this machine'}. "
                "End them first. The server then stops by itself, unless `db start` keeps it running."
            )
        paths.kept.unlink(missing_ok=True)
        return _stop_supervisor(paths)
    finally:
        os.close(lease_lock)


def describe(data_folder: Path, setting: str) -> Iterator[tuple[str, str]]:
    """The state of the server as pairs of a name and a value. Starts nothing.

    Raises LaunchError if the folder belongs to another user or no programs are found.
    """
    paths = places.choose(data_folder)
    places.check_owner(paths)
    running = state.running(paths)
    programs = running.binaries if running else binaries.find(setting)
    yield "server", _status(paths, running)
    yield "programs", f"{programs.folder} ({programs.origin})"
    yield "version", programs.version
    yield "data folder", str(paths.cluster) if paths.cluster.exists() else f"{paths.cluster} (not created yet)"
    if paths.moved:
        yield "", f"not in {data_folder}: {paths.moved}"
    made_by = major_version(paths.cluster)
    if made_by is not None and made_by != programs.major:
        yield "", f"made by PostgreSQL {made_by}; these programs cannot read it"
    yield "socket", f"{running.socket_folder}/{SOCKET}" if running else "none"
    yield "log", str(paths.log)
    yield "kept", "until `manage.py db stop`" if paths.kept.exists() else "while it is used"
    users = [user for user in processes.holders(paths.lease) if not running or user.pid != running.supervisor]
    for position, user in enumerate(users):
        yield "" if position else "used by", str(user)
    if not users:
        yield "used by", "no process that this user can see"


def _status(paths: Places, running: Server | None) -> str:
    if running:
        return f"running (process {running.postmaster}, supervisor {running.supervisor})"
    return "starting or stopping" if locks.is_taken(paths.supervisor) else "not running"


def _stop_supervisor(paths: Places) -> bool:
    running = state.running(paths)
    if running is None:
        return False
    os.kill(running.supervisor, signal.SIGTERM)
    done = locks.open_lock(paths.supervisor)
    try:
        if not locks.take(done, locks.SHARED, seconds=STOP_SECONDS + 10):
            raise LaunchError(f"The server did not stop. Check the log {paths.log} and try again.")
    finally:
        os.close(done)
    return True
