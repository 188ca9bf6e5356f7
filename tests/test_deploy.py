"""The files in deploy/ name commands, options and settings that exist, and the proxy does what its comments say."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from factcheck.environment import VARIABLES
from tests.relay import Relay, relay
from tests.server import Site, free_port, serving

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
# Of gunicorn.conf.py, not of the site.
OF_THE_SERVER = {"WEB_BIND", "WEB_CONCURRENCY"}


def commands() -> Iterator[list[str]]:
    """Each command line of manage.py in the files, without the program."""
    texts = [path.read_text() for path in SERVICES]
    texts += ["\n".join(map(str, service.get("command", []))) for service in COMPOSE["services"].values()]
    texts += [" ".join(map(str, service.get("command", []))) for service in COMPOSE["services"].values()]
    for text in texts:
        for found in re.findall(r"manage\.py +([a-z_]+[^;\n]*)", text):
            yield shlex.split(found)


def test_each_command_exists_and_takes_its_options() -> None:
    found = list(commands())
    assert {"deliver_webhooks", "write_name_changes", "build_archive", "clearsessions", "check_record", "migrate"} <= {
        line[0] for line in found
    }
    for name, *options in found:
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(options)


def test_each_setting_exists() -> None:
    texts = [(DEPLOY / "factcheck.env").read_text(), *(path.read_text() for path in SERVICES)]
    named = {name for text in texts for name in re.findall(r"^(?:Environment=)?([A-Z_]+)=", text, re.MULTILINE)}
    named |= {name for text in texts for name in re.findall(r" ([A-Z_]+)=", text)}
    for service in COMPOSE["services"].values():
        if service.get("image") == "factcheck":
            named |= set(service["environment"])
    assert {name.removesuffix("_FILE") for name in named} <= set(VARIABLES) | OF_THE_SERVER
    assert {name.removesuffix("_FILE") for name in named} >= {"SECRET_KEY", "SITE_URL", "DATABASE_URL", "TRUSTED_PROXY"}


def test_each_timer_starts_a_service_and_the_proxy_finds_the_sockets() -> None:
    names = {path.stem for path in SERVICES}
    assert {path.stem for path in (DEPLOY / "systemd").glob("*.timer")} < names
    bound = {found for path in SERVICES for found in re.findall(r"unix:(\S+)", path.read_text())}
    assert bound == set(re.findall(r"server unix:(\S+);", (DEPLOY / "nginx/factcheck.conf").read_text()))


def test_the_image_has_all_that_the_site_needs() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for name in line.split()[:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert {"manage.py", "claims", "sources", "factcheck", "fixtures", "deploy", "requirements-extra.txt"} <= copied


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("There is no systemd-analyze here.")
    for path in [*SERVICES, *(DEPLOY / "systemd").glob("*.timer")]:
        # Our programs aren't at their place here.
        (tmp_path / path.name).write_text(re.sub(r"=/srv/factcheck/\.venv/bin/\S+", "=/bin/true", path.read_text()))
    done = subprocess.run([analyze, "verify", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "factcheck" in line]
    assert not ours


@pytest.fixture
def database(committed: None) -> Iterator[Relay]:
    with relay() as made:
        yield made


@pytest.fixture
def site(database: Relay, tmp_path: Path) -> Iterator[Site]:
    configuration = ["--config", "deploy/gunicorn.conf.py", "--workers=1"]
    with serving(tmp_path, *configuration, DATABASE_URL=database.url, TRUSTED_PROXY="on") as made:
        assert made.client.get("/-/ready").status_code == 200
        yield made


@pytest.fixture
def proxy(site: Site, tmp_path: Path) -> Iterator[httpx.Client]:
    """Nginx with our file, in front of the site, on plain http."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("There is no nginx here.")
    port, upstream = free_port(), f"127.0.0.1:{site.client.base_url.port}"
    text = (DEPLOY / "nginx/factcheck.conf").read_text()
    text = re.sub(r"server unix:\S+;", f"server {upstream};", text)
    text = re.sub(r"(?m)^server \{\n    listen 80;.*?^\}\n", "", text, flags=re.DOTALL)
    text = re.sub(r"    listen \[::\]:443.*\n|    ssl_.*\n", "", text)
    text = text.replace("listen 443 ssl http2", f"listen 127.0.0.1:{port}").replace("facts.example.org", "_")
    text = text.replace("127.0.0.1:8001", f"127.0.0.1:{free_port()}")
    # The site checks the host, which in the test has the port of the proxy.
    text = text.replace("/var/cache/nginx/factcheck", str(tmp_path / "cache")).replace("Host $host", f"Host {upstream}")
    temporary = "".join(
        f"{kind}_temp_path {tmp_path / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = tmp_path / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    configuration.write_text(
        f"{user}daemon off; worker_processes 1; pid {tmp_path / 'pid'}; error_log {tmp_path / 'error.log'};\n"
        f"events {{ }}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n"
    )
    command = [program, "-c", str(configuration), "-e", str(tmp_path / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr + (tmp_path / "error.log").read_text()
    process = subprocess.Popen(command)
    transport = httpx.HTTPTransport(retries=8)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, transport=transport) as client:
            yield client
    finally:
        process.terminate()
        process.wait()


def test_readers_get_the_last_copy_while_the_database_or_the_site_is_away(
    proxy: httpx.Client, site: Site, database: Relay
) -> None:
    first = proxy.get("/claims/")
    assert (first.status_code, first.headers["X-Cache"]) == (200, "MISS")
    assert proxy.get("/claims/").headers["X-Cache"] == "HIT"
    assert proxy.get("/es/claims/").text != first.text
    assert proxy.get("/claims/", headers={"HX-Request": "true"}).headers["X-Cache"] == "MISS"
    database.close()
    # A page with a cache of its own, which the proxy never saw.
    away = proxy.get("/claims/?q=bridge")
    assert away.status_code == 503
    assert away.headers["Retry-After"]
    assert away.headers["Cache-Control"] == "no-store"
    problem = proxy.get("/api/v1/claims/")
    assert problem.status_code == 503
    assert problem.headers["Content-Type"] == "application/problem+json"
    site.process.terminate()
    site.process.wait()
    assert proxy.get("/claims/").text == first.text
    assert proxy.get("/admin/login/").status_code == 503


def test_text_is_compressed_once_and_the_desk_is_never_cached(proxy: httpx.Client) -> None:
    assert proxy.get("/claims/", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in proxy.get("/claims/", headers={"Accept-Encoding": "identity"}).headers
    for _ in range(2):
        desk = proxy.get("/admin/login/")
        assert desk.status_code == 200
        assert "X-Cache" not in desk.headers
    assert proxy.get("/-/live").status_code == 200
