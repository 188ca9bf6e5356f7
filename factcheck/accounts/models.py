"""People who work at the desk, and the names under which they sign the public record."""

import re
from itertools import chain, count
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factcheck.accounts.lookalikes import Skeleton
from factcheck.core.text import slug_from

# Sent with the `person` whose new password was stored.
password_set = Signal()


class User(AbstractUser):
    """A person who works at the desk. Never deleted once something is signed: deactivate instead.

    A person can submit and sign once their account is confirmed: by another chief editor than the one who invited
    them, or from the command line. So one person can't be two.
    """

    initials = models.CharField(
        max_length=12,
        unique=True,
        blank=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9]{0,11}\Z", _("Use up to 12 lower-case letters and digits."))],
        help_text=_("Readers see the initials next to the name. You can't change them later."),
    )
    signature_key = models.GeneratedField(
        expression=Skeleton(
            Coalesce(NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value("")), "username")
        ),
        output_field=models.CharField(max_length=400),
        db_persist=True,
    )
    invited_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    # An account that the command line makes is confirmed by it; an invitation leaves this empty.
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False, default=timezone.now)

    # Only the person changes it, on a page of their own.
    wants_mail = models.BooleanField(_("mail about claims"), default=True)

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(
                fields=["signature_key"],
                name="signature_is_one_persons",
                violation_error_message=_("Somebody else uses this name, or one that looks like it."),
            ),
            models.CheckConstraint(
                name="person_confirmed_by_another",
                condition=Q(confirmed_by=None)
                | (~Q(confirmed_by=models.F("invited_by")) & ~Q(confirmed_by=models.F("pk"))),
                violation_error_message=_(
                    "A chief editor other than the one who invited this person must confirm them."
                ),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the person, with initials of their own when they have none yet."""
        if not self.initials:
            self.initials = self.free_initials()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "initials"}
        has_new_password = self._password is not None  # type: ignore[attr-defined]
        super().save(*args, **kwargs)
        if has_new_password:
            password_set.send(sender=User, person=self)

    @property
    def signature(self) -> str:
        """The name under which this person signs the public record."""
        return self.get_full_name() or self.username

    @property
    def label(self) -> str:
        """The signature with the user name, which tells people of one name apart, for a picker."""
        return self.signature if self.signature == self.username else f"{self.signature} ({self.username})"

    @property
    def is_confirmed(self) -> bool:
        """True if this person can submit and sign."""
        return self.confirmed_at is not None

    def confirm(self, by: "User | None" = None) -> None:
        """Let this person submit and sign. Without `by` the command line confirms."""
        self.confirmed_by, self.confirmed_at = by, timezone.now()
        self.save(update_fields=["confirmed_by", "confirmed_at"])

    def free_initials(self) -> str:
        """Initials that nobody has: the first letters of the name, and a number if need be."""
        words = slug_from(self.get_full_name()).split("-")
        base = "".join(word[0] for word in words if word)[:8]
        if len(base) < len("ab"):
            base = re.sub(r"[^a-z0-9]", "", slug_from(self.username))[:8]
        base = base.lstrip("0123456789") or "p"
        taken = set(User.objects.filter(initials__startswith=base).values_list("initials", flat=True))
        return next(one for one in chain([base], (f"{base}{n}" for n in count(2))) if one not in taken)


class SecurityKind(models.TextChoices):
    """What a security event is about."""

    SIGN_IN = "sign-in", _("Signed in")
    SIGN_IN_FAILED = "sign-in-failed", _("Sign-in failed")
    SIGN_IN_LIMITED = "sign-in-limited", _("Too many sign-ins")
    SIGN_OUT = "sign-out", _("Signed out")
    PASSWORD = "password", _("Password set")
    INVITATION = "invitation", _("Person invited")
    LINK = "link", _("New link made")
    CONFIRMATION = "confirmation", _("Person confirmed")
    ROLE = "role", _("Role changed")
    ACTIVATION = "activation", _("Person activated")
    DEACTIVATION = "deactivation", _("Person deactivated")
    NAMES = "names", _("Names changed")
    APPROVE = "approve", _("Claim approved")
    PUBLISH = "publish", _("Claim published")
    CORRECT = "correct", _("Claim corrected")
    RERATE = "rerate", _("Rating of a claim changed")
    WITHDRAW = "withdraw", _("Claim withdrawn")
    REDACT = "redact", _("Claim redacted")
    RENAME = "rename", _("Change of a name accepted")
    PAGE = "page", _("Page of the newsroom published")
    EXPORT = "export", _("Data exported")
    REFUSED = "refused", _("Refused")
    REFUSED_ADDRESS = "refused-address", _("Outgoing request refused")
    UNEXPECTED_FIELDS = "unexpected-fields", _("Unexpected form fields")


class SecurityEvent(models.Model):
    """Something that matters to the security of the site. Written by `factcheck.accounts.security.note`.

    Never changed. The database refuses to delete one that is younger than 90 days.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=30, choices=SecurityKind, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("person"))
    # Also kept as text, because a user name can change.
    actor_name = models.CharField(max_length=150, blank=True, verbose_name=_("user name"))
    network = models.CharField(max_length=50, blank=True)
    request_id = models.CharField(max_length=64, blank=True, verbose_name=_("request"))
    about = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = "security event"
        ordering = ["-pk"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.actor_name} {self.about}".rstrip(": ")
