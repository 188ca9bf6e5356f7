"""Indexes that several tables have."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models.functions import Upper


def contains(field: str, *, name: str) -> GinIndex:
    """An index of the letters of a text, by threes, for `icontains`. Needs PostgreSQL's extension pg_trgm."""
    return GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=name)
