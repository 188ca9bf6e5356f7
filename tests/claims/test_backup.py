"""A backup that is restored to an empty database serves the same pages, and nothing is restored over anything."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.factories import published
from tests.pooler import without_pooler
from tests.server import serving

pytestmark = [pytest.mark.usefixtures("committed"), without_pooler]
ROLE = "restored_web"


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a new database on the server of the tests."""
    found = connection.get_connection_params()
    name = f"{found['dbname']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"postgresql://{quote(found['user'])}@{quote(found['host'], safe='')}/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        cursor.execute(f"DROP ROLE IF EXISTS {ROLE}")


def restore(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    command = [sys.executable, "manage.py", "restore", *options]
    environment = {**variables, "DATABASE_URL": url, "DEBUG": "on"}
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def backup(folder: Path) -> Path:
    call_command("backup", folder, stdout=StringIO())
    (dump,) = folder.glob("*")
    return dump


def test_a_restored_site_serves_the_same_page(tmp_path: Path, empty_database: str) -> None:
    claim = published()
    dump = backup(tmp_path / "backups")
    assert dump.stat().st_mode & 0o077 == 0
    url_file = tmp_path / "web_database_url"
    tried = restore(empty_database, str(dump), "--dry-run")
    assert "can be restored" in tried.stdout, tried.stderr
    done = restore(empty_database, str(dump), "--web-role", ROLE, "--url-file", str(url_file))
    assert done.returncode == 0, done.stderr
    assert "Restored 1 claims and 1 versions." in done.stdout
    with serving(tmp_path, DATABASE_URL_FILE=str(url_file)) as site:
        page = site.client.get(f"/claims/{claim.slug}/")
        assert page.status_code == 200
        assert site.client.get("/-/ready").status_code == 200
    again = restore(empty_database, str(dump))
    assert again.returncode == 1
    assert "already has tables" in again.stderr


def test_a_file_that_is_not_a_dump_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.dump"
    other.write_text("text")
    for path in (other, tmp_path / "missing.dump"):
        with pytest.raises(CommandError, match="isn't a dump"):
            call_command("restore", path)


def test_a_dump_that_is_cut_short_leaves_the_database_empty(tmp_path: Path, empty_database: str) -> None:
    dump = backup(tmp_path / "backups")
    dump.write_bytes(dump.read_bytes()[:-2000])
    assert "Nothing was restored" in restore(empty_database, str(dump)).stderr
    assert "can be restored" in restore(empty_database, str(dump), "--dry-run").stdout


def test_a_dry_run_writes_nothing_and_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    said = StringIO()
    call_command("backup", tmp_path / "backups", dry_run=True, stdout=said)
    assert "0 claims and 0 versions" in said.getvalue()
    assert not (tmp_path / "backups").exists()
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="Nothing was backed up"):
        call_command("backup", tmp_path / "file")
