"""Settings for the launcher alone: it knows no app."""

import os
from pathlib import Path

SECRET_KEY = "not-secret"
USE_TZ = True
DATA_FOLDER = Path(os.environ["DATA_FOLDER"])
INSTALLED_APPS = ["django.contrib.contenttypes", "factcheck.core"]
DATABASES = {
    "default": {"ENGINE": "factcheck.core.postgres", "NAME": "factcheck", "USER": "factcheck", "OPTIONS": {}}
}
