"""One running PostgreSQL server: started, recognised, stopped."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from factcheck.devdb import processes
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.cluster import complaint
from factcheck.devdb.errors import LaunchError
from factcheck.devdb.places import Places

SOCKET = ".s.PGSQL.5432"
_SOCKET_LINE = 4
_STATUS_LINE = 7
_READY = "ready"


@dataclass
class Postmaster:
    """The server process of one data folder; `child` when it is ours to wait for."""

    pid: int
    cluster: Path
    child: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        """Whether the server still runs."""
        if self.child is not None:
            return self.child.poll() is None
        return _serves(self.pid, self.cluster)

    def ready(self) -> bool:
        """Whether it takes connections."""
        lines = _lines(self.cluster / "postmaster.pid")
        return len(lines) > _STATUS_LINE and lines[0] == str(self.pid) and lines[_STATUS_LINE].strip() == _READY

    def socket_folder(self) -> Path:
        """Where its socket is. Only for a server that is ready."""
        return Path(_lines(self.cluster / "postmaster.pid")[_SOCKET_LINE])

    def stop(self, *, patience: float) -> None:
        """End the server: in order within `patience` seconds, then at once; it recovers at its next start."""
        if not self.alive():
            return
        for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
            until = time.monotonic() + seconds
            while self.alive():
                if time.monotonic() > until:
                    break
                time.sleep(0.02)
            else:
                return


def find(places: Places) -> Postmaster | None:
    """The server that runs on this data folder already, such as one whose supervisor was killed."""
    pid = _pid(places.cluster / "postmaster.pid")
    return Postmaster(pid, places.cluster) if pid and _serves(pid, places.cluster) else None


def start(places: Places, binaries: Binaries, socket_folder: Path) -> Postmaster:
    """Start a server, which then may become ready or end.

    Call it with the supervisor's lock held and when `find` finds none. Raises LaunchError when another server
    is in the way.
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
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603
    return Postmaster(child.pid, places.cluster, child)


def said_since(places: Places, offset: int) -> str:
    """What the log complains about after its first `offset` bytes."""
    with places.log.open("rb") as log:
        log.seek(offset)
        return complaint(log.read().decode(errors="replace"))


def does_not_run(places: Places, why: str) -> LaunchError:
    """The refusal for a server that ended by itself."""
    return LaunchError(
        f"PostgreSQL does not run on {places.cluster}: {why or 'it ended without a reason'}. "
        f"The log is {places.log}. Mend what it says and start again."
    )


def _serves(pid: int, folder: Path) -> bool:
    # A pid alone proves nothing: after a crash or a reboot another program may have it.
    command = processes.command_line(pid)
    if command is None:
        return processes.exists(pid)
    program, _, rest = command.partition(" -D ")
    return Path(program).name == "postgres" and (rest == str(folder) or rest.startswith(f"{folder} "))


def _remove_stale(lock_file: Path) -> None:
    """Remove a lock file that a killed server left, which PostgreSQL would believe if its pid lives again."""
    lines = _lines(lock_file)
    pid = _pid(lock_file)
    if pid and len(lines) > 1 and _serves(pid, Path(lines[1])):
        raise LaunchError(
            f"Another PostgreSQL, process {pid} on {lines[1]}, uses {lock_file.parent}. "
            f"Stop it with `kill -INT {pid}` and start again."
        )
    lock_file.unlink(missing_ok=True)


def _pid(lock_file: Path) -> int:
    try:
        # A server in single-user mode writes its pid with a minus.
        return abs(int(_lines(lock_file)[0]))
    except (IndexError, ValueError):
        return 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\n")
    except OSError:
        return []
