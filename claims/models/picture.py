from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import PictureType
from claims.models.claim import Claim
from factcheck.core.fields.keys import KeyManager


class PictureFile(models.Model):
    """A picture that was uploaded, as the desk knows it. Its bytes are in Django's storage under their hash."""

    sha256 = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[0-9a-f]{64}\Z", "64 hexadecimal digits in lower case.")],
    )
    media_type = models.CharField(max_length=20, choices=PictureType)
    width = models.PositiveIntegerField(help_text="In pixels.")
    height = models.PositiveIntegerField(help_text="In pixels.")
    kept_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When it was last uploaded.")

    objects = KeyManager("sha256")

    class Meta:
        ordering = ["sha256"]
        verbose_name = "file of a picture"
        verbose_name_plural = "files of pictures"
        constraints = [
            models.CheckConstraint(
                name="picture_file_has_a_hash_and_a_size",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$", width__gte=1, height__gte=1),
                violation_error_message="A picture needs the SHA-256 of its bytes, and its size.",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    def natural_key(self) -> tuple[str]:
        return (self.sha256,)

    @property
    def ending(self) -> str:
        """What the name of the file ends with: jpg or png."""
        return PictureType(self.media_type).ending


class Picture(models.Model):
    """A picture in a claim's explanation, with what it shows and who made it."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="pictures")
    file = models.ForeignKey(PictureFile, on_delete=models.PROTECT, related_name="pictures")
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")
    alt = models.CharField(
        "text instead of the picture",
        max_length=1000,
        help_text="What it shows, in a sentence, for readers who don't see it.",
    )
    credit = models.CharField(max_length=300, help_text="Who made it: “Ana Kovač”, “Our chart, data: Eurostat”.")
    caption = models.TextField(blank=True, help_text="The words below it. Readers see them with the credit.")

    objects = KeyManager("claim__slug", "order")

    class Meta:
        ordering = ["claim_id", "order"]
        constraints = [
            models.CheckConstraint(
                name="picture_says_what_it_shows_and_who_made_it",
                condition=~Q(alt="") & ~Q(credit=""),
                violation_error_message="Say what the picture shows, and who made it.",
            ),
            models.UniqueConstraint(
                fields=["claim", "file"],
                name="picture_once_per_claim",
                violation_error_message="The claim has this picture already.",
            ),
            models.UniqueConstraint(
                fields=["claim", "order"],
                name="picture_order_once_per_claim",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.alt

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.order)

    natural_key.dependencies = ["claims.claim", "claims.picturefile"]  # type: ignore[attr-defined]
