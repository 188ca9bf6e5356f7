"""A folder that a command writes: only changed files are replaced, and files that are no longer written are removed.

`SHA256SUMS` in the folder lists the files that the command wrote, for `sha256sum -c`. The command changes no other
files.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from factcheck.core import locks

SUMS = "SHA256SUMS"
# Lists the files that an unfinished run has added. These belong to the command too.
_JOURNAL = ".SHA256SUMS.added"
_PART = ".part"
# An ASCII name that is neither hidden nor leads to a parent folder. `.well-known` (RFC 8615) is the exception.
_NAME = r"(?:\.well-known|[A-Za-z0-9_-][A-Za-z0-9._-]*)"
_PATH = re.compile(rf"{_NAME}(?:/{_NAME})*\Z")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n\Z")


class FolderError(Exception):
    """The folder can't be written. The message says why and what to do."""


def is_safe(path: str) -> bool:
    """True if a relative path stays inside the folder on every file system and isn't the list of sums."""
    return _PATH.match(path) is not None and path != SUMS


class Folder:
    """The folder, open for one run. Inside the `with` block no other process can open it.

    A file gets its name only when it is complete, and the sums are written last, so if a run is interrupted, the next
    one completes it. With `dry_run` the results are the same, but nothing on disk changes.
    """

    def __init__(self, root: Path, *, dry_run: bool = False) -> None:
        self.root = root
        self.dry_run = dry_run
        # The number of files that this run has put, and their total size in bytes.
        self.files = self.bytes = 0
        # Pairs of paths that differ only in case. Some file systems would keep only one of them.
        self.case_conflicts: list[tuple[str, str]] = []
        self._mixed_case: dict[str, str] = {}
        # The files of this and earlier runs. The digest is empty until this run puts the file.
        self._ours: dict[str, bytes] = {}
        # The sums that the last complete run wrote.
        self._sums: dict[str, bytes] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the folder.

        Raises FolderError if it holds files that this class didn't write or is in use, OSError as `open` does.
        """
        with ExitStack() as stack:
            if not self.dry_run:
                self.root.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
                stack.callback(os.close, descriptor)
                if not locks.take(descriptor, locks.EXCLUSIVE):
                    raise FolderError(f"Another run is writing to {self.root}. Wait until it has finished.")
            self._ours = dict.fromkeys(self._earlier_files(), b"")
            if self.dry_run:
                self._part = Path(stack.enter_context(TemporaryDirectory())) / _PART
            else:
                self._part = self.root / _PART
                self._journal = stack.enter_context((self.root / _JOURNAL).open("a", encoding="ascii", buffering=1))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._part.unlink(missing_ok=True)
        self._stack.close()

    def __contains__(self, path: str) -> bool:
        """True if this run has put the file."""
        return bool(self._ours.get(path))

    def put(self, path: str, pieces: Iterable[bytes]) -> bool:
        """Write the file. Returns True if its content changed.

        Raises ValueError if the path isn't safe, FolderError if this class didn't write the existing file of that name.
        """
        if not is_safe(path):
            raise ValueError(path)
        self._note_case_conflict(path)
        digest, size = hashlib.sha256(), 0
        with self._part.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
        if path not in self._ours:
            if os.path.lexists(self.root / path):
                raise FolderError(f"{self.root / path} wasn't written by this command. Move it to another folder.")
            if not self.dry_run:
                self._journal.write(f"{path}\n")
        self.files += path not in self
        self.bytes += size
        self._ours[path] = digest.digest()
        return self._replace(path, self._ours[path])

    def earlier(self) -> list[str]:
        """The paths of the files of the last complete run."""
        return list(self._sums)

    def keep(self, path: str) -> None:
        """Count a file of the last complete run as put, as it is. Raises KeyError if there is none."""
        self._note_case_conflict(path)
        self._ours[path] = self._sums[path]
        self.files += 1

    def finish(self) -> list[str]:
        """Remove the files that this run didn't put, and write the sums. Returns the paths of the removed files."""
        gone = sorted(path for path, digest in self._ours.items() if not digest)
        if self.dry_run:
            return gone
        for path in gone:
            (self.root / path).unlink(missing_ok=True)
            self._remove_empty((self.root / path).parent)
            del self._ours[path]
        digest = hashlib.sha256()
        with self._part.open("wb") as file:
            for path in sorted(self._ours):
                line = f"{self._ours[path].hex()}  {path}\n".encode()
                digest.update(line)
                file.write(line)
        self._replace(SUMS, digest.digest())
        (self.root / _JOURNAL).unlink()
        return gone

    def _replace(self, path: str, digest: bytes) -> bool:
        """Move the file just written into place, unless the same content is already there. Returns True if moved."""
        target = self.root / path
        try:
            with target.open("rb") as file:
                if hashlib.file_digest(file, "sha256").digest() == digest:
                    return False
        except FileNotFoundError:
            pass
        if not self.dry_run:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._part.replace(target)
        return True

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:  # not empty
                return
            folder = folder.parent

    def _note_case_conflict(self, path: str) -> None:
        folded = path.casefold()
        other = self._mixed_case.get(folded) or (folded if folded in self else path)
        if folded != path:
            self._mixed_case[folded] = path
        if other != path:
            self.case_conflicts.append((other, path))

    def _earlier_files(self) -> Iterator[str]:
        """The paths of the files that earlier runs wrote. Raises FolderError if there are only other files."""
        try:
            there = {entry.name for entry in self.root.iterdir()} - {_PART}
        except FileNotFoundError:
            return
        if there and not there & {SUMS, _JOURNAL}:
            raise FolderError(f"{self.root} holds files that this command didn't write. Choose an empty or new folder.")
        if SUMS in there:
            with (self.root / SUMS).open(encoding="ascii", errors="replace", newline="\n") as lines:
                for number, line in enumerate(lines, start=1):
                    found = _LINE.match(line)
                    if not found or not is_safe(found[2]):
                        raise FolderError(
                            f"{self.root / SUMS}, line {number}, wasn't written by this command. Choose another folder."
                        )
                    self._sums[found[2]] = bytes.fromhex(found[1])
                    yield found[2]
        if _JOURNAL in there:
            with (self.root / _JOURNAL).open(encoding="ascii", errors="replace", newline="\n") as lines:
                # A killed run can leave a partial last line. Its file doesn't exist yet.
                yield from (path for line in lines if is_safe(path := line.removesuffix("\n")) and path != line)
