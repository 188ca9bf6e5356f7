"""What is posted to the desk outlives a sign-in that ended and a page that was too old.

The page that asks for the password carries the text, signed. After the sign-in it is shown to the same person, who
presses a button to send it. Nothing is stored and nothing is sent by itself. Files and passwords are never carried.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin
from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from factcheck.core.web.outages import DESK_PATHS

# The hidden field of the sign-in page.
CARRIED = "carried"
# The cookies: the path that was stored, for the drafts in the browser, and the person who used the desk last.
SAVED, PERSON = "desk_saved", "desk_person"
# How much is carried, in characters, and for how long.
LONGEST, SECONDS = 500_000, 60 * 60
# Opens the form with the text that was sent, and stores nothing.
LOOK = "_look"
_SALT = "factcheck.core.desk.typed"
_OWN = {"csrfmiddlewaretoken", CARRIED, LOOK}
_SAVED_SECONDS = 60
_HIDDEN = {
    *("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"),
    *("id", "place", "as_read", "version", "csrf"),
}


def fields(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, without passwords and our own fields."""
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in _OWN and "password" not in name.lower()
    ]


def has_text(request: HttpRequest) -> bool:
    """True if a person can have typed something of what was posted."""
    return any(_is_text(name, value) for name, value in fields(request))


def ask_to_sign_in(site: admin.AdminSite, request: HttpRequest) -> HttpResponse:
    """The sign-in page, with status 403 and what was posted. After the sign-in `resume` shows it."""
    kept = signing.dumps(
        {"path": request.get_full_path(), "fields": fields(request), "person": _last_person(request)},
        salt=_SALT,
        compress=True,
    )
    is_kept = sum(len(name) + len(value) for name, value in fields(request)) <= LONGEST
    context = {
        "app_path": reverse("admin:login"),
        "next": request.get_full_path(),
        CARRIED: kept if is_kept else "",
        "is_lost": not is_kept,
        "has_files": bool(request.FILES),
    }
    request.method = "GET"
    response = site.login(request, context)
    response.status_code = HTTPStatus.FORBIDDEN
    return response


def resume(site: admin.AdminSite, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """After a sign-in, the page with the text that it carried. Otherwise `response`."""
    sent = request.POST.get(CARRIED, "")
    if not sent or not request.user.is_authenticated or response.status_code != HTTPStatus.FOUND:
        return response
    try:
        kept = signing.loads(sent, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return response
    if not str(kept["path"]).startswith(DESK_PATHS):
        return response
    is_another = kept["person"] not in {"", str(request.user.pk)}
    return page(
        site,
        request,
        path=kept["path"],
        typed=[] if is_another else kept["fields"],
        title=_("Your text isn't saved yet"),
        sentence=_(
            "Somebody else typed a text on this computer after their sign-in had ended. "
            "Only they can get it back, by signing in here."
        )
        if is_another
        else _("Your sign-in had ended, so we saved nothing. Check what you typed, then send it."),
    )


def page(
    site: admin.AdminSite, request: HttpRequest, *, path: str, typed: list[Any], title: str, sentence: str
) -> TemplateResponse:
    """What was typed, as text to read and copy, and as a form that sends it to `path`."""
    form = path.partition("?")[0]
    model = _model_at(form)
    context = {
        **site.each_context(request),
        "title": title,
        "sentence": sentence,
        "path": path,
        "typed": [tuple(pair) for pair in typed],
        "look": LOOK if form.rstrip("/").endswith(("/change", "/add")) else "",
        "shown": [
            (words, value) for name, value in typed if _is_text(name, value) and (words := _in_words(model, name))
        ],
    }
    return TemplateResponse(request, "admin/typed.html", context, headers={"Cache-Control": "no-store"})


def note_saved(request: HttpRequest, response: Any) -> Any:
    """The response, with cookies: which form was stored, so that its draft goes, and who used the desk."""
    if request.user.is_authenticated and isinstance(response, HttpResponse):
        is_popup = "popup_response" in str(getattr(response, "template_name", ""))
        if request.method == "POST" and (response.status_code == HTTPStatus.FOUND or is_popup):
            _set(response, SAVED, quote(request.path), max_age=_SAVED_SECONDS)
        who = str(request.user.pk)
        if _last_person(request) != who:
            _set(response, PERSON, signing.dumps(who, salt=PERSON), httponly=True)
    return response


def _last_person(request: HttpRequest) -> str:
    """The key of the person who used the desk last in this browser. Empty if it isn't known."""
    try:
        return str(signing.loads(request.COOKIES.get(PERSON, ""), salt=PERSON))
    except signing.BadSignature:
        return ""


def _set(response: HttpResponse, name: str, value: str, **options: Any) -> None:
    response.set_cookie(
        name, value, path=DESK_PATHS[0], samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, **options
    )


def _model_at(path: str) -> Any:
    """The model whose form is at this path. None if there is none."""
    try:
        return resolve(path).func.model_admin.model  # type: ignore[attr-defined]
    except (Resolver404, AttributeError):
        return None


def _in_words(model: Any, name: str) -> str:
    """What the form of the model calls a field, such as "Evidence 2: Quote". The name itself if it isn't known.

    Empty if the key of a chosen row is sent in it, which says nothing to a person.
    """
    row, _dash, of_row = name.partition("-")
    before = ""
    try:
        if of_row:
            model = model._meta.get_field(row).related_model
            number, _dash, row = of_row.partition("-")
            before = f"{capfirst(model._meta.verbose_name)} {int(number) + 1}: "
        field = model._meta.get_field(row)
    except (AttributeError, FieldDoesNotExist, ValueError):
        return name
    return "" if field.is_relation else before + capfirst(field.verbose_name)


def _is_text(name: str, value: str) -> bool:
    """True for what a person can have typed: not a count or a place of rows, a key, a fingerprint or an unused row."""
    plain = name.rpartition("-")[2]
    return (
        bool(value.strip())
        and plain not in _HIDDEN
        and not plain.startswith("_")
        and not name.startswith("initial-")
        and "-__prefix__-" not in name
    )
