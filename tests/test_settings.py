"""The settings are safe as documented, and refuse what is not."""

import os
import secrets
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db

PRODUCTION = {"SECRET_KEY": secrets.token_urlsafe(50), "SITE_URL": "https://example.org"}
CLEARED = {
    *("DEBUG", "SECRET_KEY", "SECRET_KEY_FILE", "SITE_URL", "ALLOWED_HOSTS", "DATABASE_ROLE", "FOUR_EYES"),
    "OUTGOING_ALLOW",
}


def database_url() -> str:
    """The database of this test: Django 6 asks the server for its version before it checks anything else."""
    found = connection.get_connection_params()
    part = {name: quote(str(found.get(name) or ""), safe="") for name in ("user", "password", "host", "port", "dbname")}
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**part)


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py in a process of its own, with these variables alone."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    kept["DATABASE_URL"] = database_url()
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def value(expression: str, **environment: str) -> str:
    """A setting as a process with this environment has it."""
    script = f"from django.conf import settings; print({expression})"
    answer = manage("shell", "--command", script, **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


def test_the_production_settings_pass_djangos_check_without_a_word() -> None:
    answer = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "System check identified no issues (0 silenced)."
    assert answer.stderr == ""


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "development-only-" + "0123456789" * 5}, "SECRET_KEY is not set"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps' is neither on nor off"),
        ({**PRODUCTION, "SITE_URL": "example.org"}, "SITE_URL='example.org' is not a web address"),
        ({**PRODUCTION, "SITE_URL": "ftp://example.org"}, "is not a web address"),
        ({**PRODUCTION, "FOUR_EYES": "two"}, "FOUR_EYES='two' is neither on nor off"),
        ({**PRODUCTION, "DATA_LICENSE": "CC BY"}, "is not the web address of a licence"),
        ({**PRODUCTION, "SECURITY_CONTACT": "me@example.org"}, "begins with neither https:// nor mailto:"),
        (
            {**PRODUCTION, "OUTGOING_ALLOW": "10.1.2.3/24"},
            "OUTGOING_ALLOW: 10.1.2.3/24 has host bits set. Write networks",
        ),
        ({**PRODUCTION, "DATABASE_URL": "sqlite:///db"}, "DATABASE_URL must name a PostgreSQL"),
        ({**PRODUCTION, "SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE: cannot read"),
    ],
    ids=lambda given: given if isinstance(given, str) else "-".join(given),
)
def test_what_is_not_safe_or_not_understood_is_refused_with_a_sentence(
    environment: dict[str, str], sentence: str
) -> None:
    answer = manage("check", **environment)
    assert answer.returncode != 0
    assert sentence in answer.stderr


def test_everything_is_off_that_is_not_asked_for() -> None:
    found = value("settings.DEBUG, settings.FOUR_EYES, settings.ALLOWED_HOSTS", **PRODUCTION)
    assert found == "False True ['example.org']"


def test_the_networks_that_requests_may_go_to_are_separated_by_commas() -> None:
    found = value("settings.OUTGOING_ALLOW", **PRODUCTION, OUTGOING_ALLOW="10.1.2.0/24, fd12::/16")
    assert found == "[IPv4Network('10.1.2.0/24'), IPv6Network('fd12::/16')]"
    assert value("settings.OUTGOING_ALLOW", **PRODUCTION) == "[]"


def test_the_database_role_is_taken_on_by_every_connection() -> None:
    found = value('settings.DATABASES["default"]["OPTIONS"]["options"]', **PRODUCTION, DATABASE_ROLE="factcheck_web")
    assert found.endswith(" -c role=factcheck_web")
