from django.db import models
from django.db.models.functions import Lower

from factcheck.core.fields.keys import KeyManager, own_slug


class Topic(models.Model):
    """A subject that claims are about and that readers can browse."""

    slug = models.SlugField(max_length=100, unique=True, help_text="The name in addresses. Fixed once used.")
    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, help_text="Shown to readers on the topic's page.")

    objects = KeyManager("slug")

    class Meta:
        ordering = [Lower("name")]

    def __str__(self) -> str:
        return self.name

    @property
    def details(self) -> list[str]:
        """What tells this topic from one whose name looks alike."""
        return [own_slug(self.slug, self.name)]

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
