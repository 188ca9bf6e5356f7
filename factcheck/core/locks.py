"""Locks that vanish with the process that holds them, however it ends: `flock` on a file."""

import fcntl
import os
import time
from pathlib import Path

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, made if missing; no program started from here inherits it.

    Raises OSError as `open` does.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    # A second name would be a trap: root would give away the file behind it.
    if os.geteuid() == 0 and os.fstat(descriptor).st_nlink == 1:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def take(descriptor: int, kind: int, *, seconds: float = 0) -> bool:
    """Take the lock, `SHARED` or `EXCLUSIVE`, within `seconds`. False when others keep it longer."""
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


def give_back(descriptor: int) -> None:
    """Let go of the lock and keep the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_taken(path: Path) -> bool:
    """Whether some process holds the lock exclusively."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not take(descriptor, SHARED)
    finally:
        os.close(descriptor)
