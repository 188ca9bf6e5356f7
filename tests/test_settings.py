"""The documented settings are safe, and unsafe or invalid ones are refused."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests import collected

pytestmark = pytest.mark.django_db

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "SITE_URL": "https://example.org",
    "TRUSTED_PROXY": "on",
    "CONTACT": "facts@example.org",
}
CLEARED = {
    *("DEBUG", "SECRET_KEY", "SECRET_KEY_FILE", "SITE_URL", "ALLOWED_HOSTS", "DATABASE_ROLE", "FOUR_EYES"),
    *("OUTGOING_ALLOW", "TRUSTED_PROXY", "DATABASE_URL_FILE", "DATABASE_REPLICA_URLS", "CONTACT"),
}


def database_url(user: str = "") -> str:
    """The URL of the test database. Django 6 connects to it to find the server's version before any other check."""
    found = connection.get_connection_params()
    if user:
        found = {**found, "user": user, "password": ""}
    part = {name: quote(str(found.get(name) or ""), safe="") for name in ("user", "password", "host", "port", "dbname")}
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**part)


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py in its own process, with only these of our variables set."""
    return python("manage.py", *arguments, **environment)


def python(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    kept["DATABASE_URL"] = database_url()
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def value(expression: str, **environment: str) -> str:
    """The value of an expression with settings in a process with this environment, which sets up no apps."""
    script = f"from django.conf import settings; print({expression})"
    answer = python("-c", script, DJANGO_SETTINGS_MODULE="factcheck.settings", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


def test_a_site_that_is_set_up_as_documented_passes_the_deployment_checks(web_login: str, tmp_path: Path) -> None:
    (tmp_path / "static").symlink_to(collected.static_files())
    documented = {**PRODUCTION, "DATABASE_URL": database_url(web_login), "DATA_FOLDER": str(tmp_path)}
    answer = manage("check", "--deploy", "--fail-level", "WARNING", **documented)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "System check identified no issues (0 silenced)."
    assert answer.stderr == ""


def test_the_owner_can_migrate_and_fails_the_deployment_checks() -> None:
    assert manage("check", **PRODUCTION).returncode == 0
    assert manage("migrate", "--check", **PRODUCTION).returncode == 0
    answer = manage("check", "--deploy", **PRODUCTION)
    assert answer.returncode != 0
    assert "factcheck.E002" in answer.stderr


def test_a_database_that_does_not_answer_fails_the_deployment_checks() -> None:
    answer = manage("check", "--deploy", **PRODUCTION, DATABASE_URL="postgresql://web@127.0.0.1:9/factcheck")
    assert answer.returncode != 0
    assert "The database can't be checked" in answer.stderr


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "development-only-" + "0123456789" * 5}, "SECRET_KEY is not set"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps' is invalid"),
        ({**PRODUCTION, "SITE_URL": "example.org"}, "SITE_URL='example.org' isn't a web address"),
        ({**PRODUCTION, "SITE_URL": "ftp://example.org"}, "isn't a web address"),
        ({**PRODUCTION, "FOUR_EYES": "two"}, "FOUR_EYES='two' is invalid"),
        ({**PRODUCTION, "DATA_LICENSE": "CC BY"}, "isn't the web address of a licence"),
        ({**PRODUCTION, "CONTACT": "http://example.org/contact"}, "is neither an e-mail address nor an https address"),
        ({**PRODUCTION, "SECURITY_CONTACT": "me@example.org"}, "doesn't begin with https:// or mailto:"),
        (
            {**PRODUCTION, "OUTGOING_ALLOW": "10.1.2.3/24"},
            "OUTGOING_ALLOW: 10.1.2.3/24 has host bits set. Write networks",
        ),
        ({**PRODUCTION, "DATABASE_URL": "sqlite:///db"}, "DATABASE_URL isn't the address of a PostgreSQL database"),
        ({**PRODUCTION, "DATABASE_REPLICA_URLS": "one two"}, "DATABASE_REPLICA_URLS isn't the address of a PostgreSQL"),
        ({**PRODUCTION, "REPLICA_LAG": "0"}, "REPLICA_LAG='0' is invalid. Set it to a whole number from 1 to 3600"),
        ({**PRODUCTION, "DATABASE_ROLE": "factcheck_web"}, "DATABASE_ROLE and DATABASE_URL are both set"),
        ({**PRODUCTION, "SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE: cannot read"),
    ],
    ids=lambda given: given if isinstance(given, str) else "-".join(given),
)
def test_unsafe_or_invalid_settings_are_refused_with_a_message(environment: dict[str, str], message: str) -> None:
    answer = manage("check", **environment)
    assert answer.returncode != 0
    assert message in answer.stderr


def test_the_safe_values_are_the_defaults() -> None:
    found = value("settings.DEBUG, settings.FOUR_EYES, settings.ALLOWED_HOSTS", **PRODUCTION)
    assert found == "False True ['example.org']"


def test_allowed_networks_are_separated_by_commas() -> None:
    found = value("settings.OUTGOING_ALLOW", **PRODUCTION, OUTGOING_ALLOW="10.1.2.0/24, fd12::/16")
    assert found == "[IPv4Network('10.1.2.0/24'), IPv6Network('fd12::/16')]"
    assert value("settings.OUTGOING_ALLOW", **PRODUCTION) == "[]"


def test_without_standbys_nothing_of_them_is_installed() -> None:
    expression = 'len(settings.DATABASES), settings.DATABASE_ROUTERS, "Standby" in str(settings.MIDDLEWARE)'
    assert value(expression, **PRODUCTION) == "1 [] False"
    two = f"{database_url()} {database_url()}"
    found = value(expression, **PRODUCTION, DATABASE_REPLICA_URLS=two)
    assert found == "3 ['factcheck.core.postgres.reading.ReadRouter'] True"


def test_the_role_of_the_own_server_logs_in() -> None:
    found = value('settings.DATABASES["default"]["USER"]', **PRODUCTION, DATABASE_URL="", DATABASE_ROLE="factcheck_web")
    assert found == "factcheck_web"


NAMES = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME"


def test_under_https_no_neighbour_can_set_our_cookies() -> None:
    assert value(NAMES, **PRODUCTION) == "__Host-sessionid __Host-csrftoken __Host-language"
    kinds = ("SESSION", "CSRF", "LANGUAGE")
    attributes = ", ".join(f"settings.{kind}_COOKIE_{name}" for kind in kinds for name in ("SECURE", "PATH", "DOMAIN"))
    assert value(attributes, **PRODUCTION) == " ".join(["True / None"] * len(kinds))


def test_under_http_browsers_would_refuse_the_prefix() -> None:
    assert value(NAMES, **PRODUCTION | {"SITE_URL": "http://10.0.0.1"}) == "sessionid csrftoken language"
