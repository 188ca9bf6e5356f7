from django.db import migrations

# See claims/migrations/0029: everything that a person does refers to their row.
TRIGGER = """
DROP TRIGGER initials_stay ON accounts_user;
CREATE TRIGGER initials_stay {time} UPDATE ON accounts_user FOR EACH ROW
    WHEN (OLD.initials <> '' AND OLD.initials IS DISTINCT FROM NEW.initials)
    EXECUTE FUNCTION accounts_refuse_other_initials();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_plain_words")]

    operations = [migrations.RunSQL(TRIGGER.format(time="AFTER"), TRIGGER.format(time="BEFORE"))]
