"""The site as operators run it: gunicorn in a process of its own, on a port of loopback.

The socket is open before the program starts, and the program inherits it. So no other program can take the port
meanwhile, and the first request waits in its queue until the program answers, however slow the machine is.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings

from tests import collected

# Only what hangs gets there: pytest itself ends a test after 600 seconds.
PATIENCE = 500


@dataclass
class Site:
    """A running web server, the client of a browser that keeps cookies, and the file with its log."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path


def listening_socket() -> socket.socket:
    """A socket that accepts connections on a port of loopback, for a program that inherits it."""
    return socket.create_server(("127.0.0.1", 0), backlog=256)


@contextmanager
def serving(folder: Path, *options: str, **variables: str) -> Iterator[Site]:
    """The site with these environment variables. `options` are gunicorn's, and `folder` gets its log and its files.

    Its time limits are long, because a busy machine is no fault. The tests of the limits set their own.
    """
    listener = listening_socket()
    port = listener.getsockname()[1]
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "DJANGO_"))}
    own = {"DEBUG": "off", "SECRET_KEY": "x" * 50, "SITE_URL": f"http://127.0.0.1:{port}", "DATA_FOLDER": str(folder)}
    own |= {"READER_TIME_LIMIT": "60000", "DESK_TIME_LIMIT": "60000"}
    command = [sys.executable, "-m", "gunicorn", "factcheck.wsgi", "--bind", f"fd://{listener.fileno()}"]
    command += ["--log-level=warning", f"--timeout={PATIENCE}"]
    if not (folder / "static").exists():
        (folder / "static").symlink_to(collected.static_files())
    log.write_text("")
    # Appended to, so that a test can empty it.
    with listener, log.open("ab") as file:
        environment = {**kept, **own, **variables}
        process = subprocess.Popen(
            [*command, *options],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=file,
            stderr=file,
            pass_fds=[listener.fileno()],
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            yield Site(client, process, log)
    finally:
        process.terminate()
        process.wait()
