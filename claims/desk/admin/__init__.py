"""The desk's pages, one file a subject. Importing a file registers its pages."""

from claims.desk.admin import claim, claimant, duplicate, history, name_change, rating, source, synonyms, topic, webhook  # noqa: F401
