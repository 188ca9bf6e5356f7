"""The files in deploy/ name commands, options and settings that exist, and the proxy does what its comments say."""

import ctypes
import ctypes.util
import gzip
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.http import QueryDict
from pytest_django import DjangoDbBlocker

import tests.proxy
from claims.search.filters import ClaimFilterSet, CorrectionFilterSet
from factcheck.environment import VARIABLES
from tests.proxy import FILES, Proxy, program, proxying
from tests.receiver import listening
from tests.relay import Relay, relay
from tests.server import PATIENCE, Site, serving

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
        for found in re.findall(r"manage(?:\.py| --owner) +([a-z_]+[^;\n]*)", text):
            yield shlex.split(found)


def test_each_command_exists_and_takes_its_options() -> None:
    found = list(commands())
    named = {line[0] for line in found}
    assert {"deliver_webhooks", "write_name_changes", "build_archive", "clearsessions", "backup", "migrate"} <= named
    for name, *options in found:
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(options)


def test_containers_run_each_command_that_systemd_runs() -> None:
    def named(texts: Iterable[str]) -> set[str]:
        return {name for text in texts for name in re.findall(r"manage\.py +([a-z_]+)", text)}

    of_containers = named(" ".join(map(str, service.get("command", []))) for service in COMPOSE["services"].values())
    assert named(path.read_text() for path in SERVICES) <= of_containers


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
    bound = {found for path in SERVICES for found in re.findall(r"unix:([^\s,]+)", path.read_text())}
    text = (FILES / "factcheck.conf").read_text()
    assert bound == set(re.findall(r"server unix:(\S+);", text))
    # A killed nginx would leave the file, and the next one couldn't start.
    assert "listen unix" not in text


def test_pages_for_operators_switch_on_each_unit_and_an_upgrade_restarts_each_service() -> None:
    pages = {path.name: path.read_text() for path in (ROOT / "docs/how-to").glob("*.md")}
    lines = re.findall(r"systemctl enable --now ([^`\n]+)", "\n".join(pages.values()))
    enabled = {name if "." in name else f"{name}.service" for line in lines for name in line.split()}
    assert enabled == {
        path.name for path in (DEPLOY / "systemd").iterdir() if "[Install]" in path.read_text(encoding="utf-8")
    }
    (pattern,) = re.findall(r"systemctl try-restart '(.*)'", pages["upgrade.md"])
    for path in SERVICES:
        assert fnmatch(path.name, pattern)
        # It leaves out what doesn't run. That is only a job of a timer: a service that ends is started again.
        assert {"Type=oneshot", "Restart=always"} & {*path.read_text().splitlines()}


def test_a_monitor_finds_each_web_service_at_the_port_in_the_page_for_operators() -> None:
    bound = {found for path in SERVICES for found in re.findall(r",(127\.0\.0\.1:\d+)", path.read_text())}
    published = {port for service in COMPOSE["services"].values() for port in service.get("ports", [])}
    (targets,) = re.findall(r"targets: (\[.*?\])", (ROOT / "docs/how-to/operate.md").read_text())
    assert len(bound) == 2
    assert bound == {port.rpartition(":")[0] for port in published} == {*yaml.safe_load(targets)}
    # Nginx listens at others.
    assert not bound & {*re.findall(r"127\.0\.0\.1:\d+", (FILES / "factcheck.conf").read_text())}


def test_a_web_service_answers_at_both_its_addresses_and_only_its_group_can_write_to_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    variables = {**os.environ, "DEBUG": "on", "WEB_BIND": f"unix:{path},127.0.0.1:0", "WEB_CONCURRENCY": "1"}
    command = [sys.executable, "-m", "gunicorn", "factcheck.wsgi", "--config", "deploy/gunicorn.conf.py"]
    # The umask of the process closes nothing.
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, umask=0)
    assert process.stderr is not None
    try:
        port = next(found[1] for line in process.stderr if (found := re.search(r",http://127.0.0.1:(\d+) ", line)))
        assert stat.S_IMODE(path.stat().st_mode) == 0o770
        for transport, address in [(httpx.HTTPTransport(uds=str(path)), "a.socket"), (None, f"127.0.0.1:{port}")]:
            with httpx.Client(transport=transport, timeout=PATIENCE) as client:
                assert client.get(f"http://{address}/-/live").status_code == 200
    finally:
        process.terminate()
        process.communicate()


