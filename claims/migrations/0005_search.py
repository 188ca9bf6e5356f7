import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0004_roles"),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="ClaimFacets",
            fields=[
                (
                    "published",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="facets",
                        serialize=False,
                        to="claims.publishedclaim",
                    ),
                ),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
            ],
            options={
                "verbose_name_plural": "claim facets",
            },
        ),
        migrations.CreateModel(
            name="Facet",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rating", "Rating"),
                            ("topic", "Topic"),
                            ("claimant", "Claimant"),
                            ("outlet", "Outlet"),
                            ("kind", "Kind of claim"),
                            ("year", "Year it was made"),
                            ("language", "Language"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", models.CharField(max_length=100)),
                ("claims", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "published",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="claims.publishedclaim",
                    ),
                ),
                (
                    "version",
                    models.PositiveSmallIntegerField(help_text="Of the clean-up that made the words."),
                ),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), help_text="Its stems, hashed, each once.", size=None
                    ),
                ),
                (
                    "weights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(),
                        help_text="How often each word stands there, in halves.",
                        size=None,
                    ),
                ),
                ("length", models.PositiveIntegerField(help_text="The sum of the weights.")),
                (
                    "text",
                    models.TextField(help_text="All words in their order, a line for each field, for quoted phrases."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stem",
            fields=[
                ("hash", models.IntegerField(primary_key=True, serialize=False)),
                ("claims", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("claims", models.IntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(
                models.OrderBy(models.F("claimed_from"), descending=True, nulls_last=True),
                models.F("slug"),
                name="published_newest_claim",
            ),
        ),
        migrations.AddIndex(
            model_name="facet",
            index=models.Index(fields=["kind", "-claims", "value"], name="facet_by_claims"),
        ),
        migrations.AddConstraint(
            model_name="facet",
            constraint=models.UniqueConstraint(fields=("kind", "value"), name="facet_once"),
        ),
        migrations.AddIndex(
            model_name="searchrow",
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["words"], name="search_words"),
        ),
        migrations.AddIndex(
            model_name="word",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["word"], name="word_resembles", opclasses=["gin_trgm_ops"]
            ),
        ),
        # Search reads the arrays of up to 10,000 rows: they stay in the row, and the text, the longest, goes out first.
        migrations.RunSQL("ALTER TABLE claims_searchrow SET (toast_tuple_target = 4080)", migrations.RunSQL.noop),
    ]
