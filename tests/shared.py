"""Folders for the files of servers that only a test needs, in memory where there is room."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 — Linux's own place for files in memory
_ROOM = 2**30


def fast_folder() -> Path:
    """A folder in memory, where PostgreSQL's many calls of fsync cost nothing. Else the usual one for such files."""
    usual = Path(tempfile.gettempdir())
    # Some containers have only 64 MB there. And tests run programs in these folders.
    if not _MEMORY.is_dir() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return usual
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM and os.access(_MEMORY, os.W_OK) else usual


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """An empty folder that everybody can enter, unlike pytest's own folders. It is removed after the block."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=fast_folder())).resolve()
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)
