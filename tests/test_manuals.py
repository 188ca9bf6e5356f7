"""The how-to pages for a server can be followed as they are written, from a new server to a restored one.

Each block of commands runs in a shell of its own, as on another day, and root's folders are in one of the test's.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from deploy.drills.servers import Fleet, Server, servers
from tests.proxy import command_for, program
from tests.receiver import listening
from tests.server import PATIENCE
from tests.shared import fast_folder

ROOT = Path(settings.BASE_DIR)
# What changes the machine, or comes from elsewhere. `runuser` has three arguments before the command.
NOTHING = ["apt-get", "chown", "git", "pip", "systemctl"]
# The same, in the folder that cron doesn't look into.
NOTHING_OF_ROOT = ["adduser", "nginx", "usermod"]


class Machine:
    """A new server with a checkout in `/srv/factcheck`, and nothing else of the site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "srv/factcheck"
        programs, of_root = folder / "bin", folder / "usr/sbin"
        for made in (
            programs,
            of_root,
            self.checkout,
            *(folder / f"etc/{name}" for name in ("nginx/conf.d", "systemd/system")),
        ):
            made.mkdir(parents=True)
        for name in NOTHING:
            self._program(programs / name, "exit 0")
        for name in NOTHING_OF_ROOT:
            self._program(of_root / name, "exit 0")
        self._program(of_root / "runuser", 'shift 3; exec "$@"')
        for file in ROOT.iterdir():
            if file.name not in {".git", ".venv", ".data", "deploy"}:
                (self.checkout / file.name).symlink_to(file)
        (self.checkout / ".venv/bin").mkdir(parents=True)
        (self.checkout / ".venv/bin/pip").symlink_to(programs / "pip")
        # A link would be a Python without the packages.
        self._program(self.checkout / ".venv/bin/python", f'exec {sys.executable} "$@"')
        shutil.copytree(ROOT / "deploy", self.checkout / "deploy")
        for name in ("manage", "factcheck.env"):
            file = self.checkout / "deploy" / name
            file.write_text(self._here(file.read_text()))

    def follow(self, page: str, *, first: str = "", last: str = "") -> str:
        """Run the blocks of commands of a how-to page, those between two headings or steps. Returns the output."""
        text = (ROOT / "docs/how-to" / page).read_text()
        text = text[text.index(first) :]
        text = text[: text.index(last)] if last else text
        blocks = re.findall(r"^( *)```sh\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
        assert blocks
        return "".join(self.run(block) for _indent, block in blocks)

    def run_cron(self, page: str) -> None:
        """Run the lines for root's cron on a page, as cron does: without root's programs in the path."""
        lines = re.findall(r"^(?:[\d*/]+ ){5}(.+)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
        assert lines
        for line in lines:
            self.run(line, path="/usr/bin:/bin")

    def run_unit(self, name: str) -> None:
        """Run what a unit runs, with the settings that it reads."""
        for line in re.findall(r"^ExecStart=(.+)$", (ROOT / "deploy/systemd" / name).read_text(), re.MULTILINE):
            self.run(f"set -a\n. /etc/factcheck.env\n{line}")

    def run(self, block: str, *, path: str | None = None) -> str:
        """Run some lines in a new shell, with root's path or another."""
        path = path or f"{self.folder}/usr/sbin:{os.environ['PATH']}"
        block = self._here(block.replace("python3 -m venv .venv", "true").replace("….dump", "*.dump"))
        done = subprocess.run(
            ["sh", "-euc", block],
            cwd="/",
            env={"PATH": f"{self.folder}/bin:{path}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout

    def write(self, database: Server, purges: str) -> None:
        """Write what step 2 says: the address of the owner, and the site's own settings."""
        owner = self.folder / "etc/factcheck/owner_database_url"
        assert owner.stat().st_mode & 0o777 == 0o600
        owner.write_text(f"{database.url('site_owner', database='site')}\n")
        file = self.folder / "etc/factcheck.env"
        file.write_text(file.read_text().replace("http://127.0.0.1:8003/", purges))

    def _here(self, text: str) -> str:
        """The text with root's folders in ours, and without other users."""
        text = re.sub(r"(?<![\w.}])/(etc/|srv/|var/|usr/sbin\b)", rf"{self.folder}/\1", text)
        return re.sub(r" -o [a-z-]+", "", text)

    @staticmethod
    def _program(file: Path, line: str) -> None:
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)


@pytest.fixture
def databases() -> Iterator[Fleet]:
    with servers("factcheck-manual", inside=fast_folder()) as fleet:
        yield fleet


def new_database(databases: Fleet) -> Server:
    """A new server of PostgreSQL, after step 1. Its tests have a superuser of the names in that step."""
    server = databases.primary()
    (block,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/how-to/deploy.md").read_text(), re.DOTALL)
    for statement in filter(str.strip, block.split(";")):
        own = statement.replace("factcheck_owner", "site_owner").replace("DATABASE factcheck", "DATABASE site")
        server.query(own, database="postgres")
    return server


SERVES = """deploy/manage shell --command "
from django.test import Client
reader = Client(HTTP_HOST='facts.example.org', HTTP_X_FORWARDED_PROTO='https')
print([reader.get(path).status_code for path in ('/', '/claims/', '/-/ready', '/admin/login/')])
"
"""
SERVED = "[200, 200, 200, 200]"
CLEAN = "System check identified no issues (0 silenced)."


def test_a_site_is_set_up_upgraded_backed_up_and_restored_as_the_pages_say(tmp_path: Path, databases: Fleet) -> None:
    machine = Machine(tmp_path)
    serves = f"cd /srv/factcheck\n{SERVES}"
    with listening() as cache:
        machine.follow("deploy.md", first="2. **Make the user", last="3. **Install")
        machine.write(new_database(databases), cache.address)
        said = machine.follow("deploy.md", first="3. **Install", last="6. **")
        assert "https://facts.example.org/admin/" in said, "the invitation"
        assert CLEAN in said
        assert SERVED in machine.run(serves)
        machine.follow("upgrade.md", first="2. **", last="5. **")
        assert cache.received
        (tmp_path / "var/lib/factcheck/files").mkdir(exist_ok=True)
        (tmp_path / "var/lib/factcheck/files/scan.pdf").write_text("scan")
        machine.follow("back-up-and-restore.md", first="## Back up", last="## Restore to a new")
        machine.run_unit("factcheck-backup.service")
        first, _second = sorted((tmp_path / "var/backups/factcheck").glob("*.dump"))
        first.unlink()
        assert (tmp_path / "var/backups/factcheck/files/scan.pdf").read_text() == "scan"
        machine.follow("keep-a-mirror.md", first="## Make the copy", last="## Keep it up to date")
        assert (tmp_path / "srv/mirror/index.html").exists()
        machine.run_cron("how-to/keep-a-mirror.md")
        assert (tmp_path / "srv/mirror-410.map").exists()
        machine.run_cron("reference/security.md")
        # The old server is lost. What was kept is the backup and the settings.
        (tmp_path / "etc/factcheck/web_database_url").unlink()
        shutil.rmtree(tmp_path / "var/lib")
        machine.write(new_database(databases), cache.address)
        said = machine.follow("back-up-and-restore.md", first="## Restore to a new", last="Try this")
        assert "Restored 0 claims" in said
        assert CLEAN in machine.run("cd /srv/factcheck && deploy/manage check --deploy")
        assert SERVED in machine.run(serves)


def test_nginx_serves_the_static_copy_as_its_page_says(tmp_path: Path) -> None:
    nginx, *_modules = program()
    copy, socket = tmp_path / "mirror", tmp_path / "sock"
    for name in ("kept", "gone"):
        (copy / "claims" / name).mkdir(parents=True)
        (copy / "claims" / name / "index.html").write_text(name)
    (copy / "410.txt").write_text("/claims/gone/\n")
    text = (ROOT / "docs/how-to/keep-a-mirror.md").read_text().replace("/srv/", f"{tmp_path}/")
    block = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)[0].replace("127.0.0.1:8001", f"unix:{socket}")
    command = command_for(tmp_path, block, nginx)
    # Before cron has written the list of what is gone.
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    (lists,) = set(re.findall(r"&& (sed .*?) &&", text))
    subprocess.run(["sh", "-euc", lists], check=True)
    process = subprocess.Popen(command)
    try:
        transport = httpx.HTTPTransport(uds=str(socket), retries=10)
        with httpx.Client(transport=transport, base_url="http://copy", timeout=PATIENCE) as client:
            answers = [client.get(path) for path in ("/claims/kept/", "/claims/gone/", "/claims/kept/?rating=false")]
        assert [answer.status_code for answer in answers] == [200, 410, 503]
        assert answers[1].text == "gone"
    finally:
        process.terminate()
        process.wait()
