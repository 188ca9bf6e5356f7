"""Settings with only the launcher and without other apps."""

import os
from pathlib import Path
from typing import Any

SECRET_KEY = "not-secret"
USE_TZ = True
READER_SECONDS = 1.5
DATA_FOLDER = Path(os.environ.get("DATA_FOLDER", "/nonexistent"))
INSTALLED_APPS = ["django.contrib.contenttypes", "factcheck.devdb"]
_options: dict[str, Any] = {"pool": True} if os.environ.get("POOL") else {}
DATABASES = {
    "default": {
        "ENGINE": "factcheck.devdb",
        "NAME": "factcheck",
        "USER": "factcheck",
        "OPTIONS": _options,
    }
}
