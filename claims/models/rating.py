from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from claims.choices import EntryKind
from factcheck.core.fields.keys import KeyManager
from factcheck.core.fields.names import check_reading_order
from factcheck.core.fields.translations import CheckTranslations, is_list

RATING_WORDS = CheckTranslations("label", "definition", longest=100)


class RatingScale(models.Model):
    """A newsroom's set of ratings, with the numbers of its worst and best rating."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    worst = models.PositiveSmallIntegerField(default=1, help_text="The number of the rating furthest from true.")
    best = models.PositiveSmallIntegerField(default=5, help_text="The number of the rating nearest to true.")

    objects = KeyManager("slug")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="rating_scale_rises_from_one",
                condition=Q(worst__gte=1, best__gt=F("worst")),
                violation_error_message="The worst number must be 1 or more, and the best must be higher.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def clean(self) -> None:
        """Check the scale. Raises ValidationError if the number of one of its ratings would be outside it."""
        super().clean()
        if self.pk:
            outside = self.ratings.exclude(value=None).exclude(value__range=(self.worst, self.best)).first()
            if outside:
                raise ValidationError(f"“{outside}” has the number {outside.value}. Change that number first.")


class RatingQuerySet(models.QuerySet[Any]):
    """Ratings."""

    def offered(self, *, besides: int | None = None) -> Self:
        """The ratings that editors can choose, and the one with this key."""
        return self.filter(Q(is_offered=True) | Q(pk=besides))

    def for_readers(self) -> Self:
        """The ratings that are in use, and those that a published claim has."""
        entries = self.model._meta.apps.get_model("claims", "IndexEntry").objects.filter(kind=EntryKind.RATING)
        return self.filter(Q(is_offered=True) | Q(slug__in=entries.values("slug")))


class Rating(models.Model):
    """One rating of a rating scale. On the scale it has a number. Off the scale it never has one, in any output."""

    scale = models.ForeignKey(RatingScale, on_delete=models.PROTECT, related_name="ratings")
    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    label = models.CharField(
        max_length=100, validators=[check_reading_order], help_text="What readers see: “Mostly false”."
    )
    definition = models.TextField(help_text="When we give this rating. Readers see it.")
    translations = models.JSONField(default=list, blank=True, validators=[RATING_WORDS])
    on_scale = models.BooleanField(default=True)
    value = models.PositiveSmallIntegerField(
        "number",
        null=True,
        blank=True,
        help_text="Between the worst and the best of the scale. Leave empty if it isn't on the scale.",
    )
    order = models.PositiveSmallIntegerField(
        default=0, help_text="Place in lists. With the same place, the highest number comes first."
    )
    is_offered = models.BooleanField(
        "in use",
        default=True,
        help_text=(
            "Editors can choose it, and readers find it in the list of ratings. Clear this to retire a rating, or "
            "until a new one is ready. Claims that have it keep it."
        ),
    )

    objects = KeyManager.from_queryset(RatingQuerySet)("slug")

    class Meta:
        ordering = ["scale", "order", F("value").desc(nulls_last=True), "slug"]
        constraints = [
            models.CheckConstraint(
                name="rating_number_only_on_scale",
                condition=Q(on_scale=True, value__isnull=False) | Q(on_scale=False, value__isnull=True),
                violation_error_message="A rating on the scale needs a number. Leave it empty for other ratings.",
            ),
            models.UniqueConstraint(
                fields=["scale", "value"],
                name="rating_number_once_per_scale",
                violation_error_message="Another rating on this scale has this number. Choose a different one.",
            ),
            is_list("translations", name="rating_translations_are_a_list"),
        ]

    def __str__(self) -> str:
        return self.label

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = ["claims.ratingscale"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Check the rating. Raises ValidationError if its number is outside the scale."""
        super().clean()
        if self.value is not None and self.scale_id and not self.scale.worst <= self.value <= self.scale.best:
            raise ValidationError({"value": f"Choose a number from {self.scale.worst} to {self.scale.best}."})
