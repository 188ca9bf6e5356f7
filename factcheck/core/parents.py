"""A process that ends with the process that started it, even if that one is killed. Doesn't import Django."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here: after a fork, loading a library can wait for a lock that nobody releases.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Let Linux send us this signal when the process `parent`, which started us, ends.

    Programs that replace this one by `exec` inherit it. On other systems it does nothing. Raises OSError if Linux
    refuses.
    """
    if _libc is None:
        return
    if _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if os.getppid() != parent:
        # It ended before we asked.
        os.kill(os.getpid(), number)
