"""A backup that is restored to an empty database serves the same pages, and nothing is restored over anything."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from deploy.drills.servers import servers
from tests.factories import published
from tests.pooler import without_pooler
from tests.server import serving
from tests.shared import fast_folder

pytestmark = [pytest.mark.usefixtures("committed"), without_pooler]
# Of this process alone: a role belongs to the whole server.
ROLE = f"restored_web_{os.environ.get('PYTEST_XDIST_WORKER', '')}"
# The programs of installed servers that refuse a setting of newer ones.
OLDER = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name in {"15", "16"}]


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a new database on the server of the tests."""
    name = f"{connection.get_connection_params()['dbname']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield address_of(name)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        cursor.execute(f"DROP ROLE IF EXISTS {ROLE}")


def address_of(database: str) -> str:
    found = connection.get_connection_params()
    return f"postgresql://{quote(found['user'])}@{quote(found['host'], safe='')}/{database}"


def manage(url: str, *arguments: str, **settled: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    command = [sys.executable, "manage.py", *arguments]
    environment = {**variables, "DATABASE_URL": url, "DEBUG": "on", **settled}
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def restore(url: str, *options: str, **settled: str) -> subprocess.CompletedProcess[str]:
    return manage(url, "restore", *options, **settled)


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


def test_a_restore_that_the_server_refuses_says_why_and_leaves_the_database_empty(
    tmp_path: Path, empty_database: str
) -> None:
    published()
    dump = backup(tmp_path / "backups")
    with psycopg.connect(empty_database, autocommit=True) as session:
        session.execute("CREATE SEQUENCE claims_revision_id_seq")
    refused = restore(empty_database, str(dump)).stderr
    assert "Nothing was restored: " in refused
    assert 'ERROR:  relation "claims_revision_id_seq" already exists' in refused
    assert "can be restored" in restore(empty_database, str(dump), "--dry-run").stdout


def test_a_restore_sends_no_setting_that_older_servers_refuse(tmp_path: Path) -> None:
    published()
    dump = backup(tmp_path / "backups")
    with servers("factcheck-restore", inside=fast_folder()) as fleet:
        server = fleet.primary("log_statement = all")
        done = restore(server.url(), str(dump))
        assert "Restored 1 claims and 1 versions." in done.stdout, done.stderr
        assert "COPY public.claims_revision" in server.log
        assert "SET transaction_timeout" not in server.log


@pytest.mark.parametrize("programs", OLDER, ids=lambda folder: folder.parent.name)
def test_an_older_server_accepts_the_dump_of_ours_and_its_own_and_ours_accepts_that(
    tmp_path: Path, programs: Path, empty_database: str
) -> None:
    published()
    dump = backup(tmp_path / "ours")
    with servers("factcheck-older", inside=fast_folder()) as fleet:
        server = fleet.primary(setting=str(programs))
        done = restore(server.url(), str(dump))
        assert "Restored 1 claims and 1 versions." in done.stdout, done.stderr
        manage(server.url(), "backup", str(tmp_path / "its own"))
        (dump,) = (tmp_path / "its own").glob("*.dump")
        server.query("CREATE DATABASE again", database="postgres")
        for url in (server.url(database="again"), empty_database):
            again = restore(url, str(dump))
            assert "Restored 1 claims and 1 versions." in again.stdout, again.stderr


@pytest.mark.parametrize("programs", OLDER, ids=lambda folder: folder.parent.name)
def test_programs_that_are_older_than_the_server_are_refused_in_their_words(
    tmp_path: Path, empty_database: str, programs: Path
) -> None:
    dump = backup(tmp_path / "backups")
    ours = address_of(connection.get_connection_params()["dbname"])
    refused = manage(ours, "backup", str(tmp_path / "backups"), POSTGRES_BIN=str(programs)).stderr
    assert "Nothing was backed up: pg_dump: error: aborting because of server version mismatch" in refused
    assert f"pg_dump version: {programs.parent.name}." in refused
    unread = restore(empty_database, str(dump), POSTGRES_BIN=str(programs))
    assert "unsupported version" in unread.stderr


def test_a_backup_removes_old_dumps_but_not_other_files(tmp_path: Path) -> None:
    old = [f"factcheck-2026-01-0{day}T023000Z.dump" for day in (1, 2, 3)]
    for name in [*old, "factcheck-2026-01-04T023000Z.partial", "factcheck-other.dump"]:
        (tmp_path / name).touch()
    said = StringIO()
    call_command("backup", tmp_path, keep=2, dry_run=True, stdout=said)
    assert "2 older dumps would be removed" in said.getvalue()
    assert len(list(tmp_path.iterdir())) == 5
    call_command("backup", tmp_path, keep=2, stdout=said)
    assert "2 older dumps were removed" in said.getvalue()
    *left, new = sorted(path.name for path in tmp_path.glob("factcheck-2*.dump"))
    assert left == old[2:]
    assert (tmp_path / new).stat().st_size
    assert {path.name for path in tmp_path.iterdir()} - {*left, new} == {
        "factcheck-2026-01-04T023000Z.partial",
        "factcheck-other.dump",
    }


def test_a_dry_run_writes_nothing_and_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    said = StringIO()
    call_command("backup", tmp_path / "backups", dry_run=True, stdout=said)
    assert "0 claims and 0 versions" in said.getvalue()
    assert not (tmp_path / "backups").exists()
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="Nothing was backed up"):
        call_command("backup", tmp_path / "file")
