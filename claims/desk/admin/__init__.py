"""The desk's pages, one file a subject. Importing a file registers its pages."""

from claims.desk.admin import (  # noqa: F401
    claim,
    claimant,
    duplicate,
    foreign,
    foreign_label,
    history,
    imports,
    name_change,
    newsroom,
    rating,
    source,
    synonyms,
    topic,
    webhook,
)
