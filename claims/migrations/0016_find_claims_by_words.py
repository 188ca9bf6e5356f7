import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0015_purges")]

    operations = [
        AddIndexConcurrently(
            model_name="claim",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.Value("simple"),
                    django.db.models.functions.text.Left("statement", 10_000),
                    function="to_tsvector",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                condition=models.Q(("state__in", ("published", "corrected")), _negated=True),
                name="claim_in_work_by_words",
            ),
        ),
    ]
