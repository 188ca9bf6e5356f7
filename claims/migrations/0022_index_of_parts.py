import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0021_parts_of_a_claim")]

    operations = [
        AddIndexConcurrently(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["parts"], name="published_parts"),
        ),
    ]
