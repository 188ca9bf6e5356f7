"""The desk: Django's admin with our name and an overview of waiting work."""

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factcheck.core.desk import typed
from factcheck.core.desk.widgets import DeskAutocomplete

if TYPE_CHECKING:
    from factcheck.accounts.models import User

# The tables in the menu, in the order of the work. The index page lists all tables.
# How many people are named to somebody without a role.
_NAMED = 5
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

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's wrapper around each page of the desk. What was posted to it is never lost (`core.desk.typed`)."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and request.user.is_anonymous and typed.has_text(request):
                return typed.ask_to_sign_in(self, request)
            return typed.note_saved(request, guarded(request, *args, **kwargs))

        return answer

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that a picker offers, each with what tells it from its namesakes."""
        return DeskAutocomplete.as_view(admin_site=self)(request)  # type: ignore[return-value]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = {"waiting": self.waiting(request), "ask": self.whom_to_ask(request), **(extra_context or {})}
        return super().index(request, context)

    def whom_to_ask(self, request: HttpRequest) -> list[str]:
        """The people who can give a role, for a person without one. Empty for all others."""
        if request.user.has_perm("claims.view_claim"):
            return []
        people: Any = apps.get_model("accounts", "User").objects
        able = people.with_perm("accounts.change_user", backend="django.contrib.auth.backends.ModelBackend")
        return [person.signature for person in able.order_by("first_name", "last_name", "username")[:_NAMED]]

    def waiting(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Counts of waiting work, each with the address of its list.

        First the person's own steps: what was sent back to them, what they can submit and approve. Then what waits for
        anybody.
        """
        if not request.user.has_perm("claims.view_claim"):
            return []
        claims = apps.get_model("claims", "Claim").objects
        changes = apps.get_model("claims", "NameChange").objects
        of_claims, of_changes = reverse("admin:claims_claim_changelist"), reverse("admin:claims_namechange_changelist")
        user = cast("User", request.user)
        may_approve = user.has_perm("claims.approve_claim")
        return [
            {"label": label, "count": queryset.count(), "address": address}
            for address, label, queryset in [
                (f"{of_claims}?view=sent-back", _("sent back to me"), claims.sent_back(user)),
                (f"{of_claims}?view=to-submit", _("mine to submit"), claims.to_submit(user)),
                (f"{of_claims}?view=mentioned", _("where I'm mentioned"), claims.mentioning(user)),
                *(
                    [(f"{of_claims}?view=to-approve", _("waiting for my approval"), claims.to_approve(user))]
                    if may_approve
                    else []
                ),
                (f"{of_claims}?view=overdue", _("overdue"), claims.overdue(timezone.localdate())),
                (f"{of_claims}?view=review", _("waiting for review"), claims.waiting_for_review()),
                (f"{of_claims}?view=approved", _("approved, not published yet"), claims.waiting_for_publication()),
                (f"{of_claims}?view=changed", _("published, with draft changes"), claims.changed_since_published()),
                (f"{of_changes}?state__exact=proposed", _("changes of names to decide"), changes.proposed()),
            ]
        ]


class DeskConfig(AdminConfig):
    """Replaces Django's admin site by the desk."""

    default_site = "factcheck.desk.DeskSite"
