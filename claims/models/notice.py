from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils import timezone

from claims.choices import NoticeKind
from claims.models.claim import Claim


class Notice(models.Model):
    """A mail to a colleague that waits: a row of the queue, written in the transaction of the act."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=NoticeKind)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    # The Message-ID of the mail, whenever and however often it is sent.
    message_id = models.UUIDField(db_default=RandomUUID(), editable=False)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.claim}"
