"""Keep the words of a claim in its search row. See `SearchRow`. Older rows get theirs when they are next written."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0048_vectors_of_statements")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE claims_searchrow ALTER words SET STORAGE MAIN, ALTER weights SET STORAGE MAIN",
            "ALTER TABLE claims_searchrow ALTER words SET STORAGE EXTENDED, ALTER weights SET STORAGE EXTENDED",
        )
    ]
