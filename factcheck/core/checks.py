"""What `manage.py check --deploy` reports of the site beyond Django's own checks. Run it as the web processes run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 — Django's name
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from factcheck.core import guards
from factcheck.core.postgres.reading import reading, reading_from
from factcheck.core.postgres.standbys import position
from factcheck.core.static_files import BundlingStorage

_AGAIN = "Run `manage.py grant_web_role` as the owner of the tables."
_OWN_LOGIN = (
    "Let the web processes log in with the role of `manage.py grant_web_role`, by their own DATABASE_URL. "
    "Only `migrate` and `grant_web_role` connect as the owner."
)
# RESET ROLE returns to the role that logged in, so that role's rights count.
_ROLE = "SELECT session_user, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = session_user"
_BECOMES = """
    SELECT rolname FROM pg_roles
    WHERE rolname <> session_user AND pg_has_role(session_user, oid, 'MEMBER') ORDER BY rolname
"""
_OWNED = """
    WITH me AS (SELECT oid FROM pg_roles WHERE rolname = session_user),
        ours AS (SELECT oid FROM pg_namespace WHERE nspname = 'public')
    SELECT 'the database' FROM pg_database JOIN me ON datdba = me.oid WHERE datname = current_database()
    UNION ALL SELECT 'the schema' FROM pg_namespace JOIN me ON nspowner = me.oid WHERE nspname = 'public'
    UNION ALL SELECT relname FROM pg_class JOIN me ON relowner = me.oid JOIN ours ON relnamespace = ours.oid
        WHERE relkind = 'r'
    UNION ALL SELECT proname FROM pg_proc JOIN me ON proowner = me.oid JOIN ours ON pronamespace = ours.oid
"""
_MAY_CREATE = """
    SELECT has_schema_privilege(session_user, 'public', 'CREATE')
        OR has_database_privilege(session_user, current_database(), 'TEMPORARY, CREATE')
"""
_MAY_CHANGE = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
    AND (has_table_privilege(session_user, oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR has_any_column_privilege(session_user, oid, 'UPDATE')) ORDER BY relname
"""
_MAY_NOT_READ_OR_ADD = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND NOT (has_table_privilege(session_user, oid, 'SELECT')
        AND (relname = 'django_migrations' OR has_table_privilege(session_user, oid, 'INSERT'))) ORDER BY relname
"""
_MAY_SWITCH_OFF = "SELECT has_parameter_privilege(session_user, 'session_replication_role', 'SET')"
# If one of these is off, a commit that was acknowledged can be lost.
_DURABLE = ("synchronous_commit", "fsync", "full_page_writes")


def check_proxy(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Warn if the site is served with https and doesn't trust the proxy in front of it."""
    if not settings.HTTPS or settings.TRUSTED_PROXY:
        return []
    return [
        Warning(
            "SITE_URL is https and TRUSTED_PROXY is off, so every request that a proxy passes on counts as plain http "
            "and as the proxy's own.",
            hint="Let the proxy set X-Forwarded-Proto and add to X-Forwarded-For, and set TRUSTED_PROXY=on. "
            "Ignore this if the web server ends TLS itself.",
            id="factcheck.W001",
        )
    ]


