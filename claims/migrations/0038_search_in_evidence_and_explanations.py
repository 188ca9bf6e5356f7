from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0037_imported_claims")]

    operations = [
        AddIndexConcurrently(
            model_name="claim",
            index=GinIndex(OpClass(Upper("summary"), name="gin_trgm_ops"), name="claim_summary_contains"),
        ),
        AddIndexConcurrently(
            model_name="claim",
            index=GinIndex(OpClass(Upper("explanation"), name="gin_trgm_ops"), name="claim_explanation_contains"),
        ),
        AddIndexConcurrently(
            model_name="evidence",
            index=GinIndex(OpClass(Upper("finding"), name="gin_trgm_ops"), name="evidence_finding_contains"),
        ),
    ]
