from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "factcheck.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Write down who signs in and out, and which addresses we refuse."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 — models load before

        from factcheck.accounts import fresh, security  # noqa: PLC0415

        security.connect()
        user_logged_in.connect(fresh.signed_in)
