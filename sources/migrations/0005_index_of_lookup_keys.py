from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("sources", "0004_addresses_as_browsers_read_them"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="source",
            index=models.Index(fields=["lookup_key"], name="source_lookup_key"),
        ),
    ]
