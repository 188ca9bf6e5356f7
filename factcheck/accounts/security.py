"""Security events: one row and one line of the log each, with the person, the network and the id of the request."""

import json
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse

from factcheck.accounts.models import SecurityEvent, SecurityKind, User, password_set
from factcheck.core.desk.tables import exported
from factcheck.core.desk.unexpected import unexpected_fields
from factcheck.core.http import address_refused
from factcheck.core.text import printable
from factcheck.core.web.limits import network_of
from factcheck.core.web.request_ids import current_request, id_of

_LONGEST, _LONGEST_FACT = 200, 100
_log = logging.getLogger("factcheck.security")


def note(
    kind: SecurityKind,
    *,
    actor: User | None = None,
    request: HttpRequest | None = None,
    about: str = "",
    **facts: str | int | list[str],
) -> None:
    """Store and log a security event.

    Without `actor` or `request` they are those of the current request. The event belongs to the transaction that is
    open: if it is rolled back, there is no event. If the row can't be written, the act goes on and the log has a line.
    Texts are cut to 200 characters, facts to 100, and characters that can't be seen are replaced. Give no secrets.
    """
    event = _event(kind, actor=actor, request=request, about=about, facts=facts)
    transaction.on_commit(partial(_write_line, event), robust=True)
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except DatabaseError as error:
        _log.error("The security event %s was not stored: %s", kind, error)


def _event(
    kind: SecurityKind, *, actor: User | None, request: HttpRequest | None, about: str, facts: dict[str, Any]
) -> SecurityEvent:
    request = request or current_request()
    if actor is None and request is not None:
        user = getattr(request, "user", None)
        actor = user if isinstance(user, User) else getattr(user, "_wrapped", None)
        actor = actor if isinstance(actor, User) else None
    return SecurityEvent(
        kind=kind,
        actor=actor,
        actor_name=printable(actor.username, 150) if actor else "",
        network=network_of(request) if request else "",
        request_id=id_of(request),
        about=printable(about, _LONGEST),
        facts={name: _bounded(value) for name, value in facts.items()},
    )


def _bounded(value: str | int | list[str]) -> str | int | list[str]:
    if isinstance(value, list):
        return [printable(text, _LONGEST_FACT) for text in value[:10]]
    return value if isinstance(value, int) else printable(value, _LONGEST_FACT)


def _write_line(event: SecurityEvent) -> None:
    """One JSON object in ASCII, so a reader of the log sees every character as it was sent."""
    line = {
        "event": str(event.kind),
        "actor": event.actor_name,
        "network": event.network,
        "request": event.request_id,
        "about": event.about,
        **event.facts,
    }
    _log.info("%s", json.dumps(line))


class RefusalMiddleware:
    """Writes down each page of the desk that was refused to somebody who is signed in: status 403.

    This is after the transaction of the act, which the refusal has rolled back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.FORBIDDEN and request.user.is_authenticated:
            note(
                SecurityKind.REFUSED,
                actor=request.user,
                request=request,
                about=request.path,
                method=str(request.method),
            )
        return response


# What others report by a signal


def connect() -> None:
    """Write an event for each of these signals."""
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_failed)
    address_refused.connect(_refused_address)
    unexpected_fields.connect(_found_unexpected_fields)
    exported.connect(_exported)
    password_set.connect(_password_set)


def _signed_in(*, request: HttpRequest, user: User, **_: object) -> None:
    note(SecurityKind.SIGN_IN, actor=user, request=request)


def _signed_out(*, request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:
        note(SecurityKind.SIGN_OUT, actor=user, request=request)


def _failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object) -> None:
    """A name that nobody has isn't kept, because people type their password there by mistake."""
    typed = str(credentials.get("username") or "")
    known = User.objects.filter(username=typed.replace("\0", "")).exists()
    note(SecurityKind.SIGN_IN_FAILED, request=request, about=typed if known else "")


def _password_set(*, person: User, **_: object) -> None:
    """On a page of ours the view writes how; here is every other way, such as `changepassword` and `demo_people`."""
    if current_request() is None:
        note(SecurityKind.PASSWORD, about=person.username, by="command line")


def _refused_address(*, host: str, port: int | None, **_: object) -> None:
    """Outside of a request only the log has it: whoever sends webhooks stores why a message failed with the message."""
    facts: dict[str, Any] = {} if port is None else {"port": port}
    if current_request():
        note(SecurityKind.REFUSED_ADDRESS, about=host, **facts)
    else:
        _write_line(_event(SecurityKind.REFUSED_ADDRESS, actor=None, request=None, about=host, facts=facts))


def _found_unexpected_fields(*, request: HttpRequest, names: list[str], **_: object) -> None:
    note(SecurityKind.UNEXPECTED_FIELDS, request=request, about=request.path, names=names)


def _exported(*, request: HttpRequest, about: str, rows: int, **_: object) -> None:
    note(SecurityKind.EXPORT, request=request, about=about, rows=rows)
