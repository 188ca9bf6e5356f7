"""Exports as text, and a database to load them into."""

from io import StringIO

from django.core.management import call_command
from django.db import connection


def exported(*arguments: str) -> str:
    """What `export_fixture` writes."""
    out = StringIO()
    call_command("export_fixture", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def empty_the_database() -> None:
    """All that the desk and the record hold is gone; roles and ratings stay, as after `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "TRUNCATE accounts_user, sources_publisher, claims_claimant, claims_topic, claims_indexentry, "
            "claims_facet, claims_stem, claims_word CASCADE"
        )
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
