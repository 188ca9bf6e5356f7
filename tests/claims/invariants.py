"""What holds between the desk and the record after every act, whoever did what in whichever order."""

from django.db import connection, models

from claims.desk import record_check
from claims.models import (
    Affiliation,
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
    RatingScale,
    Revision,
    Topic,
)
from factcheck.accounts.models import User
from sources.models import Publisher, Source

DESK: list[type[models.Model]] = [Claim, Claim.topics.through, Appearance, Evidence, ClaimEvent, Approval, NameChange]
NAMES: list[type[models.Model]] = [Claimant, Affiliation, Topic, Rating, RatingScale, Publisher, Source]
PEOPLE: list[type[models.Model]] = [User, User.groups.through]
RECORD: list[type[models.Model]] = [Revision, PublishedClaim, IndexEntry, Correction]

_ALL = "coalesce(string_agg((to_jsonb(t) - 'last_login')::text, ' ' ORDER BY id), '')"


def everything() -> dict[str, str]:
    """Each table of the desk and of the record with all it holds, in one query."""
    return dict(_rows([*DESK, *NAMES, *RECORD], _ALL))


def everything_and_people() -> dict[str, str]:
    """The same with the accounts, but not when they signed in last."""
    return dict(_rows([*DESK, *NAMES, *PEOPLE, *RECORD], _ALL))


def _rows(tables: list[type[models.Model]], expression: str) -> list[tuple[str, str]]:
    named = [table._meta.db_table for table in tables]
    query = " UNION ALL ".join(f"SELECT '{name}', {expression} FROM {name} t" for name in named)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def broken() -> list[str]:
    """Each promise that does not hold now, as a sentence; empty when all is well."""
    return [str(fault) for fault in record_check.faults()]


def leaked(secrets: set[str]) -> set[str]:
    """Those of these words that stand anywhere in the record."""
    held = str(_rows(RECORD, "t::text"))
    return {secret for secret in secrets if secret in held}
