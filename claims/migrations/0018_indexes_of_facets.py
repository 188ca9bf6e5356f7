import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# Not in the migration before, whose columns would keep readers waiting until all rows have their values.
FILL = """
UPDATE claims_claimfacets AS row SET claimed_from = claim.claimed_from, claimed_until = claim.claimed_until
FROM claims_publishedclaim AS claim WHERE claim.id = row.published_id
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0017_days_beside_the_facets")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
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
