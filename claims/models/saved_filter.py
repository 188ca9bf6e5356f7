from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedFilter(models.Model):
    """A list of claims that a person keeps under a name: the filters, the search and the order of its address."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["owner", "name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_filter_name_once_per_person"),
            models.CheckConstraint(
                name="saved_filter_has_a_name", condition=~Q(name=""), violation_error_message="Give the list a name."
            ),
        ]

    def __str__(self) -> str:
        return self.name
