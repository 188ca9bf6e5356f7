"""Set-up for every test: hashed file names, slow password hashing and the archives of this checkout are off."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.conf import settings as of_every_test


@pytest.fixture(scope="session", autouse=True)
def _no_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty folder: WhiteNoise warns when there is none, also in a server that starts before a test's settings."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("static")
        patch.setattr(of_every_test, "STATIC_ROOT", folder)
        patch.setattr(of_every_test, "ARCHIVES_FOLDER", folder / "archives")
        yield


@pytest.fixture(autouse=True)
def _fast_and_plain(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Rows are really committed, for tests of several connections. Afterwards the database is as after a migration."""
