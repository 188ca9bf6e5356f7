from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sources", "0001_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="summary",
            field=models.TextField(
                blank=True,
                help_text="For an article you check: what it says, in about three sentences.",
                verbose_name="in short",
            ),
        ),
    ]
