from django.db import migrations

# A trigger before an UPDATE makes PostgreSQL lock the row as if its key changed, whatever the values are. Then nobody
# can store a row that refers to it, and who waits for that can hold what the first one waits for.
TABLES = {
    "claimant": "claims_claimant",
    "topic": "claims_topic",
    "source": "sources_source",
    "publisher": "sources_publisher",
}


def triggers(time: str) -> str:
    return "".join(
        f"DROP TRIGGER {kind}_slug_is_free ON {table};"
        f"CREATE TRIGGER {kind}_slug_is_free {time} INSERT OR UPDATE OF slug ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION claims_refuse_merged_slug('{kind}');"
        for kind, table in TABLES.items()
    )


class Migration(migrations.Migration):
    dependencies = [("claims", "0028_a_text_restored")]

    operations = [migrations.RunSQL(triggers("AFTER"), triggers("BEFORE"))]
