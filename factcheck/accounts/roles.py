"""The four roles of the desk, and what each may do: one table, which the database's groups follow."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q


def _may(actions: str, app: str, *models: str) -> set[str]:
    return {f"{app}.{action}_{model}" for action in actions.split() for model in models}


_ASSESSOR = _may(
    "view",
    "claims",
    *("claim", "claimant", "affiliation", "topic", "appearance", "evidence", "rating", "ratingscale"),
    *("claimevent", "revision", "publishedclaim", "correction", "approval", "namechange"),
) | _may("view", "sources", "publisher", "source", "snapshot")
_REPORTER = (
    _ASSESSOR
    | _may("add change submit", "claims", "claim")
    | _may("add change", "claims", "claimant")
    | _may("add change delete", "claims", "appearance", "evidence", "affiliation")
    | _may("add change", "sources", "publisher", "source")
)
_EDITOR = (
    _REPORTER
    | _may("change_any assign send_back approve publish decline", "claims", "claim")
    | _may("add change", "claims", "topic")
    | _may("add", "sources", "snapshot")
    | {"claims.rename_in_record"}
)
_CHIEF_EDITOR = (
    _EDITOR
    | _may("withdraw redact", "claims", "claim")
    | _may("add change", "claims", "rating", "ratingscale")
    | _may("view add change", "claims", "subscriber")
    | _may("view", "claims", "delivery")
    | _may("view add change", "accounts", "user")
)
ROLES = {"Reporter": _REPORTER, "Editor": _EDITOR, "Chief editor": _CHIEF_EDITOR, "Assessor": _ASSESSOR}


def sync_roles(using: str = "default", **_: Any) -> None:
    """Bring the groups of the roles to the table. Runs after each migration, when all permissions exist."""
    for name, rights in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        wanted = Q(pk__in=[])
        for right in rights:
            app, codename = right.split(".")
            wanted |= Q(content_type__app_label=app, codename=codename)
        group.permissions.set(Permission.objects.using(using).filter(wanted))
