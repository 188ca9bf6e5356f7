"""Template context for a published version: the evidence in columns, the number of origins, and the citation."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from claims.choices import Stance
from claims.formats.card import alt_text
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
    """The evidence of one or several stances."""

    slug: str
    title: Any
    stances: tuple[Stance, ...]
    evidence: list[Content]

    @property
    def is_mixed(self) -> bool:
        """True if the column has several stances, so that its title doesn't give the stance of each piece."""
        return len(self.stances) > 1


def verdict_context(content: Content) -> dict[str, Any]:
    """The context for the verdict template, from a body."""
    return {
        "claim": content,
        "columns": [
            Column(slug, title, stances, [item for item in content["evidence"] if item["stance"] in stances])
            for slug, title, stances in COLUMNS
        ],
        "origins": count_origins(content["evidence"]),
    }


def sharing_context(content: Content) -> dict[str, Any]:
    """The context for the templates for sharing and citing, from a body."""
    return {"citation": citation_of(content), "picture": alt_text(content)}
