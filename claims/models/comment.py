from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.models.claim import Claim


class CommentQuerySet(models.QuerySet["Comment"]):
    """Comments on claims."""

    def open(self) -> "CommentQuerySet":
        """The comments that nobody resolved."""
        return self.filter(resolved_at=None)


class Comment(models.Model):
    """A remark of a colleague on a claim, for the desk alone. It can be resolved, and nothing else of it
    ever changes: a trigger refuses it.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="mentions")
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["claim_id", "at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="comment_has_words", condition=~Q(text=""), violation_error_message="Write a comment."
            ),
            models.CheckConstraint(
                name="comment_resolved_by_somebody",
                condition=Q(resolved_by=None, resolved_at=None)
                | Q(resolved_by__isnull=False, resolved_at__isnull=False),
                violation_error_message="A resolved comment must name the person who resolved it.",
            ),
        ]

    def __str__(self) -> str:
        return self.text
