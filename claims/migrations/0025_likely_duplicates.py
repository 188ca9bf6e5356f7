import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0024_merges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LikelyDuplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("claimant", "Person or outlet"),
                            ("topic", "Topic"),
                            ("rating", "Rating"),
                            ("scale", "Rating scale"),
                            ("source", "Source"),
                            ("publisher", "Publisher"),
                            ("claim", "Claim"),
                        ],
                        max_length=20,
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("second", models.BigIntegerField()),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("name", "The same name, or letters that look alike"),
                            ("address", "The same web page"),
                            ("site", "The same web site"),
                            ("wikidata", "The same entry in Wikidata"),
                            ("statement", "Nearly the same words"),
                        ],
                        max_length=20,
                    ),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="found")),
                ("is_dismissed", models.BooleanField(default=False, verbose_name="not the same")),
                ("dismissed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "likely duplicate",
                "ordering": ["kind", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="likelyduplicate",
            name="dismissed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="likelyduplicate",
            constraint=models.UniqueConstraint(fields=("kind", "first", "second"), name="duplicate_once_per_pair"),
        ),
        migrations.AddConstraint(
            model_name="likelyduplicate",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="duplicate_names_two_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="likelyduplicate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dismissed_at", None), ("is_dismissed", False)),
                    models.Q(("is_dismissed", True), models.Q(("dismissed_at", None), _negated=True)),
                    _connector="OR",
                ),
                name="duplicate_dismissed_with_its_time",
            ),
        ),
    ]
