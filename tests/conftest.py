"""Set-up for every test: hashed file names, slow passwords, short limits and this checkout's archives are off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as of_every_test
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection
from pytest_django import DjangoDbBlocker

from factcheck.core.web import limits
from tests import migrated
from tests.server import PATIENCE

TESTS = Path(__file__).parent
# Servers, browsers, whole imports and exports, and crawls of every page: what `make quick` leaves out.
SLOW = (
    "accounts",
    "claims/desk/admin",
    "claims/desk/imports",
    "claims/desk/merging/test_acts.py",
    "claims/desk/reading",
    "claims/desk/test_acts.py",
    "claims/desk/test_fixture_export.py",
    "claims/desk/test_fixture_load.py",
    "claims/desk/test_four_eyes.py",
    "claims/desk/test_locks.py",
    "claims/desk/test_names.py",
    "claims/desk/test_record_check.py",
    "claims/desk/test_record_refresh.py",
    "claims/desk/test_write_name_changes.py",
    "claims/formats/test_consumers.py",
    "claims/formats/test_files.py",
    "claims/formats/test_parquet.py",
    "claims/formats/test_xlsx.py",
    "claims/matching",
    "claims/outlets",
    "claims/record/test_outbox.py",
    "claims/record/test_statistics.py",
    "claims/search/test_counting.py",
    "claims/search/test_query.py",
    "claims/test_backup.py",
    "claims/test_demo.py",
    "claims/test_others.py",
    "claims/test_parts.py",
    "claims/test_pictures.py",
    "core/desk",
    "core/postgres",
    "core/test_checks.py",
    "core/test_daemon.py",
    "core/test_grant_web_role.py",
    "core/test_http.py",
    "core/web",
    "devdb",
    "e2e",
    "sources/test_admin.py",
    "sources/test_extraction.py",
    "sources/test_files.py",
    "sources/test_references.py",
    "test_deploy.py",
    "test_desk.py",
    "test_desk_addresses.py",
    "test_drills.py",
    "test_fixtures.py",
    "test_languages.py",
    "test_manuals.py",
    "test_patterns.py",
    "test_protected_sources.py",
    "test_settings.py",
    "test_upgrades.py",
)


def is_slow(path: Path) -> bool:
    return path.relative_to(TESTS).as_posix().startswith(SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files with slow tests alone when these aren't asked for: to import all takes a third of the time."""
    return True if config.option.markexpr == "not slow" and is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _no_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty folder: WhiteNoise warns when there is none, also in a server that starts before a test's settings."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("static")
        patch.setattr(of_every_test, "STATIC_ROOT", folder)
        patch.setattr(of_every_test, "ARCHIVES_FOLDER", folder / "archives")
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Copy the test database from a migrated one, and keep one when one process runs the tests again.

    `make mutants` does. Otherwise Django puts `test_` before the name at each run, and finds what an older checkout
    left under that name.
    """
    test: dict[str, str | None] = connection.settings_dict["TEST"]
    test["NAME"] = test["NAME"] or f"test_{connection.settings_dict['NAME']}"
    with django_db_blocker.unblock():
        test["TEMPLATE"] = migrated.template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Bring the rows of migrations back after each test that commits."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", migrated.Rows().restore)
        yield


@pytest.fixture(autouse=True)
def _fast_and_plain(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A busy machine is no outage. The tests of outages run a site with limits of its own.
    settings.READER_SECONDS = settings.DESK_SECONDS = PATIENCE
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _no_limit_for_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that crawl or fuzz the site send more requests than a network may."""
    monkeypatch.setitem(limits.LIMITS, "public", limits.Limit(requests=10**8, seconds=60))


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Rows are really committed, for tests of several connections. Afterwards the database is as after a migration."""


@pytest.fixture(scope="module")
def web_login(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The role of the web processes, committed, so that other connections can log in with it."""
    with django_db_blocker.unblock():
        # Roles belong to the whole server, and tests run in parallel.
        name = f"login_{connection.settings_dict['NAME']}"
        call_command("grant_web_role", name, verbosity=0)
        yield name
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
