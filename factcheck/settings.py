"""Settings of the whole site. Values that differ between machines come from `factcheck.environment`."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from factcheck import environment
from factcheck.core.postgres.address import settings_of
from factcheck.core.postgres.driver import Connection
from factcheck.core.web.contact import is_contact

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_FOLDER = Path(environment.text("DATA_FOLDER", str(BASE_DIR / ".data"))).absolute()

# The site, and what is switched on

DEBUG = environment.flag("DEBUG", default=False)
SITE_URL = environment.text("SITE_URL", environment.VARIABLES["SITE_URL"].default).rstrip("/")
SITE_NAME = environment.text("SITE_NAME", environment.VARIABLES["SITE_NAME"].default)
DATA_LICENSE = environment.text("DATA_LICENSE", environment.VARIABLES["DATA_LICENSE"].default)
CONTACT = environment.text("CONTACT")
SECURITY_CONTACT = environment.text("SECURITY_CONTACT")
FOUR_EYES = environment.flag("FOUR_EYES", default=True)
SENTENCE_MODEL = environment.flag("SENTENCE_MODEL", default=False)

_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL={SITE_URL!r} isn't a web address. Use https://your.host.")
HTTPS = _site.scheme == "https"
if not DATA_LICENSE.startswith(("https://", "http://")):
    raise ImproperlyConfigured(
        f"DATA_LICENSE={DATA_LICENSE!r} isn't the web address of a licence. Use one with https://."
    )
if CONTACT and not is_contact(CONTACT):
    raise ImproperlyConfigured(
        f"CONTACT={CONTACT!r} is neither an e-mail address nor an https address. Use facts@your.host or https://your.host/contact."
    )
if SECURITY_CONTACT and not SECURITY_CONTACT.startswith(("https://", "mailto:")):
    raise ImproperlyConfigured(f"SECURITY_CONTACT={SECURITY_CONTACT!r} doesn't begin with https:// or mailto:.")
ALLOWED_HOSTS = [_site.hostname, *environment.words("ALLOWED_HOSTS")]

# Anybody can read a key in this repository, so it is only for development.
DEVELOPMENT_KEY = "development-only-" + "0123456789" * 5
SECRET_KEY = environment.secret("SECRET_KEY") or (DEVELOPMENT_KEY if DEBUG else "")
if not DEBUG and (not SECRET_KEY or SECRET_KEY == DEVELOPMENT_KEY):
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it to 50 random characters or more, "
        "or set DEBUG=on on a machine that only you can reach."
    )

# Apps, middleware and templates

INSTALLED_APPS = [
    "factcheck.desk.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_filters",
    "django_htmx",
    "factcheck.accounts",
    "factcheck.core",
    "factcheck.devdb",
    "sources",
    "claims",
]

MIDDLEWARE = [
    "factcheck.core.web.request_ids.RequestIdMiddleware",
    "factcheck.core.web.head.HeadMiddleware",
    "factcheck.core.web.headers.SecurityHeadersMiddleware",
    "factcheck.core.web.health.HealthMiddleware",
    "factcheck.core.web.languages.LanguageMiddleware",
    "factcheck.core.web.outages.TimeLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "factcheck.core.web.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "factcheck.accounts.security.RefusalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

METRICS_TOKEN = environment.secret("METRICS_TOKEN")
if METRICS_TOKEN:
    MIDDLEWARE.insert(3, "factcheck.core.web.metrics.MetricsMiddleware")

ROOT_URLCONF = "factcheck.urls"
WSGI_APPLICATION = "factcheck.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "factcheck" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "factcheck.core.web.context.site",
            ],
        },
    },
]
FORM_RENDERER = "factcheck.core.desk.rendering.ControlRenderer"

# The database: the server in DATABASE_URL, or the project's own server on a private socket

_database_url, _role = environment.secret("DATABASE_URL"), environment.text("DATABASE_ROLE")
if _database_url and _role:
    raise ImproperlyConfigured(
        "DATABASE_ROLE and DATABASE_URL are both set. Unset DATABASE_ROLE, and put the role and its password in the "
        "DATABASE_URL of the web processes: `manage.py grant_web_role --url-file` writes it."
    )

# How long a request waits for the database, each time. Commands wait as long as it takes.
READER_SECONDS = environment.number("READER_TIME_LIMIT", least=100, most=60_000) / 1000
DESK_SECONDS = environment.number("DESK_TIME_LIMIT", least=100, most=600_000) / 1000
DATABASE_POOLER = environment.flag("DATABASE_POOLER", default=False)
_PARAMETERS = {
    # JIT compilation takes longer than our short queries.
    "jit": "off",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    # A statement ends when its client is gone.
    "client_connection_check_interval": "2s",
}


def _server(setting: str, url: str) -> dict[str, Any]:
    """The server at this address, as Django connects to it."""
    try:
        return _database({"ENGINE": "factcheck.core.postgres", **settings_of(url)})
    except ValueError as error:
        raise ImproperlyConfigured(f"{setting} {error}. Use postgresql://user:password@host/name.") from error


def _database(found: dict[str, Any]) -> dict[str, Any]:
    found["OPTIONS"] = {
        # For commands. Requests wait no longer than their time limit.
        "connect_timeout": 10,
        # A server that vanished from the network is noticed after a minute, also by a command without a time limit.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        **found.get("OPTIONS", {}),
    }
    if DATABASE_POOLER:
        # A pooler gives each transaction another session, so nothing may last longer.
        found |= {"PARAMETERS": _PARAMETERS, "DISABLE_SERVER_SIDE_CURSORS": True}
    else:
        found["OPTIONS"]["options"] = " ".join(f"-c {name}={value}" for name, value in _PARAMETERS.items())
    found["CONN_HEALTH_CHECKS"] = True
    if environment.flag("DATABASE_POOL", default=False):
        found["OPTIONS"]["pool"] = {"timeout": READER_SECONDS, "connection_class": Connection}
    else:
        found["CONN_MAX_AGE"] = 60
    return found


if _database_url:
    DATABASES = {"default": _server("DATABASE_URL", _database_url)}
else:
    DATABASES = {"default": _database({"ENGINE": "factcheck.devdb", "NAME": "factcheck", "USER": _role or "factcheck"})}
# Hot standbys, for readers' requests. Without any, nothing of them is installed.
REPLICAS = []
for _place, _url in enumerate(environment.secret("DATABASE_REPLICA_URLS").split(), 1):
    REPLICAS.append(f"replica_{_place}")
    DATABASES[REPLICAS[-1]] = _server("DATABASE_REPLICA_URLS", _url) | {"TEST": {"MIRROR": "default"}}
REPLICA_LAG = environment.number("REPLICA_LAG", least=1, most=3600)
if REPLICAS:
    DATABASE_ROUTERS = ["factcheck.core.postgres.reading.ReadRouter"]
    # Inside of the time limit and of compression.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware"),
        "factcheck.core.web.standbys.StandbyMiddleware",
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in [
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    ]
]
INVITATION_DAYS = environment.number("INVITATION_DAYS", least=1, most=30)
FRESH_SIGN_IN_MINUTES = environment.number("FRESH_SIGN_IN_MINUTES", least=1, most=720)
PASSWORD_RESET_TIMEOUT = INVITATION_DAYS * 24 * 60 * 60
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Mail. Nothing is sent without a mail server.

EMAIL_HOST = environment.text("EMAIL_HOST")
EMAIL_PORT = environment.number("EMAIL_PORT", least=1, most=65_535)
EMAIL_HOST_USER = environment.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.secret("EMAIL_PASSWORD")
_TLS, _STARTTLS = 465, 587
EMAIL_USE_SSL, EMAIL_USE_TLS = EMAIL_PORT == _TLS, EMAIL_PORT == _STARTTLS
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", f"factcheck@{_site.hostname}")

# Language and time

# English addresses have no prefix, other languages have their code: /es/claims/.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
# Times are stored in UTC and shown in this zone.
TIME_ZONE = environment.text("TIME_ZONE", "UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE: there is no time zone {TIME_ZONE!r}. Write its name: America/Denver.")
FORMAT_MODULE_PATH = "factcheck.formats"
LOCALE_PATHS = [BASE_DIR / "factcheck" / "locale"]
USE_I18N = True
USE_TZ = True

# Files

STATIC_URL = "static/"
STATIC_ROOT = DATA_FOLDER / "static"
ARCHIVES_FOLDER = DATA_FOLDER / "archives"
# Files that editors upload. Nothing serves the folder: views check who asks.
MEDIA_ROOT = DATA_FOLDER / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STATICFILES_DIRS = [BASE_DIR / "factcheck" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "factcheck.core.static_files.BundlingStorage"
    },
}

# The OpenAPI document. Other options are set in claims/outlets/api.

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# Security

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Networks that our requests may go to, besides the public internet.
try:
    OUTGOING_ALLOW = [ip_network(network) for network in environment.words("OUTGOING_ALLOW")]
except ValueError as error:
    raise ImproperlyConfigured(f"OUTGOING_ALLOW: {error}. Write networks such as 10.1.2.0/24.") from error
# True if an editor may have an article fetched from its address.
FETCH_ARTICLES = environment.flag("FETCH_ARTICLES", default=True)
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
TRUSTED_PROXY = environment.flag("TRUSTED_PROXY", default=False)
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The caches in front of the site, the nearest first.
CACHE_PURGE_URL = environment.words("CACHE_PURGE_URL")
CACHE_PURGE_HEADER = environment.secret("CACHE_PURGE_HEADER")
for _address in CACHE_PURGE_URL:
    if not _address.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"CACHE_PURGE_URL={_address!r} isn't a web address. Use http://127.0.0.1:8003/.")
if CACHE_PURGE_HEADER and not re.fullmatch(r"[A-Za-z0-9-]+: *[!-~]([ -~]*[!-~])?", CACHE_PURGE_HEADER):
    raise ImproperlyConfigured("CACHE_PURGE_HEADER isn't a header. Use one like Authorization: Bearer TOKEN.")

# A browser takes a cookie with this prefix only over https, for this host alone and for all its paths. So no neighbour
# under the same domain can set it.
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}language"
LANGUAGE_COOKIE_SECURE = HTTPS
# In the session, because the cookie of Django's other storages has a fixed name.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "factcheck.accounts.views.too_old"
X_FRAME_OPTIONS = "DENY"
# A claim with 50 pieces of evidence is about 700 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

ERROR_HOOK = environment.text("ERROR_HOOK")
_log_format = environment.text("LOG_FORMAT", environment.VARIABLES["LOG_FORMAT"].default)
if _log_format not in {"text", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT={_log_format!r} is invalid. Set it to text or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "factcheck.core.logs.RequestIdFilter"},
        "in_one_line": {"()": "factcheck.core.logs.OneLineFilter"},
        "requests": {"()": "factcheck.core.logs.RequestFilter"},
    },
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"},
        "json": {"()": "factcheck.core.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": _log_format, "filters": ["request_id"]},
        "security": {
            "class": "logging.StreamHandler",
            "formatter": _log_format,
            "filters": ["request_id", "in_one_line"],
        },
    },
    # Anybody can request any host and path as often as they like, so each event gets one line and no traceback.
    # Security events are logged at any level.
    "loggers": {
        "django.request": {"filters": ["requests"]},
        "django.security": {"handlers": ["security"], "propagate": False},
        "factcheck.security": {"handlers": ["security"], "propagate": False, "level": "INFO"},
    },
    "root": {"handlers": ["stderr"], "level": environment.text("LOG_LEVEL", "INFO").upper()},
}
