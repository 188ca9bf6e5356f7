from django.db import migrations, models

import factcheck.core.fields.names


class Migration(migrations.Migration):
    dependencies = [
        ("sources", "0005_index_of_lookup_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="publisher",
            name="name",
            field=models.CharField(
                max_length=200, unique=True, validators=[factcheck.core.fields.names.check_reading_order]
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="title",
            field=models.CharField(max_length=500, validators=[factcheck.core.fields.names.check_reading_order]),
        ),
    ]
