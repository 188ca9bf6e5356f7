import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0044_refreshes_of_the_record"),
    ]

    operations = [
        migrations.CreateModel(
            name="PictureFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sha256",
                    models.CharField(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9a-f]{64}\\Z", "64 hexadecimal digits in lower case."
                            )
                        ],
                    ),
                ),
                ("media_type", models.CharField(choices=[("image/jpeg", "JPEG"), ("image/png", "PNG")], max_length=20)),
                ("width", models.PositiveIntegerField(help_text="In pixels.")),
                ("height", models.PositiveIntegerField(help_text="In pixels.")),
            ],
            options={
                "verbose_name": "file of a picture",
                "verbose_name_plural": "files of pictures",
                "ordering": ["sha256"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("height__gte", 1), ("sha256__regex", "^[0-9a-f]{64}$"), ("width__gte", 1)),
                        name="picture_file_has_a_hash_and_a_size",
                        violation_error_message="A picture needs the SHA-256 of its bytes, and its size.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")),
                (
                    "alt",
                    models.CharField(
                        help_text="What it shows, in a sentence, for readers who don't see it.",
                        max_length=1000,
                        verbose_name="text instead of the picture",
                    ),
                ),
                (
                    "credit",
                    models.CharField(
                        help_text="Who made it: “Ana Kovač”, “Our chart, data: Eurostat”.", max_length=300
                    ),
                ),
                (
                    "caption",
                    models.TextField(blank=True, help_text="The words below it. Readers see them with the credit."),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="claims.claim"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pictures", to="claims.picturefile"
                    ),
                ),
            ],
            options={
                "ordering": ["claim", "order"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alt", ""), _negated=True), models.Q(("credit", ""), _negated=True)
                        ),
                        name="picture_says_what_it_shows_and_who_made_it",
                        violation_error_message="Say what the picture shows, and who made it.",
                    ),
                    models.UniqueConstraint(
                        fields=("claim", "file"),
                        name="picture_once_per_claim",
                        violation_error_message="The claim has this picture already.",
                    ),
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("claim", "order"),
                        name="picture_order_once_per_claim",
                    ),
                ],
            },
        ),
    ]
