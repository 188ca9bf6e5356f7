"""The role of the web processes can do all the work of the desk and can't rewrite the record."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

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


def refuse(statement: str) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        cursor.execute(statement)


def test_a_second_run_revokes_rights_granted_by_hand(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON claims_revision TO {role}")
        call_command("grant_web_role", role, verbosity=0)
        cursor.execute("SELECT has_table_privilege(%s, 'claims_revision', 'UPDATE, DELETE, TRUNCATE')", [role])
        assert cursor.fetchone() == (False,)


def test_a_dry_run_prints_the_sql_and_changes_nothing() -> None:
    printed = StringIO()
    call_command("grant_web_role", "web_never_made", dry_run=True, stdout=printed)
    assert 'CREATE ROLE "web_never_made" NOLOGIN;' in printed.getvalue()
    growing = '"accounts_securityevent", "claims_approval", "claims_claimevent", "claims_correction", "claims_revision"'
    assert f"GRANT SELECT, INSERT ON {growing}" in printed.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'web_never_made'")
        assert cursor.fetchone() is None


@pytest.mark.parametrize("name", ["", "Web", "web role", 'web"; DROP TABLE claims_claim; --', "public", "w" * 64])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="lower-case letters"):
        call_command("grant_web_role", name)


def test_the_owner_of_the_tables_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (owner,) = cursor.fetchone()
    with pytest.raises(CommandError, match="Name another"):
        call_command("grant_web_role", owner)


@pytest.mark.usefixtures("as_web")
def test_the_role_itself_cannot_give_rights() -> None:
    with pytest.raises(CommandError, match="Unset DATABASE_ROLE"):
        call_command("grant_web_role", "web_of_web")
    assert not PublishedClaim.objects.exists()
