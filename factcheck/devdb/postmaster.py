"""Starts, finds and stops a PostgreSQL server process."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from factcheck.core.parents import end_with
from factcheck.devdb import processes
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.cluster import error_line
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places

SOCKET = ".s.PGSQL.5432"
_SOCKET_LINE = 4
_STATUS_LINE = 7
_READY = "ready"


@dataclass
class Postmaster:
    """The server process of one data folder. `child` is set if this process started it."""

    pid: int
    cluster: Path
    child: subprocess.Popen[bytes] | None = None

    def is_alive(self) -> bool:
        """True if the server is still running."""
        if self.child is not None:
            return self.child.poll() is None
        return _is_server_of(self.pid, self.cluster)

    def is_ready(self) -> bool:
        """True if the server accepts connections."""
        lines = _lines(self.cluster / "postmaster.pid")
        return len(lines) > _STATUS_LINE and lines[0] == str(self.pid) and lines[_STATUS_LINE].strip() == _READY

    def socket_folder(self) -> Path:
        """The folder of its socket. Call this only if the server is ready."""
        return Path(_lines(self.cluster / "postmaster.pid")[_SOCKET_LINE])

    def stop(self, *, timeout: float) -> None:
        """Shut the server down. After `timeout` seconds, abort it; it then recovers at its next start."""
        if not self.is_alive():
            return
        for number, seconds in ((signal.SIGINT, timeout), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
            until = time.monotonic() + seconds
            while self.is_alive():
                if time.monotonic() > until:
                    break
                time.sleep(0.02)
            else:
                return


def find(places: Places) -> Postmaster | None:
    """The server that already runs on this data folder, for example because its supervisor was killed, or None."""
    pid = _pid(places.cluster / "postmaster.pid")
    return Postmaster(pid, places.cluster) if pid and _is_server_of(pid, places.cluster) else None


def start(places: Places, binaries: Binaries, socket_folder: Path) -> Postmaster:
    """Start a server without waiting for it to become ready. On Linux it shuts down when this process ends.

    Call this with the supervisor's lock held and if `find` returns None. Raises LaunchError if another server uses the
    data or socket folder.
    """
    _remove_stale(places.cluster / "postmaster.pid")
    _remove_stale(socket_folder / f"{SOCKET}.lock")
    command: list[str | Path] = [binaries.program("postgres"), "-D", places.cluster]
    for setting in (
        "listen_addresses=",
        "port=5432",
        f"unix_socket_directories={socket_folder}",
        "unix_socket_permissions=0700",
        "logging_collector=off",
        "log_destination=stderr",
    ):
        command += ["-c", setting]
    with places.log.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # The supervisor has one thread, so this is safe.
            preexec_fn=partial(end_with, os.getpid(), signal.SIGINT),  # noqa: PLW1509
        )
    return Postmaster(child.pid, places.cluster, child)


def errors_since(places: Places, offset: int) -> str:
    """The error in the log after its first `offset` bytes. Empty if there is none."""
    with places.log.open("rb") as log:
        log.seek(offset)
        return error_line(log.read().decode(errors="replace"))


def start_failure(places: Places, why: str) -> LaunchError:
    """The error for a server that ended by itself."""
    return LaunchError(
        f"PostgreSQL does not run on {places.cluster}: {why or 'it ended without an error message'}. "
        f"The log is {places.log}. Fix the problem and start again."
    )


def _is_server_of(pid: int, folder: Path) -> bool:
    # The pid alone isn't enough: after a crash or a reboot another program may have it.
    command = processes.command_line(pid)
    if command is None:
        return processes.exists(pid)
    program, _, rest = command.partition(" -D ")
    return Path(program).name == "postgres" and (rest == str(folder) or rest.startswith(f"{folder} "))


def _remove_stale(lock_file: Path) -> None:
    """Remove the lock file of a killed server. PostgreSQL would trust it if another process now has the same pid.

    Raises LaunchError if its server is still running.
    """
    lines = _lines(lock_file)
    pid = _pid(lock_file)
    if pid and len(lines) > 1 and _is_server_of(pid, Path(lines[1])):
        raise LaunchError(
            f"Another PostgreSQL, process {pid} on {lines[1]}, uses {lock_file.parent}. "
            f"Stop it with `kill -INT {pid}` and start again."
        )
    lock_file.unlink(missing_ok=True)


def _pid(lock_file: Path) -> int:
    try:
        # In single-user mode PostgreSQL writes the negative pid.
        return abs(int(_lines(lock_file)[0]))
    except (IndexError, ValueError):
        return 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\n")
    except OSError:
        return []
