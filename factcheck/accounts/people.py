"""What chief editors do with accounts: invite, make a link, confirm, change. One function an act, with its event.

Nobody sets another's password, and no account signs because of one person alone: whoever invites a person, makes them
a link or changes their names isn't the one who confirms them, and only confirmed people do any of it. So nobody can
make a second account for themself and sign with it.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User

# Readers see these under what a person signed.
NAMES = ("username", "first_name", "last_name")


class Refused(Exception):
    """An act that this person may not do. The text says why and what to do."""


class Outdated(Refused):
    """The account isn't any longer what the person saw."""


@transaction.atomic
def invite(person: User, *, roles: Iterable[Group], by: User | None) -> None:
    """Store a new account without a password. Without `by` the command line invites, and the account is confirmed.

    Raises Refused if `by` isn't confirmed.
    """
    if by is not None:
        _check_confirmed(by)
        _unconfirm(person, by)
    person.is_staff = True
    person.set_unusable_password()
    person.save(force_insert=True)
    person.groups.set(roles)
    names = [group.name for group in person.groups.all()]
    security.note(SecurityKind.INVITATION, actor=by, about=person.username, roles=names)


@transaction.atomic
def renew(person: User, *, by: User) -> User:
    """End the password, the sessions and the links of a person who gets a new link, and the confirmation.

    Otherwise a chief editor could take over a colleague's account and sign as a second person. Raises Refused.
    """
    person = _locked(person)
    check_other(person, by)
    if not person.is_active:
        raise Refused(_("This account is deactivated. Activate it, then make a link."))
    _unconfirm(person, by)
    person.set_unusable_password()
    person.save(update_fields=["password", *_STANDING])
    security.note(SecurityKind.LINK, actor=by, about=person.username)
    return person


@transaction.atomic
def confirm(person: User, *, by: User | None, as_read: str | None = None) -> None:
    """Let a person submit and sign. Without `by` the command line confirms.

    `as_read` is the fingerprint of the account that `by` saw. Raises Refused, also before the person has a password:
    until then whoever has the link can set one, and would sign in their name. Raises Outdated.
    """
    person = _locked(person)
    check_confirm(person, by)
    if as_read is not None and as_read != fingerprint(person):
        raise Outdated(_("This account has changed since you opened this page. Look at it again, then confirm."))
    person.confirm(by)
    security.note(SecurityKind.CONFIRMATION, actor=by, about=person.username)


def check_confirm(person: User, by: User | None) -> None:
    """Raises Refused if `by` can't confirm that person."""
    if by is not None:
        check_other(person, by)
        if person.invited_by_id == by.pk:
            raise Refused(
                _("You invited this person, made their link or changed their names. Ask another chief editor.")
            )
    if person.is_confirmed:
        raise Refused(_("This person is already confirmed."))
    if not person.has_usable_password():
        raise Refused(_("This person hasn't set a password yet. Confirm them when they have signed in."))


def fingerprint(person: User) -> str:
    """What a confirmation is about: the names, the password, and who invited or changed the person last."""
    told = [*(getattr(person, name) for name in NAMES), person.password, person.invited_by_id, person.is_active]
    return salted_hmac("factcheck.accounts.confirm", repr([person.pk, *told]), algorithm="sha256").hexdigest()


@transaction.atomic
def change(person: User, changed: dict[str, Any], *, by: User) -> None:
    """Store these fields of an account. Other names end its confirmation; another e-mail address doesn't.

    Raises Refused if `by` isn't confirmed, and for names of an account that somebody else invited or made a link for
    and nobody has confirmed since: they could use that link, and confirm themself when another's name is on it.
    """
    _check_confirmed(by)
    before = _locked(person)
    changed = {name: value for name, value in changed.items() if getattr(before, name) != value}
    stored = list(changed)
    if set(changed) & set(NAMES):
        if not before.is_confirmed and before.invited_by is not None and before.invited_by != by:
            sentence = _(
                "This person isn't confirmed yet, so only %(name)s can change their names. "
                "Confirm them first, or make a new link for them."
            )
            raise Refused(sentence % {"name": before.invited_by.signature})
        _unconfirm(person, by)
        stored += _STANDING
        facts: dict[str, Any] = {
            name: f"{getattr(before, name)} → {changed[name]}" for name in NAMES if name in changed
        }
        security.note(SecurityKind.NAMES, actor=by, about=before.username, **facts)
    if "email" in changed:
        security.note(SecurityKind.NAMES, actor=by, about=before.username, email="changed")
    if stored:
        person.save(update_fields=stored)
    if "is_active" in changed:
        kind = SecurityKind.ACTIVATION if person.is_active else SecurityKind.DEACTIVATION
        security.note(kind, actor=by, about=person.username)
    beyond: dict[str, Any] = {name: str(changed[name]) for name in ("is_staff", "is_superuser") if name in changed}
    if beyond:
        security.note(SecurityKind.ROLE, actor=by, about=person.username, **beyond)


def set_mail(person: User, *, wanted: bool) -> None:
    """Store whether the person gets mails about claims. Only the person does this."""
    User.objects.filter(pk=person.pk).update(wants_mail=wanted)


def note_roles(person: User, before: Iterable[str], after: Iterable[str], *, by: User) -> None:
    """Write down a change of the roles of a person."""
    if set(before) != set(after):
        security.note(SecurityKind.ROLE, actor=by, about=person.username, before=sorted(before), after=sorted(after))


# Links


def link_for(person: User) -> str:
    """The address where the person sets a password. It works once, for `INVITATION_DAYS`, and only as the newest.

    It begins with `SITE_URL`, whatever host the request named.
    """
    user = urlsafe_base64_encode(force_bytes(person.pk))
    token = default_token_generator.make_token(person)
    return settings.SITE_URL + reverse("set_password", args=[user, token])


def mail_link(person: User, link: str) -> bool:
    """Send the link to the person. Returns False if there is no mail server, no address, or the mail can't be sent."""
    if not (settings.EMAIL_HOST and person.email):
        return False
    subject = _("Your account at %(site)s") % {"site": settings.SITE_NAME}
    text = _(
        "Set your password here:\n\n%(link)s\n\nThe link works once, for %(days)d days. "
        "Your user name is %(username)s.\n"
    )
    values = {"link": link, "days": settings.INVITATION_DAYS, "username": person.username}
    try:
        return bool(send_mail(subject, text % values, None, [person.email]))
    except OSError:  # what smtplib raises, too
        return False


# What the acts share

_STANDING = ["invited_by", "confirmed_by", "confirmed_at"]


def check_other(person: User, by: User) -> None:
    """Raises Refused if `by` can't do this to that account: their own, or while they aren't confirmed themself."""
    if person.pk == by.pk:
        raise Refused(_("This is your own account. Ask another chief editor."))
    _check_confirmed(by)


def _check_confirmed(by: User) -> None:
    if not by.is_confirmed:
        raise Refused(_("Your account isn't confirmed yet. Ask another chief editor to confirm it."))


def _unconfirm(person: User, by: User) -> None:
    """Until another than `by` confirms the person, they can't sign."""
    person.invited_by, person.confirmed_by, person.confirmed_at = by, None, None


def _locked(person: User) -> User:
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
