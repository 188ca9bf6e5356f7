from django.db import migrations, models

# An entry has the newest schema, unlike a body, which keeps the bytes that were signed.
COMPLETE = """
UPDATE claims_indexentry SET body = '{"is_protected": false}'::jsonb || body WHERE kind IN ('article', 'source');
"""
CUT = """
UPDATE claims_indexentry SET body = body - 'is_protected' WHERE kind IN ('article', 'source');
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0022_index_of_parts"), ("sources", "0010_protected_sources")]

    operations = [
        # First: the new column holds its table until the migration ends.
        migrations.RunSQL(COMPLETE, CUT),
        migrations.AddField(
            model_name="namechange",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="Readers don't get this change: it is about a protected source.",
                verbose_name="hidden from readers",
            ),
        ),
    ]
