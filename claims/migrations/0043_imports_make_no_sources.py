from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0042_ratings_can_be_retired"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="importedrow",
            name="source",
        ),
        migrations.AlterField(
            model_name="importrun",
            name="target",
            field=models.CharField(
                choices=[("foreign", "Fact-checks by others"), ("claims", "Claims")],
                max_length=20,
                verbose_name="imports",
            ),
        ),
    ]