def test_the_image_has_all_that_the_site_needs() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for name in line.split()[:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert {"manage.py", "claims", "sources", "factcheck", "fixtures", "deploy", "requirements-extra.txt"} <= copied
    # A host that refuses root can check a number, and not a name.
    (user,) = re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE)
    assert f"--uid {user} " in text


def test_the_services_can_read_the_secrets_that_compose_is_given_and_no_image_has_them(tmp_path: Path) -> None:
    recipe = re.findall(r"^#   (mkdir .*|for .*|chmod .*)$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)
    (tmp_path / "deploy").mkdir()
    # An administrator's umask may be strict. Compose binds the files as they are, and the services aren't their owner.
    subprocess.run(["sh", "-euc", "\n".join(["umask 077", *recipe])], cwd=tmp_path, check=True)
    folder = tmp_path / "deploy/secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {(tmp_path / "deploy" / secret["file"]).resolve() for secret in COMPOSE["secrets"].values()}
    assert files == {*folder.iterdir()}
    for file in files:
        assert file.stat().st_mode & stat.S_IROTH
        assert len(file.read_text().strip()) >= 50
    for ignored in (ROOT / ".gitignore", DEPLOY / "Containerfile.dockerignore"):
        assert {"deploy/secrets", "deploy/.env"} <= {*ignored.read_text().splitlines()}


def test_the_page_for_containers_uses_services_and_commands_that_exist() -> None:
    section = (ROOT / "docs/how-to/deploy.md").read_text().split("## In containers")[1].split("\n## ")[0]
    services, commands_of_site = COMPOSE["services"], get_commands()
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}
    assert {*re.findall(r"--profile (\w+)", section)} <= profiles
    runs = re.findall(r"docker compose (?:run|exec) (?:-\S+ (?:0 |tar |/\S+ )?)*(\w+) (.*)", section)
    assert len(runs) >= 6
    for service, line in runs:
        assert service in services
        name = line.removeprefix("python manage.py ").split()[0].strip("`.")
        assert name in {*commands_of_site, "COMMAND", "sh", "-C"}
    # No other service can become the owner of the tables.
    know = {name for name, service in services.items() if "database_password" in service.get("secrets", [])}
    assert know == {"database", "setup", "owner"}


