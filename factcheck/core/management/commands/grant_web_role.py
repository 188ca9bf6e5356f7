"""`manage.py grant_web_role`: a login for the web processes that cannot rewrite the record or become its owner."""

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection, transaction
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from factcheck import environment
from factcheck.core import guards

# An owner of the database owns its schema too.
_OWNERS = """
    SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
    UNION SELECT tableowner FROM pg_tables WHERE schemaname = 'public'
"""
_ROLE = """
    SELECT rolsuper, array_remove(ARRAY[
        CASE WHEN NOT rolcanlogin THEN 'LOGIN' END, CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END,
        CASE WHEN rolcreatedb THEN 'NOCREATEDB' END, CASE WHEN rolreplication THEN 'NOREPLICATION' END,
        CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END
    ], NULL) FROM pg_roles WHERE rolname = %s
"""
_MEMBERSHIPS = """
    SELECT pg_get_userbyid(roleid), pg_get_userbyid(grantor) FROM pg_auth_members
    WHERE member = %s::regrole ORDER BY 1, 2
"""


class Command(BaseCommand):
    help = (
        "Create the role that the web processes log in with. It can read and write what they need and add to the "
        "record, but can't change or delete anything in the record, and can't become another role. Connect as the "
        "owner of the tables, and run this again after each migration."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="The role's name: lower-case letters, digits and underscores.")
        parser.add_argument(
            "--url-file",
            type=Path,
            help="The file for the DATABASE_URL_FILE of the web processes. If it doesn't exist, it is written with a "
            "new password. The role gets the password that is in it. Without this, the password stays as it is.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Print the SQL, without a password, and change nothing."
        )

    def handle(self, *, role: str, url_file: Path | None, dry_run: bool, **options: Any) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role) or role in {"public", "none"}:
            raise CommandError("Name the role with lower-case letters, digits and underscores, such as factcheck_web.")
        statements = statements_for(role)
        if dry_run:
            self.stdout.write("\n".join(f"{statement};" for statement in statements))
            return
        if url_file:
            statements.append(_password_statement(role, _password_in(url_file, role)))
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except ProgrammingError as error:
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            raise CommandError(
                "This connection can't create roles or grant rights. Connect as the owner of the tables, with the "
                "right CREATEROLE, and without DATABASE_ROLE. Or run the SQL of --dry-run as a superuser."
            ) from error
        if options["verbosity"]:
            self.stdout.write(f"{role} can read, write and add to the record. {_how_to_log_in(role, url_file)}")


def statements_for(role: str) -> list[str]:
    """The SQL that makes `role` a login with what the web processes need and nothing else. It can be run again.

    Raises CommandError if the role is a superuser or an owner, because then no right can be revoked.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROLE, [role])
        is_superuser, changes = cursor.fetchone() or (False, None)
        cursor.execute(_OWNERS)
        owners = {owner for (owner,) in cursor.fetchall()}
        tables = set(connection.introspection.table_names(cursor))
        memberships: list[tuple[str, str]] = []
        if changes is not None:
            cursor.execute(_MEMBERSHIPS, [role])
            memberships = cursor.fetchall()
    if role in owners or is_superuser:
        raise CommandError(f"{role} owns the tables or is a superuser, so no right can be revoked. Name another role.")
    append_only = guards.append_only_tables() & tables
    read_only = {"django_migrations"} & tables
    rights = [
        ("SELECT", read_only),
        ("SELECT, INSERT", append_only),
        ("SELECT, INSERT, UPDATE, DELETE", tables - append_only - read_only),
    ]
    name, database = sql.Identifier(role), sql.Identifier(str(connection.settings_dict["NAME"]))
    statements = [
        *([sql.SQL("CREATE ROLE {} LOGIN").format(name)] if changes is None else []),
        *([sql.SQL("ALTER ROLE {} " + " ".join(changes)).format(name)] if changes else []),
        # A member of a role can become that role or has its rights, and some let it read files and run programs.
        *(
            sql.SQL("REVOKE {} FROM {} GRANTED BY {} CASCADE").format(sql.Identifier(group), name, sql.Identifier(by))
            for group, by in memberships
        ),
        # A table or function of its own could take the place of one of ours in the queries of later requests.
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}").format(database, name),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(name),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        *(
            sql.SQL("GRANT " + right + " ON {} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, sorted(tables_with_right))), name
            )
            for right, tables_with_right in rights
            if tables_with_right
        ),
        sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
    ]
    return [statement.as_string() for statement in statements]


def _password_in(url_file: Path, role: str) -> str:
    """The password in the file. If there is no file, write it with a new password, readable by this user alone.

    Raises CommandError if the file can't be read or written, or isn't the address of `role` with a password.
    """
    try:
        if not url_file.exists():
            _write_address(url_file, role)
        found = urlsplit(url_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        raise CommandError(f"{url_file} can't be read or written: {error}. Name another file.") from error
    if unquote(found.username or "") != role or not found.password:
        raise CommandError(
            f"{url_file} isn't the DATABASE_URL of {role} with a password. "
            "Correct it, or name a file that doesn't exist yet."
        )
    return unquote(found.password)


def _write_address(url_file: Path, role: str) -> None:
    own = urlsplit(environment.secret("DATABASE_URL"))
    if not own.scheme:
        raise CommandError(
            f"The project's own PostgreSQL needs no password. Leave out --url-file, and set DATABASE_ROLE={role} "
            "for the web processes."
        )
    place = own.netloc.rpartition("@")[2]
    address = own._replace(netloc=f"{quote(role, safe='')}:{secrets.token_urlsafe(32)}@{place}")
    descriptor = os.open(url_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{address.geturl()}\n")


def _password_statement(role: str, password: str) -> str:
    """The SQL that sets the password. It has only the SCRAM verifier, because servers log statements."""
    connection.ensure_connection()
    server = connection.connection.pgconn
    verifier = server.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    return statement.as_string()


def _how_to_log_in(role: str, url_file: Path | None) -> str:
    if url_file:
        return f"Set DATABASE_URL_FILE={url_file.absolute()} for the web processes."
    if environment.secret("DATABASE_URL"):
        return f"The web processes log in as {role} with their own DATABASE_URL."
    return f"Set DATABASE_ROLE={role} for the web processes."
