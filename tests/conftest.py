"""Set-up for every test: hashed file names and slow password hashing are off."""

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def _fast_and_plain(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
