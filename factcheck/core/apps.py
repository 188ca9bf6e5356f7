from django.apps import AppConfig
from django.core.checks import Tags, register

from factcheck.core import checks
from factcheck.core.web import error_hook


class CoreConfig(AppConfig):
    name = "factcheck.core"
    label = "core"

    def ready(self) -> None:
        """Register the checks of a deployment, which no command but `check --deploy` runs, and the error hook."""
        register(checks.check_proxy, Tags.security, deploy=True)
        register(checks.check_contact, deploy=True)
        register(checks.check_static_files, Tags.staticfiles, deploy=True)
        register(checks.check_database, Tags.database, deploy=True)
        register(checks.check_standbys, Tags.database, deploy=True)
        error_hook.connect()
