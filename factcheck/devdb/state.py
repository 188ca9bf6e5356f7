"""What the supervisor is told, and what it tells: two small records that cross between processes as JSON."""

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
    """Run the server of `home` with the programs in `folder`, as this user and group."""

    home: str
    folder: str
    origin: str
    version: str
    uid: int
    gid: int

    @property
    def places(self) -> Places:
        """Where the server's files lie."""
        return Places(Path(self.home))

    @property
    def binaries(self) -> Binaries:
        """What to run."""
        return Binaries(Path(self.folder), self.origin, self.version)

    def to_json(self) -> str:
        """The order as text; paths are readable in it, for who looks at the list of processes."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The order that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Server:
    """A server that takes connections: where, by which programs, and the processes behind it."""

    socket_folder: str
    folder: str
    origin: str
    version: str
    supervisor: int
    postmaster: int

    @property
    def binaries(self) -> Binaries:
        """The programs that it was started with."""
        return Binaries(Path(self.folder), self.origin, self.version)


def write(places: Places, server: Server) -> None:
    """Let others know of the server, at once and whole."""
    partial = places.state.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(server)), encoding="utf-8")
    partial.replace(places.state)


def running(places: Places) -> Server | None:
    """The server that runs now, or None when there is none or it is not ready."""
    return _read(places.state) if locks.is_taken(places.supervisor) else None


def remove(places: Places, supervisor: int) -> None:
    """Forget the server of this supervisor. After a removed data folder, what is there may be another's."""
    found = _read(places.state)
    if found is not None and found.supervisor == supervisor:
        places.state.unlink(missing_ok=True)


def set_aside(places: Places) -> None:
    """Before a new supervisor is started: what a killed one wrote must not pass for the new one's."""
    with contextlib.suppress(FileNotFoundError):
        places.state.replace(_aside(places))


def before(places: Places) -> Server | None:
    """What the supervisor before this one wrote, if it could not tidy up."""
    return _read(_aside(places))


def _aside(places: Places) -> Path:
    return places.state.with_suffix(".before")


def _read(path: Path) -> Server | None:
    try:
        return Server(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
