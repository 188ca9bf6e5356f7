from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0013_sources_may_be_copies")]

    operations = [
        AddIndexConcurrently(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "corrected")), _negated=True),
                fields=["-logged_at"],
                name="claim_in_work_by_age",
            ),
        ),
        AddIndexConcurrently(
            model_name="claim",
            index=GinIndex(OpClass(Upper("statement"), name="gin_trgm_ops"), name="claim_statement_contains"),
        ),
        AddIndexConcurrently(
            model_name="claim",
            index=GinIndex(OpClass(Upper("slug"), name="gin_trgm_ops"), name="claim_slug_contains"),
        ),
        AddIndexConcurrently(
            model_name="claimant",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="claimant_name_contains"),
        ),
    ]
