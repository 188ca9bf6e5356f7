"""The admin's own log of what was done, which keeps the text of each row as it was then."""

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q


def replace_name(old: str, new: str) -> None:
    """Replace the text of a row in the lines of the log, also in those about rows that name it.

    Reads the whole log: it is for a name that must be forgotten.
    """
    escaped = json.dumps(old)[1:-1]
    for line in LogEntry.objects.filter(Q(object_repr__contains=old) | Q(change_message__contains=escaped)):
        line.object_repr = line.object_repr.replace(old, new)[:200]
        try:
            message = json.loads(line.change_message)
        except ValueError:
            message = []
        if isinstance(message, list):
            line.change_message = json.dumps([_renamed(item, old, new) for item in message]) if message else ""
        line.save(update_fields=["object_repr", "change_message"])


def _renamed(item: Any, old: str, new: str) -> Any:
    """An item of a change message, such as {"changed": {"name": …, "object": …}}."""
    return {
        verb: {**said, "object": said["object"].replace(old, new)} if isinstance(said.get("object"), str) else said
        for verb, said in item.items()
    }
