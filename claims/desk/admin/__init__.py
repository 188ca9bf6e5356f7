"""The desk: one file a subject. Importing them registers them."""

from claims.desk.admin import claim, claimant, history, name_change, rating, source, topic, webhook  # noqa: F401
