import orjson
from django.conf import settings
from django.db import migrations, models

import factcheck.core.fields.names
from claims.record.rows import count_origins


def recount_origins(apps, schema_editor):
    """Count the origins of published claims as `check_record` does, which the database can't."""
    rows = apps.get_model("claims", "PublishedClaim").objects.filter(origins__gt=1)
    for pk, origins, body in rows.values_list("pk", "origins", "revision__body").iterator(chunk_size=200):
        counted = count_origins(orjson.loads(body)["evidence"])
        if counted != origins:
            rows.filter(pk=pk).update(origins=counted)


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0009_words_of_an_appearance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(
            model_name="evidence",
            name="origin_key",
        ),
        migrations.AlterField(
            model_name="affiliation",
            name="name",
            field=models.CharField(
                help_text="A party, a ministry, a company. Readers see it.",
                max_length=200,
                validators=[factcheck.core.fields.names.check_reading_order],
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="headline",
            field=models.CharField(
                blank=True,
                help_text="What you found, in one short true sentence. Readers see it as the heading of the page and in previews. Without it they see the rating and the claim.",
                max_length=200,
                validators=[factcheck.core.fields.names.check_reading_order],
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="statement",
            field=models.TextField(
                help_text="One statement that can be checked, in our own neutral words.",
                validators=[factcheck.core.fields.names.check_reading_order],
                verbose_name="claim",
            ),
        ),
        migrations.AlterField(
            model_name="claimant",
            name="name",
            field=models.CharField(max_length=200, validators=[factcheck.core.fields.names.check_reading_order]),
        ),
        migrations.AlterField(
            model_name="rating",
            name="label",
            field=models.CharField(
                help_text="What readers see: “Mostly false”.",
                max_length=100,
                validators=[factcheck.core.fields.names.check_reading_order],
            ),
        ),
        migrations.AlterField(
            model_name="topic",
            name="name",
            field=models.CharField(
                max_length=200, unique=True, validators=[factcheck.core.fields.names.check_reading_order]
            ),
        ),
        migrations.RunPython(recount_origins, migrations.RunPython.noop),
    ]
