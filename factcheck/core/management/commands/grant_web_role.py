"""`manage.py grant_web_role`: a database role for the web processes that cannot rewrite the record."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection, transaction
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

# Migrations give append-only tables triggers with this name. The rights are derived from them.
_APPEND_ONLY = """
    SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgname LIKE '%\\_only\\_grows\\_update' AND relnamespace = current_schema()::regnamespace
"""
_OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = current_schema()"
_ROLE = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"


class Command(BaseCommand):
    help = (
        "Create a database role for the web processes. It can read and write what they need and add to the record, "
        "but can't change or delete anything in the record. Run this again after each migration. Then set "
        "DATABASE_ROLE to the role, or let the web processes log in with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="The role's name: lower-case letters, digits and underscores.")
        parser.add_argument("--dry-run", action="store_true", help="Print the SQL and change nothing.")

    def handle(self, *, role: str, dry_run: bool, **options: Any) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role) or role in {"public", "none"}:
            raise CommandError("Name the role with lower-case letters, digits and underscores, such as factcheck_web.")
        statements = statements_for(role)
        if dry_run:
            self.stdout.write("\n".join(f"{statement};" for statement in statements))
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except ProgrammingError as error:
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            raise CommandError(
                "This connection can't create roles or grant rights. Unset DATABASE_ROLE, and set DATABASE_URL to "
                "the owner of the tables with the right CREATEROLE. Or run the SQL of --dry-run as that role."
            ) from error
        if options["verbosity"]:
            self.stdout.write(f"{role} can read, write and add to the record. Set DATABASE_ROLE={role}.")


def statements_for(role: str) -> list[str]:
    """The SQL that grants `role` what the web processes need and revokes everything else. It can be run again.

    Raises CommandError if the role is a superuser or owns the tables, because then no right can be revoked.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROLE, [role])
        found = cursor.fetchone()
        cursor.execute(_OWNERS)
        owners = {owner for (owner,) in cursor.fetchall()}
        cursor.execute(_APPEND_ONLY)
        append_only = {table for (table,) in cursor.fetchall()}
        tables = set(connection.introspection.table_names(cursor))
    if role in owners or (found and found[0]):
        raise CommandError(f"{role} owns the tables or is a superuser, so no right can be revoked. Name another role.")
    read_only = {"django_migrations"} & tables
    rights = [
        ("SELECT", read_only),
        ("SELECT, INSERT", append_only),
        ("SELECT, INSERT, UPDATE, DELETE", tables - append_only - read_only),
    ]
    name = sql.Identifier(role)
    templates = [
        *([] if found else [sql.SQL("CREATE ROLE {role} NOLOGIN")]),
        # So that the role that connects can SET ROLE.
        sql.SQL("GRANT {role} TO CURRENT_USER"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {role}"),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"),
        *(
            sql.SQL("GRANT " + right + " ON {tables} TO {{role}}").format(
                tables=sql.SQL(", ").join(map(sql.Identifier, sorted(tables_with_right)))
            )
            for right, tables_with_right in rights
            if tables_with_right
        ),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"),
    ]
    return [sql.SQL(template.as_string()).format(role=name).as_string() for template in templates]
