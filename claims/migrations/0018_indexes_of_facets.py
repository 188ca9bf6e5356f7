import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0017_days_beside_the_facets")]

    operations = [
        AddIndexConcurrently(
            model_name="claimfacets",
            index=models.Index(
                models.Func(models.F("published"), function="hashint8", output_field=models.IntegerField()),
                name="facets_sample",
            ),
        ),
        AddIndexConcurrently(
            model_name="claimfacets",
            index=django.contrib.postgres.indexes.GinIndex(fields=["facets"], name="facets_values", fastupdate=False),
        ),
        AddIndexConcurrently(
            model_name="claimfacets",
            index=models.Index(fields=["claimed_from"], name="facets_claimed_from"),
        ),
        AddIndexConcurrently(
            model_name="claimfacets",
            index=models.Index(fields=["claimed_until"], name="facets_claimed_until"),
        ),
    ]
