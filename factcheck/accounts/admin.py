"""Accounts of the desk. Chief editors manage them, except accounts with rights beyond the roles."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.accounts import fresh, people
from factcheck.accounts.forms import SignInForm
from factcheck.accounts.models import SecurityEvent, User
from factcheck.accounts.roles import ROLES
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin, ReadOnlyAdmin

# The roles are fixed, so that the documentation of their permissions stays true.
admin.site.unregister(Group)
admin.site.login_form = SignInForm


class PersonForm(forms.ModelForm[User]):
    """An account, without its password: only its owner sets that."""

    class Meta:
        model = User
        fields = ["username"]
        field_classes = {"username": UsernameField}


class MailForm(forms.Form):
    """Whether a person gets mails about claims."""

    wants_mail = forms.BooleanField(
        label=_("Send me emails about claims"),
        required=False,
        help_text=_(
            "When a claim is sent back or assigned to you, when one of yours is approved, or when you are mentioned."
        ),
    )


@admin.register(User)
class PersonAdmin(DeskModelAdmin):
    """People. They can't be deleted, because what they signed stays. Deactivate them instead."""

    form = PersonForm
    change_form_template = "admin/accounts/person_form.html"
    refusals = (*DeskModelAdmin.refusals, people.Refused)
    list_display = ["username", "signature", "roles", "is_active", "can_sign", "last_login"]
    list_filter = ["is_active", ("confirmed_at", admin.EmptyFieldListFilter), "groups"]
    search_fields = ["username", "first_name", "last_name", "initials"]
    ordering = ["username"]
    readonly_fields = ["last_login", "date_joined", "invited_by", "confirmed_by", "confirmed_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        names: dict[str, Any] = {
            "fields": ["first_name", "last_name", "username", "initials"],
            "description": _(
                "Readers see this name with everything that this person publishes. Without a name they see the "
                "username. What is already published keeps the name that it was published under."
            ),
        }
        if obj is None:
            return [(_("Public name"), names), (_("Access"), {"fields": ["groups", "email"]})]
        fieldsets = [
            (_("Public name"), names),
            (_("Access"), {"fields": ["is_active", "groups", "email"]}),
            (_("Confirmation"), {"fields": ["invited_by", "confirmed_by", "confirmed_at"]}),
            (_("Dates"), {"fields": ["last_login", "date_joined"]}),
        ]
        if is_superuser(request):
            fieldsets.append((_("Extra rights"), {"fields": ["is_staff", "is_superuser"]}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Initials are chosen once."""
        return [*super().get_readonly_fields(request, obj), *(["initials"] if obj else [])]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "initials" and field:
            field.help_text = _(
                "Readers see the initials next to the name. You can't change them later. Leave this empty to take them"
                " from the name."
            )
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs |= {
                "queryset": Group.objects.filter(name__in=ROLES).order_by("name"),
                "widget": forms.CheckboxSelectMultiple,
                "label": _("Roles"),
                "help_text": _("What this person can do at the desk."),
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # Who may change whom

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only confirmed chief editors add people: otherwise one could invite oneself through a second account."""
        return person_of(request).is_confirmed and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only confirmed people change accounts, and only superusers those with rights beyond the roles."""
        is_protected = obj is not None and not is_superuser(request) and has_rights_beyond_roles(obj)
        return not is_protected and person_of(request).is_confirmed and super().has_change_permission(request, obj)

    def explain(self, refusal: Exception, form: Any) -> None:
        if not isinstance(refusal, IntegrityError):
            super().explain(refusal, form)
            return
        form.add_error(None, _("Somebody else uses this name, or one that looks like it. Choose another."))

    # Saving

    @fresh.needed()
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form of a person. It needs a fresh sign-in."""
        return super().changeform_view(request, *args, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> User:
        """Keep the roles as they were, for the event of their change."""
        if change:
            form.roles_before = [group.name for group in form.instance.groups.all()]
        saved: User = super().save_form(request, form, change)
        return saved

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Invite a new person. Of one that is there, store what was typed alone."""
        by = person_of(request)
        if change:
            typed = [name for name in form.changed_data if name != "groups"]
            people.change(obj, {name: form.cleaned_data[name] for name in typed}, by=by)
        else:
            people.invite(obj, roles=form.cleaned_data["groups"], by=by)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().save_related(request, form, formsets, change)
            after = [group.name for group in form.cleaned_data["groups"]]
            people.note_roles(form.instance, form.roles_before, after, by=person_of(request))

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """The link, which isn't stored and so is shown once."""
        return self.link_response(request, obj)

    # Pages of its own

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("my-mail/", view(self.my_mail_view), name="my_mail"),
            path("<path:object_id>/link/", view(self.link_view), name="accounts_user_link"),
            path("<path:object_id>/confirm/", view(self.confirm_view), name="accounts_user_confirm"),
            *super().get_urls(),
        ]

    def my_mail_view(self, request: HttpRequest) -> HttpResponse:
        """The person's own switch for mails about claims."""
        person = person_of(request)
        is_sent = request.method == "POST"
        form = MailForm(request.POST if is_sent else None, initial={"wants_mail": person.wants_mail})
        if is_sent and form.is_valid():
            unexpected.report(request, form.fields)
            people.set_mail(person, wanted=form.cleaned_data["wants_mail"])
            self.message_user(request, gettext("Saved."), messages.SUCCESS)
            return redirect("admin:my_mail")
        context = self._context(request, person, _("Emails to me")) | {"form": form, "has_mail": settings.EMAIL_HOST}
        return TemplateResponse(request, "admin/accounts/my_mail.html", context)

    @fresh.needed()
    def link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what a new link ends; make it when that is sent."""
        person, by = self._person(request, object_id), person_of(request)
        try:
            if request.method == "POST":
                unexpected.report(request, [])
                return self.link_response(request, people.renew(person, by=by))
            people.check_other(person, by)
        except people.Refused as refusal:
            return self._act_page(request, person, "link", _("New link"), str(refusal))
        return self._act_page(request, person, "link", _("New link"))

    @fresh.needed()
    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what it means to confirm somebody; do it when that is sent."""
        person, by = self._person(request, object_id), person_of(request)
        try:
            if request.method == "POST":
                unexpected.report(request, ["as_read"])
                people.confirm(person, by=by, as_read=request.POST.get("as_read", ""))
                self.message_user(request, gettext("Confirmed. This person can submit and sign now."), messages.SUCCESS)
                return redirect("admin:accounts_user_change", person.pk)
            people.check_confirm(person, by)
        except people.Outdated as refusal:
            person.refresh_from_db()
            return self._act_page(request, person, "confirm", _("Confirm"), outdated=str(refusal))
        except people.Refused as refusal:
            return self._act_page(request, person, "confirm", _("Confirm"), str(refusal))
        return self._act_page(request, person, "confirm", _("Confirm"))

    def link_response(self, request: HttpRequest, person: User) -> HttpResponse:
        """The page with the link. The mail is sent when the account is committed, before the page is rendered."""
        link = people.link_for(person)
        context = self._context(request, person, _("Link to set a password")) | {"link": link, "is_mailed": False}

        def send() -> None:
            context["is_mailed"] = people.mail_link(person, link)

        transaction.on_commit(send)
        return TemplateResponse(request, "admin/accounts/link.html", context)

    def _person(self, request: HttpRequest, object_id: str) -> User:
        person = self.get_object(request, unquote(object_id))
        if person is None:
            raise Http404(gettext("We couldn't find this person."))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return cast("User", person)

    def _context(self, request: HttpRequest, person: User, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            "person": person,
        }

    def _act_page(
        self, request: HttpRequest, person: User, act: str, title: Any, refusal: str = "", *, outdated: str = ""
    ) -> HttpResponse:
        """The page of an act. Without its button if the act is refused; to send again if it was outdated."""
        context = self._context(request, person, title)
        context |= {"refusal": refusal, "outdated": outdated, "as_read": people.fingerprint(person)}
        code = 409 if outdated else 200
        if refusal:
            code = 403 if request.method == "POST" else 409
        return TemplateResponse(request, f"admin/accounts/{act}_act.html", context, status=code)

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("signs as"))
    def signature(self, person: User) -> str:
        return person.signature

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())

    @admin.display(description=_("confirmed"), boolean=True)
    def can_sign(self, person: User) -> bool:
        return person.is_confirmed


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


def person_of(request: HttpRequest) -> User:
    """Who asks; the desk lets nobody in without a name."""
    return cast("User", request.user)


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
