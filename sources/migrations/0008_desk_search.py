from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower, Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sources", "0007_source_may_be_a_copy")]

    operations = [
        # The claims have it too, and keep it if this is undone.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="source",
            index=models.Index(Lower("title"), models.F("slug"), name="source_by_title"),
        ),
        AddIndexConcurrently(
            model_name="source",
            index=GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="source_title_contains"),
        ),
        AddIndexConcurrently(
            model_name="source",
            index=GinIndex(OpClass(Upper("lookup_key"), name="gin_trgm_ops"), name="source_address_contains"),
        ),
        AddIndexConcurrently(
            model_name="source",
            index=GinIndex(OpClass(Upper("slug"), name="gin_trgm_ops"), name="source_slug_contains"),
        ),
    ]
