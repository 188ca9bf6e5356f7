"""The role of the web processes does all the work of the desk, can't rewrite the record and can't become its owner."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.models import Delivery, PublishedClaim
from claims.outlets import webhooks as sending
from tests.claims import invariants
from tests.factories import ClaimFactory, SubscriberFactory, corrected, published, withdrawn

pytestmark = pytest.mark.django_db
APPEND_ONLY = ["claims_revision", "claims_claimevent", "claims_correction", "accounts_securityevent"]


@pytest.fixture
def role() -> str:
    """A role for this test only: roles belong to the whole server, and tests run in parallel."""
    name = f"web_{connection.settings_dict['NAME']}"
    call_command("grant_web_role", name, verbosity=0)
    return name


@pytest.fixture
def as_web(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        cursor.execute("RESET ROLE")


@pytest.fixture
def logged_in(web_login: str) -> Iterator[psycopg.Connection]:
    """A connection of its own that logged in as the web processes do."""
    with psycopg.connect(**{**connection.get_connection_params(), "user": web_login}, autocommit=True) as own:
        yield own


@pytest.mark.usefixtures("as_web")
def test_the_whole_workflow_works_under_the_role() -> None:
    corrected(published(ClaimFactory.create()))
    withdrawn(published())
    assert invariants.broken() == []


@pytest.mark.usefixtures("as_web")
def test_messages_are_written_and_sent_under_the_role() -> None:
    SubscriberFactory.create()
    published()
    job = sending.take()
    assert job is not None
    sending.record(job.delivery, sending.Outcome(status=410, error="It answered 410."))
    assert Delivery.objects.get().state == "given-up"


@pytest.mark.usefixtures("as_web")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET id = id",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {} CASCADE",
        "CREATE TABLE more (like {})",
    ],
)
def test_the_role_cannot_change_the_record(statement: str, table: str) -> None:
    corrected(published())
    refuse(statement.format(table))


@pytest.mark.usefixtures("as_web")
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE claims_publishedclaim",
        "DELETE FROM django_migrations",
        "DROP TRIGGER revision_only_grows_update ON claims_revision",
        "CREATE ROLE another",
    ],
)
def test_the_role_owns_nothing(statement: str) -> None:
    refuse(statement)


@pytest.mark.usefixtures("as_web")
def test_commands_that_need_the_owner_say_so(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text('{"id": "zoo", "claim": "The mayor sold the zoo.", "date": "2025-06-20"}')
    (tmp_path / "texts").write_text('{"id": "1", "text": "They sold the zoo?"}')
    (tmp_path / "right").write_text("1 0 zoo 1")
    files = [str(tmp_path / name) for name in ("claims", "texts", "right")]
    for line in (["prune_security_events"], ["evaluate_matching", *files]):
        with pytest.raises(CommandError, match="deploy/manage --owner"), transaction.atomic():
            call_command(*line)


def refuse(statement: str) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE {owner}",
        "SET SESSION AUTHORIZATION {owner}",
        "GRANT {owner} TO {login}",
        "ALTER ROLE {login} SUPERUSER",
        "ALTER ROLE {owner} PASSWORD 'known'",
        "SET session_replication_role = replica",
        "ALTER SYSTEM SET fsync = off",
        "ALTER TABLE claims_revision DISABLE TRIGGER ALL",
        "DROP TRIGGER revision_only_grows_update ON claims_revision",
        "DROP FUNCTION claims_refuse_change() CASCADE",
        "TRUNCATE claims_revision, claims_correction CASCADE",
        "COPY claims_revision (body) TO PROGRAM 'cat'",
        "COPY claims_revision (body) TO '/tmp/copied'",
        "COPY claims_revision (body) FROM '/etc/hostname'",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT lo_import('/etc/hostname')",
        "CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql RETURN '-infinity'::timestamptz",
        "CREATE TABLE public.claims_revisions ()",
        "CREATE TEMPORARY TABLE claims_revision ()",
        "CREATE SCHEMA other",
        "CREATE EXTENSION dblink",
        "SELECT setval('claims_revision_id_seq', 1)",
    ],
)
def test_a_connection_of_the_web_processes_stays_what_it_is(
    logged_in: psycopg.Connection, web_login: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        logged_in.execute(statement.format(owner=owner(), login=web_login))


@pytest.mark.parametrize("reset", ["RESET ROLE", "SET ROLE NONE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"])
def test_a_connection_of_the_web_processes_has_nothing_to_go_back_to(
    logged_in: psycopg.Connection, web_login: str, reset: str
) -> None:
    logged_in.execute(reset)
    assert logged_in.execute("SELECT session_user, current_user").fetchone() == (web_login, web_login)


def test_a_run_makes_a_login_of_the_role_of_an_older_version() -> None:
    name = f"older_{connection.settings_dict['NAME']}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} NOLOGIN CREATEROLE; GRANT {name} TO CURRENT_USER")
        call_command("grant_web_role", name, verbosity=0)
        cursor.execute("SELECT rolcanlogin, rolcreaterole FROM pg_roles WHERE rolname = %s", [name])
        assert cursor.fetchone() == (True, False)


@pytest.mark.parametrize("group", ["the owner", "pg_execute_server_program"])
def test_a_run_takes_away_what_the_role_could_become(role: str, group: str) -> None:
    with connection.cursor() as cursor:
        group = owner() if group == "the owner" else group
        cursor.execute(f"GRANT {group} TO {role} WITH ADMIN OPTION")
        call_command("grant_web_role", role, verbosity=0)
        cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [role, group])
        assert cursor.fetchone() == (False,)


def owner() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


class TestThePassword:
    """It is in one file, which holds the DATABASE_URL of the web processes."""

    @pytest.fixture(autouse=True)
    def _own_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://the_owner:sesame@db.example:5433/facts?sslmode=require")
        monkeypatch.delenv("DATABASE_URL_FILE", raising=False)

    def test_is_made_once_and_kept(self, tmp_path: Path, role: str) -> None:
        file = tmp_path / "web_database_url"
        printed = StringIO()
        call_command("grant_web_role", role, url_file=file, stdout=printed)
        address = urlsplit(file.read_text().strip())
        assert file.stat().st_mode & 0o777 == 0o600
        assert (address.username, address.hostname, address.port) == (role, "db.example", 5433)
        assert (address.path, address.query) == ("/facts", "sslmode=require")
        assert address.password
        assert "sesame" not in file.read_text()
        assert address.password not in printed.getvalue()
        assert f"DATABASE_URL_FILE={file}" in printed.getvalue()
        assert has_password(role, address.password)

        call_command("grant_web_role", role, verbosity=0)
        call_command("grant_web_role", role, url_file=file, verbosity=0)
        assert urlsplit(file.read_text().strip()) == address
        assert has_password(role, address.password)

    def test_is_changed_by_writing_another_into_the_file(self, tmp_path: Path, role: str) -> None:
        file = tmp_path / "web_database_url"
        file.write_text(f"postgresql://{role}:p%40ss@db.example/facts\n")
        call_command("grant_web_role", role, url_file=file, verbosity=0)
        assert has_password(role, "p@ss")

    def test_is_not_in_the_sql(self, tmp_path: Path, role: str) -> None:
        file = tmp_path / "web_database_url"
        file.write_text(f"postgresql://{role}:p4ssw0rd@db.example/facts\n")
        with CaptureQueriesContext(connection) as queries:
            call_command("grant_web_role", role, url_file=file, verbosity=0)
        sent = [query["sql"] for query in queries]
        assert any("PASSWORD 'SCRAM-SHA-256$" in statement for statement in sent)
        assert not any("p4ssw0rd" in statement for statement in sent)

    def test_is_left_alone_by_a_dry_run(self, tmp_path: Path, role: str) -> None:
        file = tmp_path / "web_database_url"
        printed = StringIO()
        call_command("grant_web_role", role, url_file=file, dry_run=True, stdout=printed)
        assert not file.exists()
        assert "PASSWORD" not in printed.getvalue()

    @pytest.mark.parametrize(
        "content", ["", "postgresql://another:secret@db.example/facts", "postgresql://{role}@db.example/facts"]
    )
    def test_is_not_taken_from_the_address_of_another(self, tmp_path: Path, role: str, content: str) -> None:
        file = tmp_path / "web_database_url"
        file.write_text(content.format(role=role))
        with pytest.raises(CommandError, match="isn't the DATABASE_URL of"):
            call_command("grant_web_role", role, url_file=file)

    def test_needs_a_file_that_can_be_written(self, tmp_path: Path, role: str) -> None:
        with pytest.raises(CommandError, match="can't be read or written"):
            call_command("grant_web_role", role, url_file=tmp_path / "missing" / "web_database_url")

    def test_is_not_needed_by_the_projects_own_server(
        self, tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DATABASE_URL")
        with pytest.raises(CommandError, match="needs no password"):
            call_command("grant_web_role", role, url_file=tmp_path / "web_database_url")


def has_password(role: str, password: str) -> bool:
    """True if the server lets the role in with the password: it fits the stored SCRAM verifier (RFC 5802)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        _, iterations, salt, keys = cursor.fetchone()[0].replace(":", "$").split("$")[:4]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return stored == base64.b64decode(keys)


