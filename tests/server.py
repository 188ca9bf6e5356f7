"""The site as operators run it: gunicorn in a process of its own, on a free port of loopback."""

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

# Longer than any time limit of the site: only a request that hangs gets there.
PATIENCE = 60


@dataclass
class Site:
    """A running web server, the client of a browser that keeps cookies, and the file with its log."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(folder: Path, *options: str, **variables: str) -> Iterator[Site]:
    """The site with these environment variables. `options` are gunicorn's, and `folder` gets its log and its files."""
    port = free_port()
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
    own = {"DEBUG": "off", "SECRET_KEY": "x" * 50, "SITE_URL": f"http://127.0.0.1:{port}", "DATA_FOLDER": str(folder)}
    command = [sys.executable, "-m", "gunicorn", "factcheck.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level=warning"]
    with log.open("wb") as file:
        environment = {**kept, **own, **variables}
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
        if not (folder / "static").exists():
            subprocess.run(collect, cwd=settings.BASE_DIR, env=environment, check=True)
        process = subprocess.Popen(
            [*command, *options], cwd=settings.BASE_DIR, env=environment, stdout=file, stderr=file
        )
    transport = httpx.HTTPTransport(retries=8)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, transport=transport) as client:
            yield Site(client, process, log)
    finally:
        process.terminate()
        process.wait()
