"""The desk: Django's admin with our name and an overview of waiting work."""

from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from factcheck.accounts.models import User

# The tables in the menu, in the order of the work. The index page lists all tables.
MENU = ["claims.Claim", "sources.Source", "claims.Claimant", "claims.Topic"]


class DeskSite(admin.AdminSite):
    """The admin site where editors work."""

    site_header = _("Factcheck desk")
    site_title = _("Factcheck desk")
    index_title = _("The desk")
    empty_value_display = "–"
    enable_nav_sidebar = False

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        tables = {
            f"{app['app_label']}.{model['object_name']}": model
            for app in context["available_apps"]
            for model in app["models"]
            if model["admin_url"]
        }
        return context | {"desk_menu": [tables[name] for name in MENU if name in tables]}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"waiting": self.waiting(request), **(extra_context or {})})

    def waiting(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Counts of waiting claims: assigned to the user, waiting for review, and with unpublished changes."""
        if not request.user.has_perm("claims.view_claim"):
            return []
        claims = apps.get_model("claims", "Claim").objects
        return [
            {"label": label, "count": queryset.count(), "view": view}
            for view, label, queryset in [
                ("mine", _("assigned to me"), claims.assigned_to(cast("User", request.user))),
                ("review", _("waiting for review"), claims.waiting_for_review()),
                ("changed", _("published, with draft changes"), claims.changed_since_published()),
            ]
        ]


class DeskConfig(AdminConfig):
    """Replaces Django's admin site by the desk."""

    default_site = "factcheck.desk.DeskSite"
