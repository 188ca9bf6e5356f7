from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sources", "0010_protected_sources")]

    operations = [
        AddIndexConcurrently(
            model_name="source",
            index=models.Index(condition=models.Q(("protection", "named")), fields=["id"], name="source_named_people"),
        ),
    ]
