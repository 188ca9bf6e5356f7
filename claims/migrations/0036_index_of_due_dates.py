from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0035_comments_due_dates_and_kept_lists")]

    operations = [
        AddIndexConcurrently(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("due_on__isnull", False)), fields=["due_on"], name="claim_by_due_date"
            ),
        ),
    ]
