from django.db import migrations


class Migration(migrations.Migration):
    # CREATE INDEX CONCURRENTLY can't run in a transaction.
    atomic = False

    dependencies = [("claims", "0056_index_of_pictures")]

    operations = [
        # Finds the sources of a publisher in the index of names. The lists of changed names ask whether there is one.
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS entry_publisher ON claims_indexentry "
            "((body #>> '{publisher,slug}'::text[])) WHERE kind = 'source'",
            "DROP INDEX CONCURRENTLY IF EXISTS entry_publisher",
        ),
    ]
