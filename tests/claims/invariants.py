"""Invariants of the desk and the record. They hold after every act, by anybody and in any order."""

from django.db import connection, models

from claims.desk import record_check
from claims.models import (
    Appearance,
    Approval,
    Claim,
    Claimant,
    ClaimEvent,
    Correction,
    Evidence,
    IndexEntry,
    NameChange,
    PublishedClaim,
    Rating,
    Revision,
    Topic,
)
from sources.models import Publisher, Source

DESK: list[type[models.Model]] = [Claim, Claim.topics.through, Appearance, Evidence, ClaimEvent, Approval, NameChange]
NAMES: list[type[models.Model]] = [Claimant, Topic, Rating, Publisher, Source]
RECORD: list[type[models.Model]] = [Revision, PublishedClaim, IndexEntry, Correction]


def everything() -> dict[str, str]:
    """All rows of each table of the desk and of the record, from one query."""
    return dict(_rows([*DESK, *NAMES, *RECORD], "coalesce(string_agg(t::text, ' ' ORDER BY id), '')"))


def _rows(tables: list[type[models.Model]], expression: str) -> list[tuple[str, str]]:
    named = [table._meta.db_table for table in tables]
    query = " UNION ALL ".join(f"SELECT '{name}', {expression} FROM {name} t" for name in named)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def broken() -> list[str]:
    """A sentence for each invariant that doesn't hold now. Empty if the record is whole."""
    return [str(fault) for fault in record_check.faults()]


def leaked(secrets: set[str]) -> set[str]:
    """Those of these words that are anywhere in the record."""
    held = str(_rows(RECORD, "t::text"))
    return {secret for secret in secrets if secret in held}
