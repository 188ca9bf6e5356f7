"""The order to the supervisor and its description of the server, passed between processes as JSON."""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from factcheck.core import locks
from factcheck.devdb.binaries import Binaries
from factcheck.devdb.places import Places


@dataclass(frozen=True)
class Order:
    """An order to run the server of `home` with the programs in `folder`, as this user and group."""

    home: str
    folder: str
    origin: str
    version: str
    uid: int
    gid: int

    @property
    def places(self) -> Places:
        """The paths of the server's files."""
        return Places(Path(self.home))

    @property
    def binaries(self) -> Binaries:
        """The programs to run."""
        return Binaries(Path(self.folder), self.origin, self.version)

    def to_json(self) -> str:
        """The order as JSON. Paths aren't escaped, so that they are readable in a list of processes."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse the output of `to_json`."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Server:
    """A server that accepts connections: its socket, its programs and its processes."""

    socket_folder: str
    folder: str
    origin: str
    version: str
    supervisor: int
    postmaster: int

    @property
    def binaries(self) -> Binaries:
        """The programs that the server was started with."""
        return Binaries(Path(self.folder), self.origin, self.version)


def write(places: Places, server: Server) -> None:
    """Publish the description of the server atomically."""
    partial = places.state.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(server)), encoding="utf-8")
    partial.replace(places.state)


def running(places: Places) -> Server | None:
    """The running server, or None if there is none or it isn't ready."""
    return _read(places.state) if locks.is_taken(places.supervisor) else None


def remove(places: Places, supervisor: int) -> None:
    """Remove the description if it belongs to this supervisor.

    If the data folder was removed, the file may belong to another supervisor.
    """
    found = _read(places.state)
    if found is not None and found.supervisor == supervisor:
        places.state.unlink(missing_ok=True)


def set_aside(places: Places) -> None:
    """Rename the description of a killed supervisor's server, so that it isn't mistaken for that of a new one."""
    with contextlib.suppress(FileNotFoundError):
        places.state.replace(_previous_file(places))


def previous(places: Places) -> Server | None:
    """The description of the previous supervisor's server, if that supervisor was killed."""
    return _read(_previous_file(places))


def _previous_file(places: Places) -> Path:
    return places.state.with_suffix(".before")


def _read(path: Path) -> Server | None:
    try:
        return Server(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
