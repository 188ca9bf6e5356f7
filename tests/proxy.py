"""Nginx with the files of deploy/, in front of a site, on plain http and with folders of its own."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.server import PATIENCE, listening_socket

FILES = Path(settings.BASE_DIR) / "deploy" / "nginx"
_NJS, _BROTLI = "ngx_http_js_module.so", "ngx_http_brotli_filter_module.so"


@dataclass
class Proxy:
    """A running nginx: a client of its readers, the address for purges, and its folder."""

    client: httpx.Client
    purge_url: str
    folder: Path

    def purge(self, *tags: str) -> None:
        """Drop the pages with one of these tags."""
        answer = self.client.post(self.purge_url, headers={"Surrogate-Key": " ".join(tags)})
        assert answer.status_code == 204, (self.folder / "error.log").read_text()


def program(*modules: str) -> list[str]:
    """The path of nginx and those of its modules, njs first. Skips the test if one is missing."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    folders = [Path("/usr/lib/nginx/modules"), Path("/etc/nginx/modules")]
    found = [shutil.which(name, os.F_OK, path=os.pathsep.join(map(str, folders))) for name in (_NJS, *modules)]
    if not nginx or not all(found):
        pytest.skip("There is no nginx with all modules here: see the packages in docs/how-to/deploy.md.")
    return [nginx, *filter(None, found)]


def configuration(folder: Path, *, port: int, purge_port: int, host: str, readers: str, desk: str) -> str:
    """Our file, with the addresses and folders of a test, and more patience. `host` is the one that the site allows."""
    text = (FILES / "factcheck.conf").read_text()
    text = re.sub(r"    listen \[::\]:.*\n|    ssl_.*\n", "", text)
    text = re.sub(r"(_timeout) +\d+s;", rf"\1 {PATIENCE}s;", text)
    text = text.replace("listen 80 default_server", f"listen unix:{folder}/redirects.sock default_server")
    text = text.replace("listen 443 ssl http2", f"listen 127.0.0.1:{port}").replace("facts.example.org", "localhost")
    text = text.replace("unix:/run/factcheck-readers/web.sock", readers).replace(
        "unix:/run/factcheck-desk/web.sock", desk
    )
    # There is no static copy.
    text = text.replace("127.0.0.1:8001", f"unix:{folder}/mirror.sock")
    text = text.replace("127.0.0.1:8003", f"127.0.0.1:{purge_port}")
    text = text.replace("127.0.0.1:8004", f"unix:{folder}/copies.sock")
    text = text.replace("/var/cache/nginx/", f"{folder}/").replace(
        "/etc/nginx/factcheck.js", str(FILES / "factcheck.js")
    )
    # The site checks the host, which in a test has a port.
    return text.replace("Host $host;", f"Host {host};")


def command_for(folder: Path, http: str, nginx: str, *modules: str, workers: int = 1) -> list[str]:
    """Write a file of nginx with these lines in its `http`, and return the command that runs it. All is in `folder`."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    file, log = folder / "nginx.conf", folder / "error.log"
    loaded = "".join(f"load_module {module};\n" for module in modules)
    user = "user root;\n" if os.geteuid() == 0 else ""
    file.write_text(
        f"{loaded}{user}daemon off; worker_processes {workers}; pid {folder / 'pid'}; error_log {log};\n"
        f"events {{ worker_connections 2048; }}\nhttp {{\naccess_log off;\n{temporary}{http}}}\n"
    )
    return [nginx, "-c", str(file), "-e", str(log)]


@contextmanager
def proxying(folder: Path, *, readers: str, desk: str, workers: int = 1, brotli: bool = False) -> Iterator[Proxy]:
    """Nginx in front of the services at these addresses ("127.0.0.1:8000"). `folder` gets its caches and its log.

    With `brotli`, the lines that the file has for it are in force.
    """
    nginx, *modules = program(*([_BROTLI] if brotli else []))
    (folder / "factcheck-keys").mkdir(parents=True)
    sockets = [listening_socket(), listening_socket()]
    port, purge_port = (one.getsockname()[1] for one in sockets)
    text = configuration(folder, port=port, purge_port=purge_port, host=readers, readers=readers, desk=desk)
    if brotli:
        text = re.sub(r"^( +)#(?! \S)", r"\1", text, flags=re.MULTILINE)
    command = command_for(folder, text, nginx, *modules, workers=workers)
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr
    numbers = [one.fileno() for one in sockets]
    # Nginx takes over open sockets for an upgrade of itself: each that it finds in its file by its address.
    inherited = {**os.environ, "NGINX": "".join(f"{number};" for number in numbers)}
    process = subprocess.Popen(command, env=inherited, pass_fds=numbers)
    for one in sockets:
        one.close()
    address, headers = f"http://127.0.0.1:{port}", {"Host": "localhost"}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
            proxy = Proxy(client, f"http://127.0.0.1:{purge_port}/", folder)
            # As docs/how-to/deploy.md says: the first purge makes the keys. `send_purges --everything` has these tags.
            proxy.purge("site", "record")
            yield proxy
    finally:
        process.terminate()
        process.wait()
