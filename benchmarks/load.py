"""Pages per second through nginx and without it, with the site stopped, and what a crowd of readers costs the desk.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/load.py 2000

It needs nginx with njs, and wrk. The load comes from the same machine and takes part of it, so compare only lines of
one run. The peer is nginx with as many bytes as a plain file.
"""
# ruff: noqa: PLC0415 — settings come first

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which

import bulk
import httpx

SECONDS, CONNECTIONS, PAGES = 6, 32, 200
WORKERS = (1, 2, 4)
TRIES = 15
# Several addresses in turn, as gzip, which is what browsers ask for.
SCRIPT = """
local paths = {{ {paths} }}
local place = 0
request = function()
  place = place % #paths + 1
  return wrk.format("GET", paths[place], {{["Accept-Encoding"] = "gzip", ["Host"] = "{host}"}})
end
"""


def wrk(folder: Path, base: str, paths: list[str], *, host: str = "localhost", connections: int = CONNECTIONS) -> str:
    """A line: requests per second, the 99th percentile of their time, and the answers that weren't 2xx or 3xx."""
    script = folder / "paths.lua"
    script.write_text(SCRIPT.format(paths=", ".join(f'"{path}"' for path in paths), host=host))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout=20s", f"-s{script}", base]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    slow = re.search(r"99% +(\S+)", said)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert rate, said
    assert slow, said
    return f"{float(rate[1]):10,.0f}/s   p99 {slow[1]:>9}   failed {failed[1] if failed else 0}"


def report(name: str, line: str) -> None:
    print(f"{name:<58}{line}", flush=True)


@contextmanager
def plain_file(folder: Path, content: bytes) -> Iterator[str]:
    """Nginx that serves these bytes as a file. Yields its address."""
    from tests.proxy import program
    from tests.server import listening_socket

    folder.mkdir()
    listener, (nginx, _module) = listening_socket(), program()
    port = listener.getsockname()[1]
    (folder / "page").write_bytes(content)
    (folder / "nginx.conf").write_text(
        f"user root; daemon off; worker_processes 2; pid {folder}/pid; events {{ worker_connections 2048; }}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")]
    inherited = {**os.environ, "NGINX": f"{listener.fileno()};"}
    with listener:
        process = subprocess.Popen(command, env=inherited, pass_fds=[listener.fileno()])  # noqa: S603
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def desk_under_load(folder: Path, readers: httpx.Client, desk: httpx.Client, paths: list[str]) -> str:
    """How long the sign-in page of the desk takes while readers ask for pages that no cache has."""
    (folder / "flood.lua").write_text(
        SCRIPT.format(paths=", ".join(f'"{path}"' for path in paths), host=readers.base_url.netloc.decode())
    )
    command = ["wrk", "-t1", "-c64", "-d60s", "--timeout=60s", f"-s{folder}/flood.lua", str(readers.base_url)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as flood:  # noqa: S603
        try:
            time.sleep(1)
            took = []
            for _ in range(TRIES):
                started = time.monotonic()
                assert desk.get("/admin/login/").status_code == 200
                took.append(time.monotonic() - started)
        finally:
            flood.kill()
    return f"median {statistics.median(took) * 1000:7,.0f} ms   worst {max(took) * 1000:7,.0f} ms"


def main(count: int) -> None:
    """Publish `count` claims, then measure."""
    from published_claims import Claims

    from tests.proxy import proxying
    from tests.server import serving

    bulk.publish(Claims(count))
    root = Path(tempfile.mkdtemp(prefix="factcheck-load-"))
    pages = [f"/claims/claim-{number}/" for number in range(PAGES)]
    options = ["--config", "deploy/gunicorn.conf.py"]
    variables = {"TRUSTED_PROXY": "on", "CACHE_PURGE_URL": "http://127.0.0.1:1/"}
    variables["DATABASE_URL"] = os.environ["DATABASE_URL"]

    def served(stack: ExitStack, workers: int) -> httpx.Client:
        site = stack.enter_context(serving(root, *options, f"--workers={workers}", **variables))
        site.client.get("/claims/")
        return site.client

    for workers in WORKERS:
        with ExitStack() as stack:
            client = served(stack, workers)
            host = client.base_url.netloc.decode()
            for name, paths in [("claim", pages), ("list", [f"/claims/?page={page}" for page in range(1, 50)])]:
                line = wrk(root, str(client.base_url), paths, host=host, connections=8)
                report(f"gunicorn, {workers} processes of 4 threads: {name}", line)
    with ExitStack() as stack:
        readers, desk = served(stack, 2), served(stack, 1)
        report("desk, with readers in the same service", desk_under_load(root, readers, readers, pages))
        report("desk, in a service of its own", desk_under_load(root, readers, desk, pages))
    with ExitStack() as stack:
        site = stack.enter_context(serving(root, *options, "--workers=2", **variables))
        address = site.client.base_url.netloc.decode()
        proxy = stack.enter_context(proxying(root / "proxy", readers=address, desk=address, workers=2))
        base = str(proxy.client.base_url)
        site.client.get("/claims/")
        page = proxy.client.get(pages[0], headers={"Accept-Encoding": "gzip"})
        sent = bytes(page.num_bytes_downloaded)
        with plain_file(root / "plain", sent) as plain:
            report(f"peer: nginx, a plain file of {len(sent):,} bytes", wrk(root, plain, ["/page"]))
        for path in pages:
            proxy.client.get(path, headers={"Accept-Encoding": "gzip"})
        report(f"nginx, {PAGES} cached pages", wrk(root, base, pages))
        httpx.post(proxy.purge_url, headers={"Surrogate-Key": "record"})
        report("nginx, the same just after a purge", wrk(root, base, pages))
        site.process.terminate()
        site.process.wait()
        report("nginx, the site stopped", wrk(root, base, pages))
        httpx.post(proxy.purge_url, headers={"Surrogate-Key": "record"})
        report("nginx, the site stopped just after an act", wrk(root, base, pages))


if __name__ == "__main__":
    if which("wrk") is None:
        sys.exit("There is no wrk here: apt-get install wrk.")
    with bulk.scratch():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
