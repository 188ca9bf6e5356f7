from django.db import migrations

# An entry has the newest schema, unlike a body, which keeps the bytes that were signed.
COMPLETE = """
UPDATE claims_indexentry SET body = '{"is_copy": false, "original_address": ""}'::jsonb || body
WHERE kind IN ('article', 'source');
"""
CUT = """
UPDATE claims_indexentry SET body = body - 'is_copy' - 'original_address' WHERE kind IN ('article', 'source');
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0012_indexes_without_a_lock"), ("sources", "0007_source_may_be_a_copy")]

    operations = [migrations.RunSQL(COMPLETE, CUT)]
