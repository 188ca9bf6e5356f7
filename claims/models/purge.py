"""The queue of purges: which stored answers the caches in front of the site must drop."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Purge(models.Model):
    """The tags of answers that changed: a row of the queue, written in the transaction of the act that changed them.

    It's sent twice. A page that was made before the act can reach a cache just after the first purge.
    """

    tags = ArrayField(models.CharField(max_length=150))
    is_repeat = models.BooleanField(default=False)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="purge_has_tags", condition=~models.Q(tags=[]))]

    def __str__(self) -> str:
        return " ".join(self.tags)
