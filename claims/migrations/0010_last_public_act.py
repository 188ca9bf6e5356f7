from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0009_webhook_roles"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(fields=["revised_at", "slug"], name="published_last_act"),
        ),
    ]
