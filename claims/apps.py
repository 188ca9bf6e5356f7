from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate


class ClaimsConfig(AppConfig):
    """The last of our apps: when its migrations have run, all tables and permissions are there."""

    name = "claims"

    def ready(self) -> None:
        """Let each migration end with the desk's roles, ratings and synonyms, and add our figures and our check."""
        from claims.desk.default_ratings import add_default_ratings  # noqa: PLC0415 — models load before
        from claims.desk.default_synonyms import add_default_synonyms  # noqa: PLC0415
        from claims.matching.encoder import check_model  # noqa: PLC0415
        from claims.outlets import gauges  # noqa: PLC0415
        from factcheck.accounts.roles import sync_roles  # noqa: PLC0415

        post_migrate.connect(sync_roles, sender=self)
        post_migrate.connect(add_default_ratings, sender=self)
        post_migrate.connect(add_default_synonyms, sender=self)
        register(check_model)
        gauges.add()
