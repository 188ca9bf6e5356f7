"""Pages where people set their own password: by a link, or with the old one."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordChangeView, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.csrf import csrf_failure

from factcheck.accounts import security, tries
from factcheck.accounts.forms import OwnPasswordForm
from factcheck.accounts.models import SecurityKind, User
from factcheck.core.desk import typed
from factcheck.core.web.outages import DESK_PATHS


def limited(response: Any) -> HttpResponse:
    """The response with status 429 and the time to wait, if its form was refused for too many tries."""
    context = getattr(response, "context_data", None) or {}
    seconds = tries.too_many(context.get("form"))
    if seconds:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(seconds)
    return cast("HttpResponse", response)


def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in of the desk: Django's, with a limit on tries. It gives back what was posted when a sign-in ended."""
    carried = {typed.CARRIED: request.POST[typed.CARRIED]} if typed.CARRIED in request.POST else {}
    return typed.resume(admin.site, request, limited(admin.site.login(request, carried)))


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Status 403 for a form without a valid CSRF token. At the desk, with what was typed, if our own page sent it."""
    if not request.path_info.startswith(DESK_PATHS):
        return csrf_failure(request, reason)
    own = f"{request.scheme}://{request.get_host()}"
    kept = typed.fields(request) if request.user.is_authenticated and request.headers.get("Origin") == own else []
    response = typed.page(
        admin.site,
        request,
        path=request.get_full_path(),
        typed=kept,
        title=_("Not saved: this page was too old"),
        sentence=_(
            "You signed in again after you opened this page, so we saved nothing. Check what you typed, then send it."
        )
        if kept
        else _(
            "We couldn't check that this came from the desk, so we saved nothing. "
            "Open the page again and send it from there. If this browser kept what you typed, the page offers it."
        ),
    )
    response.status_code = HTTPStatus.FORBIDDEN
    return response


class SetPasswordView(PasswordResetConfirmView):
    """Sets a password by a single-use link. 410 if the link was used, replaced or has expired."""

    success_url = reverse_lazy("admin:login")
    title = gettext_lazy("Set your password")

    def get_user(self, uidb64: str) -> Any:
        """The person of the link. None for a deactivated account and for an address that nobody made."""
        try:
            user = super().get_user(uidb64)
        except (OverflowError, ValueError):
            return None
        return user if user is not None and user.is_active else None

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        if not self.validlink:
            response_kwargs["status"] = 410
        return super().render_to_response(context | admin.site.each_context(self.request), **response_kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, if the link is still valid when the account is locked: two people can't use one link."""
        with transaction.atomic():
            user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=form.user.pk)
            token = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN)
            if user.is_active and self.token_generator.check_token(user, token):
                form.user = user
                response = super().form_valid(form)
                security.note(SecurityKind.PASSWORD, actor=user, request=self.request, about=user.username, by="link")
                messages.success(self.request, _("Your password is set. Sign in with it."))
                return response
        self.validlink = False
        return cast("HttpResponse", self.render_to_response(self.get_context_data()))


class OwnPasswordView(PasswordChangeView):
    """Changes one's own password, with the old one. Ends all other sessions."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_invalid(self, form: Any) -> HttpResponse:
        return limited(super().form_invalid(form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | admin.site.each_context(self.request)

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password alone: other fields of the account may have changed since the page was asked for."""
        user = form.user
        user.set_password(form.cleaned_data["new_password1"])
        with transaction.atomic():
            user.save(update_fields=["password"])
            security.note(SecurityKind.PASSWORD, actor=user, request=self.request, about=user.username, by="old one")
        update_session_auth_hash(self.request, user)
        return super(PasswordChangeView, self).form_valid(form)
