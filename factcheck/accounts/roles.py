"""The four roles of the desk and their permissions. The groups in the database are synced to this table."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q


def _permissions(actions: str, app: str, *models: str) -> set[str]:
    return {f"{app}.{action}_{model}" for action in actions.split() for model in models}


_ASSESSOR = _permissions(
    "view",
    "claims",
    *("claim", "claimant", "affiliation", "topic", "appearance", "evidence", "claimpart", "picture"),
    *("rating", "ratingscale"),
    *("foreigncheck", "foreignlabel"),
    *("claimevent", "revision", "publishedclaim", "correction", "approval", "namechange"),
) | _permissions("view", "sources", "publisher", "source", "snapshot", "snapshottext", "sourcefile")
_REPORTER = (
    _ASSESSOR
    | _permissions("add change submit", "claims", "claim")
    | _permissions("add change", "claims", "claimant")
    | _permissions("add change delete", "claims", "appearance", "evidence", "claimpart", "picture", "affiliation")
    | _permissions("add change", "sources", "publisher", "source")
    | _permissions("add", "sources", "snapshottext", "sourcefile")
)
_EDITOR = (
    _REPORTER
    | _permissions("change_any assign send_back approve publish decline", "claims", "claim")
    | _permissions("add change", "claims", "topic")
    | _permissions("change", "claims", "foreignlabel")
    | _permissions("view", "claims", "likelyduplicate")
    | _permissions("view add", "claims", "importrun")
    | _permissions("add", "sources", "snapshot")
    | _permissions("delete", "sources", "snapshottext", "sourcefile")
    | {"claims.rename_in_record"}
)
_CHIEF_EDITOR = (
    _EDITOR
    | _permissions("withdraw redact", "claims", "claim")
    | _permissions("add change", "claims", "rating", "ratingscale")
    | _permissions("view add change", "claims", "synonymgroup")
    | _permissions("view add", "claims", "pageproposal")
    | _permissions("view add change", "claims", "subscriber")
    | _permissions("view", "claims", "delivery")
    | _permissions("view add change", "accounts", "user")
    | _permissions("view", "accounts", "securityevent")
)
ROLES = {"Reporter": _REPORTER, "Editor": _EDITOR, "Chief editor": _CHIEF_EDITOR, "Assessor": _ASSESSOR}


def sync_roles(using: str = "default", **_: Any) -> None:
    """Sync the groups in the database with `ROLES`. Runs after each migration, when all permissions exist."""
    for name, rights in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        wanted = Q(pk__in=[])
        for right in rights:
            app, codename = right.split(".")
            wanted |= Q(content_type__app_label=app, codename=codename)
        group.permissions.set(Permission.objects.using(using).filter(wanted))
