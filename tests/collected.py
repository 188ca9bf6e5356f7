"""The static files of production, for all sites of the tests. They are collected once for each state of their sources.

To collect and compress them takes a site longer than to start.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from factcheck.core import locks

_ROOT = Path(__file__).parent.parent
# Only a process that hangs takes as long.
_SECONDS = 500


def static_files() -> Path:
    """The folder with the files. Makes it, and removes older ones, if needed. Other processes wait meanwhile."""
    # With the data of the tests, so that a run on other data, which may be of other code, never removes them.
    folder = Path(settings.DATA_FOLDER, "static_of_tests").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = locks.open_lock(folder / "lock")
    try:
        if not locks.take(lock, locks.EXCLUSIVE, seconds=_SECONDS):
            raise TimeoutError(f"Another process holds {folder / 'lock'}.")
        made = folder / _digest()
        if not made.exists():
            for older in filter(Path.is_dir, folder.iterdir()):
                shutil.rmtree(older)
            # They get their name last, so that a process that is killed leaves none half done.
            _collect(folder / "unfinished")
            (folder / "unfinished/static").rename(made)
            (folder / "unfinished").rmdir()
    finally:
        os.close(lock)
    return made


def _digest() -> str:
    """Of the files, of the code that collects them, and of the packages that have files of their own."""
    digest = hashlib.sha256()
    apps = ("claims", "factcheck", "sources")
    sources = [path for app in apps for path in (_ROOT / app).glob("**/static/**/*") if path.is_file()]
    code = ["factcheck/settings.py", "factcheck/core/static_files.py", "requirements.txt"]
    for path in [*sorted(sources), *(_ROOT / name for name in code)]:
        digest.update(f"{path.relative_to(_ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _collect(data_folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
    own = {"DEBUG": "off", "SECRET_KEY": "x" * 50, "SITE_URL": "http://localhost", "DATA_FOLDER": str(data_folder)}
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(command, cwd=_ROOT, env=kept | own, check=True)