def test_a_container_runs_a_command_as_the_owner(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "python").write_text('#!/bin/sh\ncat "$DATABASE_URL_FILE"\nprintf "%s|" "$@"\n')
    (tmp_path / "python").chmod(0o755)
    entry = COMPOSE["services"]["owner"]["entrypoint"]
    own = {
        "/run/secrets/database_password": str(tmp_path / "password"),
        "/tmp/owner": str(tmp_path / "owner"),  # noqa: S108 — of the container
        "$$": "$",
    }
    script = re.sub("|".join(map(re.escape, own)), lambda found: own[found[0]], entry[2])
    done = subprocess.run(
        [*entry[:2], script, *entry[3:], "restore", "a file"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "postgresql://factcheck_owner:secret@database/factcheck\nmanage.py|restore|a file|"
    assert stat.S_IMODE((tmp_path / "owner").stat().st_mode) == 0o600


@pytest.fixture
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files of nginx, which it runs with in place of ours."""
    program()  # where there is none, no copy is needed
    files = tmp_path / "files"
    shutil.copytree(FILES, files)
    monkeypatch.setattr(tests.proxy, "FILES", files)
    return files


def test_nginx_takes_the_addresses_of_containers(tmp_path: Path, own_files: Path) -> None:
    page = (ROOT / "docs/how-to/deploy.md").read_text().replace("/etc/nginx/conf.d", str(own_files))
    for line in re.findall(r"^sed .*", page, re.MULTILINE):
        subprocess.run(["sh", "-euc", line], check=True)
    text = (own_files / "factcheck.conf").read_text()
    addresses = {port.rpartition(":")[0] for name in ("readers", "desk") for port in COMPOSE["services"][name]["ports"]}
    assert addresses == {*re.findall(r"upstream factcheck_(?:readers|desk) *\{ server ([^;]*);", text)}
    assert "listen 8003; allow" in text
    # On a port of the test. The fixture purges, from loopback.
    (own_files / "factcheck.conf").write_text(text.replace("listen 8003;", "listen 127.0.0.1:8003;"))
    with proxying(tmp_path / "nginx", readers="127.0.0.1:1", desk="127.0.0.1:1"):
        pass


def test_behind_a_cdn_nginx_tells_the_site_who_the_reader_is(tmp_path: Path, own_files: Path) -> None:
    (lines,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/how-to/deploy.md").read_text(), re.DOTALL)
    file, forged = own_files / "factcheck.conf", {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}

    def told() -> str:
        """The address that the site takes for the reader's: the last one."""
        with listening() as site, ExitStack() as stack:
            address = f"127.0.0.1:{site.port}"
            proxy = stack.enter_context(proxying(tmp_path / f"nginx-{site.port}", readers=address, desk=address))
            proxy.client.get("/", headers=forged)
            return site.received[-1].headers["x-forwarded-for"].rpartition(", ")[2]

    assert told() == "127.0.0.1"
    file.write_text(file.read_text().replace("server {", lines.replace("192.0.2.0/24", "127.0.0.0/8") + "server {", 1))
    assert told() == "203.0.113.9"


def test_no_request_waits_until_python_has_looked_through_the_whole_site_for_garbage() -> None:
    script = (
        "import gc, runpy, django; django.setup(); "
        "runpy.run_path('deploy/gunicorn.conf.py')['post_worker_init'](None); "
        "import claims.outlets.pages.lists; print(gc.get_freeze_count(), len(gc.get_objects()))"
    )
    environment = {**os.environ, "DEBUG": "on", "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=True)
    left_alone, looked_through = map(int, done.stdout.split())
    assert left_alone > 20 * looked_through


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("There is no systemd-analyze here.")
    for path in [*SERVICES, *(DEPLOY / "systemd").glob("*.timer")]:
        # Our programs aren't at their place here.
        (tmp_path / path.name).write_text(re.sub(r"=/srv/factcheck/\S+/\S+", "=/bin/true", path.read_text()))
    done = subprocess.run([analyze, "verify", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "factcheck" in line]
    assert not ours


@dataclass
class Deployed:
    """A site behind nginx, and what is between the site and its database."""

    proxy: Proxy
    site: Site
    database: Relay


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    program()  # where there is none, no site is needed
    options = ["--config", "deploy/gunicorn.conf.py", "--workers=1"]
    with relay() as database, ExitStack() as stack:
        # With the address of a cache, so that its answers carry tags and times for caches.
        urls = {"DATABASE_URL": database.url, "CACHE_PURGE_URL": "http://127.0.0.1:1/"}
        site = stack.enter_context(serving(folder, *options, TRUSTED_PROXY="on", **urls))
        address = f"127.0.0.1:{site.client.base_url.port}"
        proxy = stack.enter_context(proxying(folder / "nginx", readers=address, desk=address))
        assert site.client.get("/-/ready").status_code == 200
        yield Deployed(proxy, site, database)


@pytest.fixture(scope="module")
def shared(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    with django_db_blocker.unblock(), deployed(tmp_path_factory.mktemp("deployed")) as made:
        yield made


@pytest.fixture
def site(shared: Deployed) -> Site:
    """The site of all tests that leave it as it is."""
    return shared.site


@pytest.fixture
def proxy(shared: Deployed, committed: None) -> Proxy:
    """What is in front of that site. It has stored no page yet."""
    shared.proxy.client.cookies.clear()
    shared.proxy.purge("record", "removed")
    return shared.proxy


@pytest.fixture
def own(committed: None, tmp_path: Path) -> Iterator[Deployed]:
    """One that its test may break."""
    with deployed(tmp_path) as made:
        yield made


def state(proxy: Proxy, path: str, **headers: str) -> str:
    """Where the cache found the page."""
    return proxy.client.get(path, headers=headers).headers["X-Cache"]


def test_readers_get_the_last_copy_while_the_database_or_the_site_is_away(own: Deployed) -> None:
    proxy, site, database = own.proxy, own.site, own.database
    get = proxy.client.get
    first = get("/claims/")
    assert (first.status_code, first.headers["X-Cache"]) == (200, "MISS")
    assert get("/claims/").headers["X-Cache"] == "HIT"
    assert get("/es/claims/").text != first.text
    database.close()
    # A page that the proxy never saw.
    away = get("/claims/?q=bridge")
    assert away.status_code == 503
    assert away.headers["Retry-After"]
    assert away.headers["Cache-Control"] == "no-store"
    problem = get("/api/v1/claims/")
    assert problem.status_code == 503
    assert problem.headers["Content-Type"] == "application/problem+json"
    site.process.terminate()
    site.process.wait()
    assert get("/claims/").text == first.text
    # The first purge made the keys of the copies too. Without them each request is a critical error in the log.
    assert "realpath()" not in (proxy.folder / "error.log").read_text()
    # A public act just before the outage: the stored page is dropped, and its copy is still there.
    proxy.purge("record")
    assert get("/claims/").text == first.text
    # A withdrawal just before: no old page is shown.
    proxy.purge("record", "removed")
    assert get("/claims/").status_code == 503
    assert get("/admin/login/").status_code == 503


def test_a_purge_drops_every_stored_page_whatever_its_query(proxy: Proxy) -> None:
    paths = ["/", "/claims/", "/claims/?q=bridge&page=1", "/es/claims/", "/claims.csv?sort=newest", "/api/v1/claims/"]
    for path in paths:
        assert [state(proxy, path) for _ in range(2)] == ["MISS", "HIT"], path
    proxy.purge("claim-of-somebody")
    assert [state(proxy, path) for path in paths] == ["MISS"] * len(paths)
    assert [state(proxy, path) for path in paths] == ["HIT"] * len(paths)
    # The folders of keys don't pile up.
    assert len(list((proxy.folder / "factcheck-keys").iterdir())) == 4
    assert proxy.client.get(proxy.purge_url).status_code == 400
    assert proxy.client.post(proxy.purge_url).status_code == 400


def test_nothing_that_a_client_sends_changes_what_the_next_one_gets(proxy: Proxy, site: Site) -> None:
    hostile = {
        "Accept": "text/html",
        "Accept-Language": "es",
        "Authorization": "Basic eDp5",
        "Cookie": "sessionid=x; __Host-sessionid=y; language=es; csrftoken=z",
        "Expect": "",
        "Forwarded": "host=evil.example;proto=http",
        "HX-Request": "true",
        "If-Match": '"other"',
        "Origin": "https://evil.example",
        "Range": "bytes=0-10",
        "Referer": "https://evil.example/",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "99",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-For": "127.0.0.1, 10.0.0.1",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/admin/",
        "X-Rewrite-URL": "/admin/",
        "X-Accel-Expires": "0",
        "Cache-Control": "no-store",
        "Pragma": "no-cache",
    }
    for path in ["/", "/claims/", "/es/claims/", "/claims.json", "/api/v1/claims/", "/feeds/claimreview.json"]:
        plain = site.client.get(path)
        for name, value in hostile.items():
            proxy.purge("record")
            # The hostile request is the first, so its answer is the one that is stored. After some of them, such as an
            # If-Match that fails, nginx closes the connection.
            proxy.client.get(path, headers={name: value, "Connection": "close"})
            got = proxy.client.get(path, headers={"Accept-Encoding": "identity"})
            assert (got.status_code, got.content) == (plain.status_code, plain.content), (path, name)
            assert "Set-Cookie" not in got.headers
        proxy.client.head(path)
        assert proxy.client.get(path).content == plain.content, path
        part = proxy.client.get(path, headers={"Range": "bytes=5-9", "Accept-Encoding": "identity"})
        assert part.content in {plain.content, plain.content[5:10]}, path


def test_another_host_gets_no_page(proxy: Proxy) -> None:
    proxy.client.get("/claims/")
    for host in ["evil.example", "localhost.evil.example", "", "127.0.0.1"]:
        answer = proxy.client.get("/claims/", headers={"Host": host})
        assert answer.status_code in {400, 421}, host
        assert "X-Cache" not in answer.headers


def test_what_a_page_does_not_read_makes_no_entry_of_its_own(proxy: Proxy) -> None:
    known = {*ClaimFilterSet(QueryDict()).filters, *CorrectionFilterSet(QueryDict()).filters, "page"}
    listed = re.search(r"KNOWN = \[(.*?)\]", (FILES / "factcheck.js").read_text(), re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"([a-z]+)"', listed[1])) == known
    assert state(proxy, "/claims/?page=1") == "MISS"
    for tagged in ["/claims/?page=1&utm_source=x", "/claims/?fbclid=1&page=1", "/claims/?page=1&PAGE=2&x"]:
        assert state(proxy, tagged) == "HIT", tagged
    assert state(proxy, "/claims/") == "MISS"
    assert state(proxy, "/claims/?utm_campaign=a%20b&=&&") == "HIT"
    assert proxy.client.get("/claims/?gclid=x&rating=nothing").text == proxy.client.get("/claims/?rating=nothing").text
    # A program's mistake is reported to it, and doesn't become the answer to others.
    assert proxy.client.get("/api/v1/claims/?colour=red").status_code == 400
    assert proxy.client.get("/api/v1/claims/").status_code == 200
    # However a browser lists its encodings, there are two entries.
    states = [state(proxy, "/topics/", **{"Accept-Encoding": one}) for one in ["gzip", "br, gzip;q=0.5", "x, GZIP"]]
    assert states == ["MISS", "HIT", "HIT"]
    states = [state(proxy, "/topics/", **{"Accept-Encoding": one}) for one in ["", "gzip;q=0", "identity", "xgzipx"]]
    assert states == ["MISS", "HIT", "HIT", "HIT"]


def test_text_is_compressed_once_and_the_desk_is_never_cached(proxy: Proxy) -> None:
    get = proxy.client.get
    assert get("/claims/", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in get("/claims/", headers={"Accept-Encoding": "identity"}).headers
    tag = get("/claims/").headers["ETag"]
    assert get("/claims/", headers={"If-None-Match": tag}).status_code == 304
    for _ in range(2):
        for path in ["/admin/login/", "/%61dmin/login/"]:
            desk = get(path)
            assert desk.status_code == 200, path
            assert "X-Cache" not in desk.headers
            assert "Content-Encoding" not in desk.headers
    assert get("/-/live").status_code == 200
    answer = get("/claims/")
    assert not {"Surrogate-Key", "Surrogate-Control", "Cache-Tag", "X-Accel-Expires"} & set(answer.headers)
    assert "max-age=3," in answer.headers["Cache-Control"]


def unbrotlied(body: bytes) -> bytes:
    """By the library that nginx's module compresses with. Python has none of its own."""
    library = ctypes.CDLL(ctypes.util.find_library("brotlidec"))
    into, size = ctypes.create_string_buffer(1_000_000), ctypes.c_size_t(1_000_000)
    assert library.BrotliDecoderDecompress(ctypes.c_size_t(len(body)), body, ctypes.byref(size), into) == 1
    return into.raw[: size.value]


def test_text_is_sent_as_brotli_to_clients_that_take_it_if_the_lines_for_it_are_in_force(
    shared: Deployed, committed: None, tmp_path: Path
) -> None:
    if ctypes.util.find_library("brotlidec") is None:
        pytest.skip("There is no libbrotli here.")

    def get(path: str, accepted: str) -> tuple[str, bytes]:
        with compressing.client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            assert answer.status_code == 200
            return answer.headers.get("Content-Encoding", ""), b"".join(answer.iter_raw())

    address = f"127.0.0.1:{shared.site.client.base_url.port}"
    with proxying(tmp_path / "nginx", readers=address, desk=address, brotli=True) as compressing:
        for path in ("/", "/es/claims/", "/api/v1/schema.json"):
            plain, zipped, small = (get(path, accepted) for accepted in ("identity", "br;q=0, gzip", "gzip, br"))
            assert [encoding for encoding, _body in (plain, zipped, small)] == ["", "gzip", "br"], path
            assert gzip.decompress(zipped[1]) == unbrotlied(small[1]) == plain[1]
            assert get(path, "br") == small, "from the cache"
        assert get("/admin/login/", "br, gzip")[0] == ""


def test_a_search_form_is_passed_on(proxy: Proxy) -> None:
    answer = proxy.client.post("/search/", data={"q": "bridge"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/claims/?q=bridge"


def test_a_slow_client_holds_no_thread_of_the_site(proxy: Proxy) -> None:
    """The site has one process with four threads."""
    port = int(proxy.client.base_url.port or 0)
    with ExitStack() as slow:
        for _ in range(40):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(b"POST /search/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nq=")
        assert proxy.client.get("/topics/?page=1").status_code == 200
        assert proxy.client.get("/admin/login/").status_code == 200
