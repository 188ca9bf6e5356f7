"""What public answers are made of, apart from the record: the code, the templates and the settings."""

import hashlib
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from django.conf import settings

# Settings that answers show.
_SHOWN = (
    *("SITE_URL", "SITE_NAME", "DATA_LICENSE", "CONTACT", "SECURITY_CONTACT"),
    *("TIME_ZONE", "LANGUAGES", "LANGUAGE_CODE", "DEBUG", "STATIC_URL"),
)
_CODE = {".py", ".html", ".txt", ".mo", ".css", ".js", ".json", ".svg", ".ttf"}
_APPS = ("claims", "factcheck", "sources")


def digest() -> str:
    """A digest of the code, the templates, the installed packages and the settings that answers are made from."""
    shown = repr([getattr(settings, name) for name in _SHOWN])
    return hashlib.sha256(f"{shown}\0{_digest_of_files()}".encode()).hexdigest()


# A process runs the files that it began with.
@cache
def _digest_of_files() -> str:
    installed = sorted(f"{one.name} {one.version}" for one in distributions())
    found = hashlib.sha256(repr(installed).encode())
    root = Path(settings.BASE_DIR)
    for path in sorted(path for app in _APPS for path in (root / app).rglob("*") if path.suffix in _CODE):
        found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()
