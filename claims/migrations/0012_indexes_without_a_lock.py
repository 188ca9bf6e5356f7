import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0011_synonyms")]

    operations = [
        AddIndexConcurrently(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["attributed"], name="published_attributed"),
        ),
        AddIndexConcurrently(
            model_name="claim",
            index=models.Index(
                django.db.models.functions.text.MD5(
                    django.db.models.functions.text.Lower(
                        models.Func(
                            "statement",
                            models.Value("[^[:alnum:]]+"),
                            models.Value(""),
                            models.Value("g"),
                            function="regexp_replace",
                        ),
                        output_field=models.TextField(),
                    )
                ),
                name="claim_by_statement",
            ),
        ),
    ]
