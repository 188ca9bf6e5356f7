"""Pairs of rows that may be one thing."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from claims.choices import Likeness, NameKind


class LikelyDuplicate(models.Model):
    """Two rows of one kind that may be the same thing, until they are merged or somebody says that they aren't.

    The rows are named by their keys, the older one first. A pair that isn't found again is deleted, unless somebody
    decided it.
    """

    kind = models.CharField(max_length=20, choices=NameKind)
    first = models.BigIntegerField()
    second = models.BigIntegerField()
    why = models.CharField(max_length=20, choices=Likeness)
    found_at = models.DateTimeField("found", default=timezone.now)
    is_dismissed = models.BooleanField("not the same", default=False)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "-pk"]
        verbose_name = "likely duplicate"
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="duplicate_once_per_pair"),
            models.CheckConstraint(name="duplicate_names_two_in_order", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="duplicate_dismissed_with_its_time",
                condition=Q(is_dismissed=False, dismissed_at=None) | (Q(is_dismissed=True) & ~Q(dismissed_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first}, {self.second}"
