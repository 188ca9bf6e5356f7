from django.db import migrations

# A row that is written again as it stands (as `loaddata` does on a second run) is let through: nothing changes.
REFUSE = """
CREATE FUNCTION claims_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never updated or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Add a new row: a correction, a withdrawal, another event.';
END $$;
"""
NUMBER = """
CREATE FUNCTION claims_check_revision_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest integer;
BEGIN
    SELECT max(number) INTO newest FROM claims_revision WHERE claim_id = NEW.claim_id;
    IF NEW.number <> coalesce(newest, 0) + 1 THEN
        RAISE EXCEPTION 'revision % does not follow revision %', NEW.number, coalesce(newest, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_follows_its_predecessor';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_follows_its_predecessor BEFORE INSERT ON claims_revision
    FOR EACH ROW EXECUTE FUNCTION claims_check_revision_number();
"""
TABLES = {
    "claims_revision": "revision_only_grows",
    "claims_claimevent": "event_only_grows",
    "claims_correction": "correction_only_grows",
}


class Migration(migrations.Migration):
    replaces = [("claims", "0002_record_only_grows")]
    dependencies = [("claims", "0001_claims_record_and_search")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION claims_refuse_change();"),
        migrations.RunSQL(
            NUMBER,
            "DROP TRIGGER revision_follows_its_predecessor ON claims_revision;"
            "DROP FUNCTION claims_check_revision_number();",
        ),
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER {name}_update BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION claims_refuse_change();"
                f"CREATE TRIGGER {name}_delete BEFORE DELETE ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION claims_refuse_change();",
                f"DROP TRIGGER {name}_update ON {table}; DROP TRIGGER {name}_delete ON {table};",
            )
            for table, name in TABLES.items()
        ],
    ]
