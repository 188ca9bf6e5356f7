"""Accounts of the desk. Chief editors manage them, except accounts with rights beyond the roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from factcheck.accounts.models import SecurityEvent, User
from factcheck.accounts.roles import ROLES
from factcheck.core.desk.admin import DeskModelAdmin, ReadOnlyAdmin
from factcheck.core.web.pagination import CappedPaginator

# The roles are fixed, so that the documentation of their permissions stays true.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(DeskModelAdmin, UserAdmin[User]):
    """People. They can't be deleted, because what they signed stays. Deactivate them instead."""

    list_display = ["username", "signature", "roles", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "first_name", "last_name"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (
            _("Public signature"),
            {
                "fields": ["first_name", "last_name"],
                "description": _(
                    "Readers see this name under what this person publishes, or the username without one. "
                    "What is signed already keeps the name it was signed with."
                ),
            },
        ),
        (_("Access"), {"fields": ["is_active", "groups", "email"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj and is_superuser(request):
            return [*fieldsets, (_("Beyond the roles"), {"fields": ["is_staff", "is_superuser"]})]
        return fieldsets

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs |= {
                "queryset": Group.objects.filter(name__in=ROLES).order_by("name"),
                "widget": forms.CheckboxSelectMultiple,
                "label": _("Roles"),
                "help_text": _("What this person may do at the desk."),
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers can change people with rights beyond the roles."""
        is_protected = obj is not None and not is_superuser(request) and has_rights_beyond_roles(obj)
        return not is_protected and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Give each new person access to the desk. Their roles decide what they can do there."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("signs as"))
    def signature(self, person: User) -> str:
        return person.signature

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    """Security events, for chief editors."""

    list_display = ["at", "kind", "actor_name", "about", "network", "request_id"]
    list_filter = ["kind", ("actor", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["actor"]
    search_fields = ["actor_name", "about", "network", "request_id"]
    search_help_text = _("A user name, what it is about, a network or the id of a request")
    date_hierarchy = "at"
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER
    fields = ["at", "kind", "actor", "actor_name", "about", "facts", "network", "request_id"]

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any) -> Any:
        return CappedPaginator(queryset, per_page)


def is_superuser(request: HttpRequest) -> bool:
    """True if the user of the request is a superuser."""
    return bool(getattr(request.user, "is_superuser", False))


def has_rights_beyond_roles(person: User) -> bool:
    """True if this person has rights that no role gives."""
    return (
        person.is_superuser
        or person.user_permissions.exists()
        or any(group.name not in ROLES for group in person.groups.all())
    )
