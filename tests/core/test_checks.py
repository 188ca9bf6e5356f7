"""`check --deploy` finds what lets the web processes past the guards of the record, and says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, transaction

from factcheck.core import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def role() -> str:
    name = f"checked_{connection.settings_dict['NAME']}"
    call_command("grant_web_role", name, verbosity=0)
    return name


@pytest.fixture(autouse=True)
def _contact(settings: Any) -> None:
    settings.CONTACT = "facts@desk.example"


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def logged_in(role: str) -> Iterator[None]:
    execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
    yield
    execute("RESET SESSION AUTHORIZATION")


def found(role: str) -> dict[str | None, str]:
    """The messages of the deployment checks of ours for a process that logged in with the role."""
    with logged_in(role):
        messages = run_checks(include_deployment_checks=True)
    return {message.id: message.msg for message in messages if str(message.id).startswith("factcheck.")}


def test_the_role_of_the_web_processes_passes(role: str) -> None:
    assert found(role) == {}


def test_no_check_of_a_deployment_runs_otherwise() -> None:
    assert not [message for message in run_checks() if str(message.id).startswith("factcheck.")]


def test_a_superuser_is_found() -> None:
    execute("CREATE ROLE boss SUPERUSER")
    assert found("boss") == {"factcheck.E002": "The web processes log in as boss, a superuser."}


@pytest.mark.parametrize("owned", ["TABLE claims_topic", "FUNCTION claims_refuse_change()", "SCHEMA public"])
def test_an_owner_is_found(role: str, owned: str) -> None:
    execute(f"ALTER {owned} OWNER TO {role}")
    messages = found(role)
    assert "the owner of" in messages["factcheck.E003"]


def test_a_role_that_can_become_the_owner_is_found(role: str) -> None:
    execute(
        f"CREATE ROLE checked_owner; ALTER TABLE claims_revision OWNER TO checked_owner; GRANT checked_owner TO {role}"
    )
    assert found(role)["factcheck.E004"] == f"The role {role} of the web processes can become checked_owner."


@pytest.mark.parametrize(
    ("by_hand", "code", "sentence"),
    [
        ("ALTER ROLE {} CREATEROLE", "E004", "can make roles and become them"),
        ("GRANT pg_execute_server_program TO {}", "E004", "can become pg_execute_server_program"),
        ("GRANT UPDATE ON claims_revision TO {}", "E005", "may change or delete rows of claims_revision"),
        ("GRANT UPDATE (body) ON claims_revision TO PUBLIC", "E005", "may change or delete rows of claims_revision"),
        ("GRANT TRUNCATE ON claims_correction TO {}", "E005", "may change or delete rows of claims_correction"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "E006", "may create tables"),
        ("GRANT SET ON PARAMETER session_replication_role TO {}", "E007", "may switch off the triggers"),
        ("REVOKE INSERT ON claims_claim FROM {}", "E008", "may not read or add rows of claims_claim"),
        ("CREATE TABLE claims_newer ()", "E008", "may not read or add rows of claims_newer"),
    ],
)
def test_rights_given_or_taken_by_hand_are_found(role: str, by_hand: str, code: str, sentence: str) -> None:
    execute(by_hand.format(role))
    assert sentence in found(role)[f"factcheck.{code}"]


@pytest.mark.parametrize(
    "change", ["ALTER TABLE {0.table} DISABLE TRIGGER {0.name}", "DROP TRIGGER {0.name} ON {0.table}"]
)
def test_each_guard_is_missed_when_it_is_off_or_gone(role: str, change: str) -> None:
    assert len(guards.expected()) > 10
    for guard in guards.expected():
        with transaction.atomic():
            execute(change.format(guard))
            assert found(role) == {"factcheck.E010": f"The trigger {guard} is missing or disabled."}
            transaction.set_rollback(True)


def test_the_guards_are_the_triggers_of_a_migrated_database() -> None:
    assert set(guards.expected()) == guards.in_force()


def test_a_trigger_that_calls_another_function_is_no_guard(role: str) -> None:
    execute("CREATE FUNCTION allow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    execute(
        "CREATE OR REPLACE TRIGGER revision_only_grows_update BEFORE UPDATE ON claims_revision "
        "FOR EACH ROW EXECUTE FUNCTION allow()"
    )
    assert "revision_only_grows_update" in found(role)["factcheck.E010"]


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [("session_replication_role", "replica", "E009"), ("synchronous_commit", "off", "E011")],
)
def test_settings_that_endanger_the_record_are_found(role: str, setting: str, value: str, code: str) -> None:
    execute(f"SET LOCAL {setting} = {value}")
    assert setting in found(role)[f"factcheck.{code}"]


def test_https_without_a_trusted_proxy_is_warned_of(role: str, settings: Any) -> None:
    settings.HTTPS = True
    assert "TRUSTED_PROXY is off" in found(role)["factcheck.W001"]
    settings.TRUSTED_PROXY = True
    assert found(role) == {}


def test_a_site_that_readers_cannot_write_to_is_warned_of(role: str, settings: Any) -> None:
    settings.CONTACT = ""
    assert found(role) == {"factcheck.W002": "CONTACT is not set, so readers can't report an error or ask for a check."}
