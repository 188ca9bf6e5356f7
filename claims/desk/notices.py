"""Mails to colleagues about claims: sent back, assigned, approved, mentioned.

The act adds a row for each person in its own transaction and never waits for a mail server. `manage.py send_notices`
sends the rows. A mail has the claim's title and a link, and nothing else of a claim.
"""

import logging
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from claims.choices import NoticeKind
from claims.models import Claim, Notice
from factcheck.accounts.models import User
from factcheck.core.text import printable

# The waits after each failure. After the last a mail is given up.
RETRIES = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
_TITLE, _NAME = 120, 80

_log = logging.getLogger(__name__)


def tell(claim: Claim, kind: NoticeKind, *, people: Iterable[User | None], by: User) -> None:
    """Queue a mail about the claim to these people. None goes to `by`, nor to anybody who can't or won't get it.

    Without a mail server (`EMAIL_HOST`) nothing is queued.
    """
    wanted = {person.pk for person in people if person} - {by.pk}
    if not (settings.EMAIL_HOST and wanted):
        return
    Notice.objects.bulk_create(
        Notice(claim=claim, kind=kind, to=person, by=by) for person in reachable().filter(pk__in=wanted)
    )


def reachable() -> QuerySet[User]:
    """The people at the desk who have an e-mail address and want mails about claims."""
    return User.objects.filter(is_active=True, is_staff=True, wants_mail=True).exclude(email="").order_by("pk")


def send_next() -> bool:
    """Send the mail that is due first. Returns False if none is due. A failure leaves it for later.

    The row is locked meanwhile, so several senders never send one mail twice. It is deleted as soon as the server has
    taken the mail, and before we say goodbye to the server. Only a process that is killed in between sends it again,
    under the same Message-ID, so that servers and mail programs can drop the second one.
    """
    with ExitStack() as afterwards, transaction.atomic():
        due = Notice.objects.filter(due_at__lte=timezone.now()).select_for_update(skip_locked=True, of=("self",))
        notice = due.select_related("to", "by", "claim").order_by("due_at", "pk").first()
        if notice is None:
            return False
        try:
            if reachable().filter(pk=notice.to_id).exists():
                server = get_connection()
                afterwards.callback(_leave, server)
                server.open()
                server.send_messages([mail_of(notice)])
        except (OSError, ValueError) as error:  # what smtplib raises, and an address that no mail can have
            _postpone(notice, error)
        else:
            notice.delete()
    return True


def _leave(server: BaseEmailBackend) -> None:
    with suppress(OSError):  # it has the mail already
        server.close()


def mail_of(notice: Notice) -> EmailMessage:
    """The mail: one line for a subject, whatever a name or a title contains."""
    title, name = printable(notice.claim.statement, _TITLE), printable(notice.by.signature, _NAME)
    with translation.override(settings.LANGUAGE_CODE):
        subjects = {
            NoticeKind.SENT_BACK: _("%(name)s sent this back to you: %(title)s"),
            NoticeKind.ASSIGNED: _("%(name)s assigned this to you: %(title)s"),
            NoticeKind.APPROVED: _("%(name)s approved this: %(title)s"),
            NoticeKind.MENTIONED: _("%(name)s mentioned you: %(title)s"),
        }
        subject = subjects[NoticeKind(notice.kind)] % {"name": name, "title": title}
        link = settings.SITE_URL + reverse("admin:claims_claim_change", args=[notice.claim_id])
        off = settings.SITE_URL + reverse("admin:my_mail")
        text = _("%(subject)s\n\n%(link)s\n\nYou can switch these emails off: %(off)s\n")
        body = text % {"subject": subject, "link": link, "off": off}
        own = {"Message-ID": f"<{notice.message_id}@{urlsplit(settings.SITE_URL).hostname}>"}
        return EmailMessage(subject, body, None, [notice.to.email], headers=own)


def _postpone(notice: Notice, error: Exception) -> None:
    if notice.tries >= len(RETRIES):
        _log.error("A mail to person %d was given up. %s", notice.to_id, printable(str(error), 200))
        notice.delete()
        return
    notice.due_at = timezone.now() + RETRIES[notice.tries]
    notice.tries += 1
    notice.save(update_fields=["due_at", "tries"])