def test_a_second_run_revokes_rights_granted_by_hand(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON claims_revision TO {role}")
        call_command("grant_web_role", role, verbosity=0)
        cursor.execute("SELECT has_table_privilege(%s, 'claims_revision', 'UPDATE, DELETE, TRUNCATE')", [role])
        assert cursor.fetchone() == (False,)


def test_a_dry_run_prints_the_sql_and_changes_nothing() -> None:
    printed = StringIO()
    call_command("grant_web_role", "web_never_made", dry_run=True, stdout=printed)
    assert 'CREATE ROLE "web_never_made" LOGIN;' in printed.getvalue()
    tables = ("accounts_securityevent", "claims_approval", "claims_claimevent", "claims_correction")
    growing = ", ".join(f'"{table}"' for table in (*tables, "claims_pageversion", "claims_revision"))
    assert f"GRANT SELECT, INSERT ON {growing}" in printed.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'web_never_made'")
        assert cursor.fetchone() is None


@pytest.mark.parametrize("name", ["", "Web", "web role", 'web"; DROP TABLE claims_claim; --', "public", "w" * 64])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="lower-case letters"):
        call_command("grant_web_role", name)


def test_the_owner_of_the_tables_is_refused() -> None:
    with pytest.raises(CommandError, match="Name another"):
        call_command("grant_web_role", owner())


@pytest.mark.usefixtures("as_web")
def test_the_role_itself_cannot_give_rights() -> None:
    with pytest.raises(CommandError, match="Connect as the owner"):
        call_command("grant_web_role", "web_of_web")
    assert not PublishedClaim.objects.exists()
