"""Set-up for every test: hashed file names, slow password hashing and the archives of this checkout are off."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings


@pytest.fixture(scope="session")
def no_static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder: WhiteNoise warns when there is none."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _fast_and_plain(settings: LazySettings, no_static_files: Path) -> None:
    settings.STATIC_ROOT = no_static_files
    settings.ARCHIVES_FOLDER = no_static_files / "archives"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Rows are really committed, for tests of several connections; the database is emptied afterwards.

    Emptying takes the rows that migrations made as well, so the ratings and roles are put back first.
    """
    for migration in ("0003_default_ratings", "0004_roles", "0006_redaction", "0009_webhook_roles"):
        import_module(f"claims.migrations.{migration}").add(apps, None)
