import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0050_acts_on_claims_of_imports"),
    ]

    operations = [
        migrations.AddField(
            model_name="picturefile",
            name="kept_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, help_text="When it was last uploaded."
            ),
        ),
    ]
