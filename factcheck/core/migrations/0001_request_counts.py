from django.db import migrations

# Room beside each row, so that counting up need not touch an index.
TABLE = """
    CREATE UNLOGGED TABLE core_request_count (
        network bigint PRIMARY KEY, ends timestamptz NOT NULL, requests integer NOT NULL
    ) WITH (fillfactor = 50)
"""
INDEX = "CREATE INDEX core_request_count_ends ON core_request_count (ends)"


class Migration(migrations.Migration):
    """A table without a model: no code but `factcheck.core.limits` reads it, and no export carries it.

    Unlogged, because a crash may well forget who asked how often; then counting waits for no disk.
    """

    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [migrations.RunSQL([TABLE, INDEX], "DROP TABLE core_request_count")]
