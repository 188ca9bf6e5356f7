from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0054_rows_in_the_order_of_keys")]

    operations = [
        AddIndexConcurrently(
            model_name="evidence",
            index=models.Index(condition=models.Q(("is_primary", False)), fields=["claim"], name="evidence_of_reports"),
        ),
    ]
