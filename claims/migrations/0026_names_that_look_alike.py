from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import factcheck.accounts.lookalikes


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0025_likely_duplicates")]

    operations = [
        AddIndexConcurrently(
            model_name="claimant",
            index=models.Index(factcheck.accounts.lookalikes.Skeleton("name"), name="claimant_by_skeleton"),
        ),
    ]
