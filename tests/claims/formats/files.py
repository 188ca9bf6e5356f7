"""Helpers for fixtures: export one as text, and empty the database to load one."""

from io import StringIO

from django.core.management import call_command
from django.db import connection


def exported(*arguments: str) -> str:
    """The output of `export_fixture`."""
    out = StringIO()
    call_command("export_fixture", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def empty_the_database() -> None:
    """Delete everything from the desk and the record. Roles and ratings stay, as after `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "TRUNCATE accounts_user, sources_publisher, claims_claimant, claims_topic, claims_indexentry, "
            "claims_facet, claims_stem, claims_word, claims_figurecount, claims_picturefile CASCADE"
        )
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
