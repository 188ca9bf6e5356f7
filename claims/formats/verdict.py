"""A published version as its page shows it: the evidence in columns, and how many origins it has."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from claims.choices import Stance
from claims.formats.card import alternative
from claims.formats.citation import citation_of
from claims.record.rows import count_origins
from claims.schema import Content

COLUMNS = [
    ("for", _("For"), (Stance.SUPPORTS,)),
    ("against", _("Against"), (Stance.REFUTES,)),
    ("between", _("Mixed and context"), (Stance.MIXED, Stance.CONTEXT)),
]


@dataclass(frozen=True)
class Column:
    """The evidence on one side."""

    slug: str
    title: Any
    stances: tuple[Stance, ...]
    evidence: list[Content]

    @property
    def is_mixed(self) -> bool:
        """Whether the column's title does not tell the stance of each piece."""
        return len(self.stances) > 1


def verdict(content: Content) -> dict[str, Any]:
    """What the verdict template needs of a body."""
    return {
        "claim": content,
        "columns": [
            Column(slug, title, stances, [item for item in content["evidence"] if item["stance"] in stances])
            for slug, title, stances in COLUMNS
        ],
        "origins": count_origins(content["evidence"]),
    }


def shared(content: Content) -> dict[str, Any]:
    """What the templates of sharing and citing need of a body."""
    return {"citation": citation_of(content), "picture": alternative(content)}