def check_contact(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Warn if readers have no way to report an error."""
    if settings.CONTACT:
        return []
    return [
        Warning(
            "CONTACT is not set, so readers can't report an error or ask for a check.",
            hint="Set CONTACT to an e-mail address that somebody reads, or to the https address of a contact page.",
            id="factcheck.W002",
        )
    ]


def check_static_files(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report static files that aren't collected as they are in the code: pages that name them fail or look wrong."""
    outdated = staticfiles_storage.outdated() if isinstance(staticfiles_storage, BundlingStorage) else []
    if not outdated:
        return []
    return [
        Error(
            f"Static files of this version aren't collected: {_some(outdated)}.",
            hint="Run `manage.py collectstatic --no-input`, and restart the web processes.",
            id="factcheck.E014",
        )
    ]


def check_database(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report what lets this process change the record past its guards, and what lets the server lose it."""
    try:
        return [*_role(), *_guards(), *_durability(_values(_DURABLE)), *_limits()]
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        hint = "Start the server, or correct DATABASE_URL. Then run the check again."
        return [Error(f"The database can't be checked: {reason}", hint=hint, id="factcheck.E001")]


def check_standbys(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report a standby that doesn't answer, isn't one of this primary, or lets this process do what it must not."""
    found: list[CheckMessage] = []
    for alias in settings.REPLICAS:
        name = f"{alias} of DATABASE_REPLICA_URLS"
        try:
            own, primary = position(alias), position(DEFAULT_DB_ALIAS)
            if not own.is_standby or own.system != primary.system:
                hint = "Correct DATABASE_REPLICA_URLS, or make the standby with pg_basebackup."
                found.append(Error(f"{name} isn't a hot standby of this database.", hint=hint, id="factcheck.E012"))
            with reading_from(alias):
                found += _role()
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            hint = "Start the standby, or remove it. Until then the others and the primary serve readers."
            found.append(Warning(f"{name} can't be checked: {reason}", hint=hint, id="factcheck.W003"))
    return found


def _role() -> Iterator[CheckMessage]:
    (role, is_superuser, makes_roles), *_rest = _rows(_ROLE)
    if is_superuser:
        yield Error(f"The web processes log in as {role}, a superuser.", hint=_OWN_LOGIN, id="factcheck.E002")
        return
    owned = _column(_OWNED)
    if owned:
        yield Error(
            f"The web processes log in as {role}, the owner of {_some(owned)}.", hint=_OWN_LOGIN, id="factcheck.E003"
        )
        return
    becomes = _column(_BECOMES)
    if becomes or makes_roles:
        what = f"become {_some(becomes)}" if becomes else "make roles and become them"
        yield Error(f"The role {role} of the web processes can {what}.", hint=_AGAIN, id="factcheck.E004")
    changes = _column(_MAY_CHANGE, [sorted(guards.append_only_tables())])
    if changes:
        yield Error(f"The role {role} may change or delete rows of {_some(changes)}.", hint=_AGAIN, id="factcheck.E005")
    if _column(_MAY_CREATE) == [True]:
        yield Error(
            f"The role {role} may create tables, which could take the place of ours.", hint=_AGAIN, id="factcheck.E006"
        )
    if _column(_MAY_SWITCH_OFF) == [True]:
        yield Error(
            f"The role {role} may switch off the triggers that guard the record.",
            hint=f"As a superuser, run `REVOKE SET ON PARAMETER session_replication_role FROM {role}, PUBLIC`.",
            id="factcheck.E007",
        )
    lacking = _column(_MAY_NOT_READ_OR_ADD)
    if lacking:
        yield Error(f"The role {role} may not read or add rows of {_some(lacking)}.", hint=_AGAIN, id="factcheck.E008")


def _guards() -> Iterator[CheckMessage]:
    if _column("SELECT current_setting('session_replication_role')") == ["replica"]:
        yield Error(
            "session_replication_role is replica, so no trigger guards the record.",
            hint="Remove that setting from the server, the database and the role (`ALTER ROLE … RESET`).",
            id="factcheck.E009",
        )
    in_force = guards.in_force()
    for guard, migration in guards.expected().items():
        if guard not in in_force:
            yield Error(
                f"The trigger {guard} is missing or disabled.",
                hint="As the owner of the tables, run `manage.py migrate`. If it has nothing to do, run "
                f"`ALTER TABLE {guard.table} ENABLE TRIGGER {guard.name}`, or create the trigger with the SQL that "
                f"`manage.py sqlmigrate {migration.app_label} {migration.name}` prints. Then run "
                "`manage.py check_record`, because rows may have changed.",
                id="factcheck.E010",
            )


def _durability(values: Mapping[str, str]) -> Iterator[CheckMessage]:
    for name, value in values.items():
        if value == "off":
            yield Error(
                f"{name} is off, so a crash of the server can lose or damage what was published.",
                hint=f"Set {name} = on in postgresql.conf, or remove the setting from the database and the role.",
                id="factcheck.E011",
            )


def _limits() -> Iterator[CheckMessage]:
    """The limit of each connection to wait for a lock. A pooler that drops it drops the role of the connection too."""
    kept = _values(["lock_timeout"])["lock_timeout"] != "0"
    if not kept and not settings.DATABASE_POOLER:
        yield Error(
            "The connection has lost its lock_timeout on the way: a pooler dropped it.",
            hint="Set DATABASE_POOLER=on.",
            id="factcheck.E013",
        )


def _values(names: Sequence[str]) -> dict[str, str]:
    return dict(_rows("SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name", [list(names)]))


def _rows(query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with reading().cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _column(query: str, parameters: Sequence[Any] = ()) -> list[Any]:
    return [value for (value,) in _rows(query, parameters)]


def _some(names: Sequence[str]) -> str:
    shown, rest = names[:3], names[3:]
    return ", ".join(shown) + (f" and {len(rest)} more" if rest else "")
