"""Locks that end with the process that holds them, however it ends: `flock` on a file."""

import fcntl
import os
import time
from pathlib import Path

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, which is created if missing. Child programs don't inherit it.

    Raises OSError as `open` does.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    # Only with a single hard link: otherwise root could be tricked into giving away another file.
    if os.geteuid() == 0 and os.fstat(descriptor).st_nlink == 1:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def take(descriptor: int, kind: int, *, seconds: float = 0) -> bool:
    """Take the lock, `SHARED` or `EXCLUSIVE`. Returns False if other processes hold it for longer than `seconds`."""
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True


def release(descriptor: int) -> None:
    """Release the lock and keep the descriptor open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_taken(path: Path) -> bool:
    """True if a process holds the lock exclusively."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not take(descriptor, SHARED)
    finally:
        os.close(descriptor)
