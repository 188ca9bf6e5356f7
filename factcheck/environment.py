"""What the environment may say: one table, read here and nowhere else, printed in README.md."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Variable:
    """One environment variable: what it is called, what holds without it, what it means."""

    name: str
    default: str
    meaning: str


VARIABLES = {
    variable.name: variable
    for variable in [
        Variable(
            "SECRET_KEY",
            "",
            "Signs sessions and forms: 50 random characters or more. Required unless `DEBUG` is on. "
            "`SECRET_KEY_FILE` names a file that holds it.",
        ),
        Variable("DEBUG", "off", "`on` shows errors in full, for a developer's own machine only."),
        Variable(
            "SITE_URL",
            "http://127.0.0.1:8000",
            "The public address of the site. With `https`, cookies are secure and plain http is redirected.",
        ),
        Variable("ALLOWED_HOSTS", "the host of `SITE_URL`", "More host names to answer to, separated by commas."),
        Variable("SITE_NAME", "Factcheck", "The newsroom's name, as readers see it."),
        Variable(
            "DATA_LICENSE",
            "https://creativecommons.org/licenses/by/4.0/",
            "The address of the licence under which the data may be used; it stands in every file.",
        ),
        Variable(
            "SECURITY_CONTACT",
            "the page about the site",
            "Where to report a weakness: `mailto:security@your.host` or an https address, for `security.txt`.",
        ),
        Variable(
            "DATABASE_URL",
            "a PostgreSQL of the project's own",
            "`postgresql://user:password@host/name`, version 15 or newer. "
            "`DATABASE_URL_FILE` names a file that holds it.",
        ),
        Variable(
            "DATABASE_ROLE",
            "the role that connects",
            "The database role the web processes take on; "
            "`manage.py grant_web_role` makes one that cannot rewrite the record.",
        ),
        Variable("DATABASE_POOL", "off", "`on` keeps a pool of connections per process, for a threaded server."),
        Variable("DATA_FOLDER", "`.data` in the checkout", "Where the project's own database and collected files lie."),
        Variable(
            "POSTGRES_BIN",
            "the wheel's, then an installed one",
            "Folder of PostgreSQL's programs, for the project's own database.",
        ),
        Variable(
            "FOUR_EYES",
            "on",
            "`off` lets a desk of one approve its own claims; the record then says so in public.",
        ),
        Variable(
            "OUTGOING_ALLOW",
            "",
            "Networks inside your own that the site may send requests to, on any port, separated by commas: "
            "`10.1.2.0/24`. The public internet it may reach anyway.",
        ),
        Variable(
            "TRUSTED_PROXY",
            "off",
            "`on` believes `X-Forwarded-Proto`, and the last address in `X-Forwarded-For`, from the proxy in front.",
        ),
        Variable("LOG_LEVEL", "INFO", "How much is logged: `DEBUG`, `INFO`, `WARNING`, `ERROR`."),
    ]
}

_ON, _OFF = {"1", "on", "true", "yes"}, {"", "0", "off", "false", "no"}


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding space, or `default` when it is unset or empty."""
    if name not in VARIABLES:
        raise KeyError(name)
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """The variable as yes or no. Raises ImproperlyConfigured for anything that is neither."""
    value = text(name, "on" if default else "off").lower()
    if value not in _ON | _OFF:
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off. Set it to on or off.")
    return value in _ON


def words(name: str) -> list[str]:
    """The variable's comma-separated parts."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def secret(name: str) -> str:
    """The variable, or the content of the file that `<name>_FILE` points to.

    Raises ImproperlyConfigured when that file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}.") from error
