"""Pages that ask for the password again when the sign-in is older than `FRESH_SIGN_IN_MINUTES`.

What was sent is carried through the page that asks, in hidden fields of a form that goes to the same address. So
nothing that was typed is lost, nothing is stored, and the view runs as if nothing had been asked. The libraries for
this ask on a page of their own and lose the POST, are not kept up (django-sudo), or replace all of the accounts.
"""

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from factcheck.accounts import security, tries
from factcheck.accounts.models import SecurityKind, User

# When the password of the session was last typed, and the fields of the page that asks.
_SESSION, _MINUTE = "password_typed_at", 60
PASSWORD, OPENED = "fresh-password", "fresh-opened"
_OWN = {PASSWORD, OPENED, "csrfmiddlewaretoken"}
View = Callable[..., Any]


def signed_in(*, request: HttpRequest, **_signal: object) -> None:
    """Remember that the person has just typed their password. A receiver of `user_logged_in`."""
    request.session[_SESSION] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """True if the person typed their password less than `FRESH_SIGN_IN_MINUTES` ago."""
    typed = request.session.get(_SESSION)
    return isinstance(typed, int) and 0 <= time.time() - typed < settings.FRESH_SIGN_IN_MINUTES * _MINUTE


def needed(*, to_open: bool = False) -> Callable[[View], View]:
    """A method of the admin whose POST needs a fresh sign-in, and with `to_open` its page too."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            is_asked = request.method == "POST" or to_open
            if PASSWORD in request.POST and request.method == "POST":
                refusal = _check(request)
                if refusal is not None:
                    return _ask(request, refusal)
                if OPENED in request.POST:
                    return redirect(request.get_full_path())
                request.POST = _carried(request)
            elif is_asked and not is_fresh(request):
                return _ask(request)
            return view(self, request, *args, **kwargs)

        return answer

    return decorate


def _carried(request: HttpRequest) -> Any:
    """What was sent to the view, without the fields of the page that asks."""
    sent = request.POST.copy()
    for name in (PASSWORD, OPENED):
        sent.pop(name, None)
    return sent


def _check(request: HttpRequest) -> ValidationError | None:
    """Why the password isn't taken; None if it is right."""
    person = cast("User", request.user)
    try:
        tries.count(request, person.username)
    except tries.TooManyTries as refusal:
        return refusal
    typed = authenticate(request, username=person.username, password=request.POST.get(PASSWORD, ""))
    if typed is None or typed.pk != person.pk:
        return ValidationError(_("This isn't your password. Type it again."))
    tries.forgive(request, person.username)
    signed_in(request=request)
    security.note(SecurityKind.SIGN_IN, request=request, door=request.path)
    return None


def _ask(request: HttpRequest, refusal: ValidationError | None = None) -> HttpResponse:
    """The page that asks for the password, with what was sent to the view."""
    fields = [(name, value) for name, values in request.POST.lists() if name not in _OWN for value in values]
    context = {
        **admin.site.each_context(request),
        "title": _("Type your password again"),
        "refusal": " ".join(refusal.messages) if refusal else "",
        "fields": fields,
        "is_opened": request.method != "POST" or OPENED in request.POST,
        "minutes": settings.FRESH_SIGN_IN_MINUTES,
        "names": {"password": PASSWORD, "opened": OPENED},
    }
    response = TemplateResponse(request, "admin/accounts/fresh.html", context)
    if isinstance(refusal, tries.TooManyTries):
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(refusal.seconds)
    return response
