from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "factcheck.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Write down who signs in and out, and which addresses we refuse."""
        from factcheck.accounts import security  # noqa: PLC0415 — models load before

        security.connect()
