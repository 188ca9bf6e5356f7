"""Information about other processes on this machine, from /proc, or from `ps` where there is no /proc."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process and the command that started it."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.pid} ({self.command})"


def exists(pid: int) -> bool:
    """True if there is a process with that id, of any user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str | None:
    """The command and arguments, separated by spaces. Empty if the process is gone, None if this can't be found out."""
    if (_PROC / "self").exists():
        try:
            return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes()).replace("\0", " ").strip()
        except OSError:
            return ""
    if ps := shutil.which("ps"):
        answer = subprocess.run(  # noqa: S603
            [ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip()
    return None


def holders(lock: Path) -> list[Process]:
    """The processes that hold a lock on the file, as far as this user can see them."""
    try:
        wanted = lock.stat()
    except OSError:
        return []
    found = []
    for entry in _PROC.glob("[0-9]*"):
        try:
            descriptors = list((entry / "fd").iterdir())
        except OSError:
            continue
        if any(_has_lock(entry, descriptor, wanted) for descriptor in descriptors):
            pid = int(entry.name)
            found.append(Process(pid, (command_line(pid) or "gone")[:100]))
    return sorted(found, key=lambda process: process.pid)


def _has_lock(entry: Path, descriptor: Path, wanted: os.stat_result) -> bool:
    try:
        found = descriptor.stat()
        if (found.st_dev, found.st_ino) != (wanted.st_dev, wanted.st_ino):
            return False
        return "FLOCK" in (entry / "fdinfo" / descriptor.name).read_text()
    except OSError:
        return False
