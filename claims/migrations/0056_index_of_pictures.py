from django.db import migrations


class Migration(migrations.Migration):
    # CREATE INDEX CONCURRENTLY can't run in a transaction.
    atomic = False

    dependencies = [("claims", "0055_index_of_reports")]

    operations = [
        # Only the versions with pictures: canonical JSON has this text exactly where the list isn't empty. Databases
        # that were upgraded before this migration came have the index from 0045, where it kept editors waiting.
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS revision_pictures ON claims_revision "
            """USING gin ((body::jsonb -> 'pictures') jsonb_path_ops) WHERE body LIKE '%"pictures":[{%'""",
            "DROP INDEX CONCURRENTLY IF EXISTS revision_pictures",
        ),
    ]
