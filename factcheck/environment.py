"""The environment variables of the site. They are read only here, and README.md lists them."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Variable:
    """An environment variable: its name, its default and its meaning."""

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
        Variable("DEBUG", "off", "`on` shows full error pages. Only for a developer's own machine."),
        Variable(
            "SITE_URL",
            "http://127.0.0.1:8000",
            "The public address of the site. With `https`, cookies are secure and plain http is redirected.",
        ),
        Variable("ALLOWED_HOSTS", "the host of `SITE_URL`", "Further host names of the site, separated by commas."),
        Variable("SITE_NAME", "Factcheck", "The newsroom's name, as readers see it."),
        Variable(
            "DATA_LICENSE",
            "https://creativecommons.org/licenses/by/4.0/",
            "The address of the licence for the data. It is named in every download.",
        ),
        Variable(
            "TIME_ZONE",
            "UTC",
            "The newsroom's time zone, such as `America/Denver`. Pages show dates and times in it. Files and the API "
            "are in UTC.",
        ),
        Variable(
            "CONTACT",
            "",
            "Where readers write to: an e-mail address or an https address. Each claim and the footer link to it, with "
            "the claim and its version as the subject. `check --deploy` warns without it.",
        ),
        Variable(
            "SECURITY_CONTACT",
            "`CONTACT`, or the page about the site",
            "Where to report a weakness: `mailto:security@your.host` or an https address, for `security.txt`.",
        ),
        Variable(
            "DATABASE_URL",
            "the project's own PostgreSQL",
            "`postgresql://user:password@host/name`, version 15 or newer. "
            "`DATABASE_URL_FILE` names a file that holds it. The web processes log in with the role of "
            "`manage.py grant_web_role`, migrations as the owner.",
        ),
        Variable(
            "DATABASE_ROLE",
            "the owner of the tables",
            "The role that logs in at the project's own PostgreSQL: `make demo` serves the web as `factcheck_web`. "
            "With `DATABASE_URL`, that names the role.",
        ),
        Variable(
            "DATABASE_REPLICA_URLS",
            "",
            "Addresses of [hot standbys](docs/how-to/more-machines.md) that readers' pages are read from, separated by "
            "spaces. `DATABASE_REPLICA_URLS_FILE` names a file that holds them.",
        ),
        Variable(
            "REPLICA_LAG", "5", "A standby that is more than this many seconds behind the primary isn't read from."
        ),
        Variable(
            "DATABASE_POOLER",
            "off",
            "`on` if `DATABASE_URL` is the address of a [pooler](docs/how-to/more-machines.md#put-a-pooler-in-front) "
            "in transaction mode, such as PgBouncer.",
        ),
        Variable("DATABASE_POOL", "off", "`on` keeps a pool of connections per process, for a threaded server."),
        Variable(
            "READER_TIME_LIMIT",
            "1500",
            "How many milliseconds a reader's request waits for the database, each time, before it gets status 503.",
        ),
        Variable("DESK_TIME_LIMIT", "8000", "The same for requests to the desk."),
        Variable(
            "DATA_FOLDER", "`.data` in the checkout", "Folder of the project's own database and of collected files."
        ),
        Variable(
            "POSTGRES_BIN",
            "the wheel, then an installed PostgreSQL",
            "Folder of PostgreSQL's programs, for the project's own database, `backup` and `restore`.",
        ),
        Variable(
            "FOUR_EYES",
            "on",
            "`off` lets editors approve their own claims. The public record says so.",
        ),
        Variable(
            "SENTENCE_MODEL",
            "off",
            "`on` compares the wording of English texts by a [sentence model](docs/how-to/compare-wording.md) too, "
            "when an editor or a reader asks if something was checked. It needs `requirements-matching.txt`.",
        ),
        Variable(
            "OUTGOING_ALLOW",
            "",
            "Internal networks that the site may send requests to, on any port, separated by commas: "
            "`10.1.2.0/24`. The public internet is always allowed.",
        ),
        Variable(
            "FETCH_ARTICLES",
            "on",
            "`off` fetches no article when an editor gives its address. They paste its text instead.",
        ),
        Variable(
            "TRUSTED_PROXY",
            "off",
            "`on` trusts `X-Forwarded-Proto` and the last address in `X-Forwarded-For` from the proxy in front.",
        ),
        Variable(
            "CACHE_PURGE_URL",
            "",
            "The addresses of the caches in front of the site, separated by commas, the nearest first. Each public act "
            "is [purged](docs/how-to/deploy.md#purge-the-cache) from them. Without it, caches may keep a page for 3 "
            "seconds.",
        ),
        Variable(
            "CACHE_PURGE_HEADER",
            "",
            "A header that each purge has, such as `Authorization: Bearer …`. `CACHE_PURGE_HEADER_FILE` names a file "
            "that holds it.",
        ),
        Variable(
            "INVITATION_DAYS", "7", "How many days the link works by which a person sets a password, from 1 to 30."
        ),
        Variable(
            "FRESH_SIGN_IN_MINUTES",
            "15",
            "How many minutes after typing it a password isn't asked for again before people, links or webhook secrets "
            "change, from 1 to 720.",
        ),
        Variable(
            "EMAIL_HOST",
            "",
            "The mail server that sends links for passwords. Without one they are only shown to the chief editor.",
        ),
        Variable(
            "EMAIL_PORT", "587", "Its port. 465 is TLS from the start, 587 STARTTLS, any other without encryption."
        ),
        Variable("EMAIL_USER", "", "The account at the mail server."),
        Variable("EMAIL_PASSWORD", "", "Its password. `EMAIL_PASSWORD_FILE` names a file that holds it."),
        Variable("EMAIL_FROM", "factcheck@ and the host of `SITE_URL`", "The sender of mails."),
        Variable(
            "LOG_FORMAT", "text", "`json` writes one JSON object a line, with the id of the request and the traceback."
        ),
        Variable(
            "ERROR_HOOK",
            "",
            "A function that gets each error behind a status 500, as `module.function`: called with the exception and "
            "the request, for Sentry or a pager.",
        ),
        Variable(
            "METRICS_TOKEN",
            "",
            "Switches on [metrics](docs/how-to/operate.md#metrics) at `/-/metrics` for those who send it as bearer "
            "token. `METRICS_TOKEN_FILE` names a file that holds it.",
        ),
        Variable("LOG_LEVEL", "INFO", "The lowest level that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    ]
}

_ON, _OFF = {"1", "on", "true", "yes"}, {"", "0", "off", "false", "no"}


def text(name: str, default: str = "") -> str:
    """The value without surrounding space, or `default` if it is unset or empty.

    Raises KeyError if the variable isn't in the table.
    """
    if name not in VARIABLES:
        raise KeyError(name)
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """The value as a boolean. Raises ImproperlyConfigured if it is neither on nor off."""
    value = text(name, "on" if default else "off").lower()
    if value not in _ON | _OFF:
        raise ImproperlyConfigured(f"{name}={value!r} is invalid. Set it to on or off.")
    return value in _ON


def number(name: str, *, least: int, most: int) -> int:
    """The value as a whole number. Raises ImproperlyConfigured if it is none from `least` to `most`."""
    value = text(name, VARIABLES[name].default)
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(most)) and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name}={value!r} is invalid. Set it to a whole number from {least} to {most}.")
    return int(value)


def words(name: str) -> list[str]:
    """The comma-separated parts of the value."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def secret(name: str) -> str:
    """The content of the file that `<name>_FILE` names, or else the value of the variable.

    Raises ImproperlyConfigured if the file can't be read.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}.") from error
