"""A folder that one program keeps: it knows which files it wrote, changes only those that differ, and removes what
is no longer there. `SHA256SUMS` in it lists them all, for `sha256sum -c`."""

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
# What is being added by a run that has not come to its end: these files are ours as well.
_ADDED = ".SHA256SUMS.added"
_PART = ".part"
# A name in no language but ASCII, that is neither hidden nor leads up; `.well-known` is the one that standards ask for.
_NAME = r"(?:\.well-known|[A-Za-z0-9_-][A-Za-z0-9._-]*)"
_PATH = re.compile(rf"{_NAME}(?:/{_NAME})*\Z")
_LINE = re.compile(r"[0-9a-f]{64}  (.+)\n\Z")


class NotOurs(Exception):
    """Something is in the way that this program did not write. The text says what, and what to do."""


def is_safe(path: str) -> bool:
    """Whether a relative path stays below its folder, on every file system, and is no file of the folder's own."""
    return _PATH.match(path) is not None and path != SUMS


class Folder:
    """The folder, open for one run; `with` it nobody else can open it.

    A file stands under its name only when it is whole, and the sums come last: whenever a run ends, the next one
    completes it. A `rehearsal` finds out everything and changes nothing.
    """

    def __init__(self, root: Path, *, rehearsal: bool = False) -> None:
        self.root = root
        self.rehearsal = rehearsal
        # What this run has put: so many files of so many bytes.
        self.files = self.bytes = 0
        # Pairs of files whose names differ by case alone: some file systems would keep one of them.
        self.namesakes: list[tuple[str, str]] = []
        self._with_capitals: dict[str, str] = {}
        # Every file of ours, with its sum once this run has put it.
        self._ours: dict[str, bytes] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Raises NotOurs when the folder holds what this class did not write, or is in use; OSError as `open` does."""
        with ExitStack() as stack:
            if not self.rehearsal:
                self.root.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
                stack.callback(os.close, descriptor)
                if not locks.take(descriptor, locks.EXCLUSIVE):
                    raise NotOurs(f"Another run is writing into {self.root}. Wait until it has ended.")
            self._ours = dict.fromkeys(self._known(), b"")
            if self.rehearsal:
                self._part = Path(stack.enter_context(TemporaryDirectory())) / _PART
            else:
                self._part = self.root / _PART
                self._added = stack.enter_context((self.root / _ADDED).open("a", encoding="ascii", buffering=1))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._part.unlink(missing_ok=True)
        self._stack.close()

    def __contains__(self, path: str) -> bool:
        """Whether this run has put the file."""
        return bool(self._ours.get(path))

    def put(self, path: str, pieces: Iterable[bytes]) -> bool:
        """Let the file hold these bytes. Returns whether it did not before.

        Raises ValueError for a path that is not safe, NotOurs when another program's file has that name.
        """
        if not is_safe(path):
            raise ValueError(path)
        self._note_namesake(path)
        digest, size = hashlib.sha256(), 0
        with self._part.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
        if path not in self._ours:
            if os.path.lexists(self.root / path):
                raise NotOurs(f"{self.root / path} is in the way: it was put there by something else. Move it away.")
            if not self.rehearsal:
                self._added.write(f"{path}\n")
        self.files += path not in self
        self.bytes += size
        self._ours[path] = digest.digest()
        return self._placed(path, self._ours[path])

    def finish(self) -> list[str]:
        """Remove what this run did not put, and write the sums. Returns the paths of what was removed."""
        gone = sorted(path for path, digest in self._ours.items() if not digest)
        if self.rehearsal:
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
        self._placed(SUMS, digest.digest())
        (self.root / _ADDED).unlink()
        return gone

    def _placed(self, path: str, digest: bytes) -> bool:
        """Give what was just written its name, unless the same stands there already."""
        target = self.root / path
        try:
            with target.open("rb") as file:
                if hashlib.file_digest(file, "sha256").digest() == digest:
                    return False
        except FileNotFoundError:
            pass
        if not self.rehearsal:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._part.replace(target)
        return True

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:  # something is in it
                return
            folder = folder.parent

    def _note_namesake(self, path: str) -> None:
        folded = path.casefold()
        other = self._with_capitals.get(folded) or (folded if folded in self else path)
        if folded != path:
            self._with_capitals[folded] = path
        if other != path:
            self.namesakes.append((other, path))

    def _known(self) -> Iterator[str]:
        """The files that earlier runs put here."""
        try:
            there = {entry.name for entry in self.root.iterdir()} - {_PART}
        except FileNotFoundError:
            return
        if there and not there & {SUMS, _ADDED}:
            raise NotOurs(f"{self.root} holds files that this command did not write. Name an empty or a new folder.")
        if SUMS in there:
            with (self.root / SUMS).open(encoding="ascii", errors="replace", newline="\n") as lines:
                for number, line in enumerate(lines, start=1):
                    found = _LINE.match(line)
                    if not found or not is_safe(found[1]):
                        raise NotOurs(f"{self.root / SUMS}, line {number}, is not as this command writes it.")
                    yield found[1]
        if _ADDED in there:
            with (self.root / _ADDED).open(encoding="ascii", errors="replace", newline="\n") as lines:
                # A run that was killed may have left half a line, but no file for it.
                yield from (path for line in lines if is_safe(path := line.removesuffix("\n")) and path != line)
