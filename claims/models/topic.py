from django.db import models
from django.db.models.functions import Lower

from factcheck.core.fields.keys import KeyManager, own_slug
from factcheck.core.fields.names import check_reading_order
from factcheck.core.fields.translations import CheckTranslations, is_list

TOPIC_WORDS = CheckTranslations("name", "description", longest=200)


class Topic(models.Model):
    """A subject that claims are about and that readers can browse."""

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    name = models.CharField(max_length=200, unique=True, validators=[check_reading_order])
    description = models.TextField(blank=True, help_text="Readers see it on the topic's page.")
    translations = models.JSONField(default=list, blank=True, validators=[TOPIC_WORDS])

    objects = KeyManager("slug")

    class Meta:
        ordering = [Lower("name")]
        constraints = [is_list("translations", name="topic_translations_are_a_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def details(self) -> list[str]:
        """What tells this topic from one whose name looks alike."""
        return [own_slug(self.slug, self.name)]

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
