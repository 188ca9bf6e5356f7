import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0006_redaction"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(models.F("id"), "/", models.Value(2500)),
                models.OrderBy(models.F("revised_at"), descending=True),
                name="published_part",
            ),
        ),
    ]
