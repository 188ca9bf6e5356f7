import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def ask_to_check_again(apps, _schema_editor):
    """Runs that were checked before batches were stored have none, so they are checked again or end here."""
    runs = apps.get_model("claims", "ImportRun").objects
    runs.filter(state__in=["checked", "waiting"]).update(state="uploaded")
    runs.filter(state="applying").update(
        state="stopped", reason="Import the file again.", ended_at=django.utils.timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("claims", "0046_words_comments_and_mails_of_the_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(help_text="The number of its last row.")),
                ("rows", models.TextField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="batches",
                        to="claims.importrun",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "number"],
                "constraints": [models.UniqueConstraint(fields=("run", "number"), name="import_batch_once_per_run")],
            },
        ),
        # To compress a batch takes longer than to write it, and it's there for a short time.
        migrations.RunSQL(
            "ALTER TABLE claims_importbatch ALTER rows SET STORAGE EXTERNAL",
            "ALTER TABLE claims_importbatch ALTER rows SET STORAGE EXTENDED",
        ),
        migrations.AddField(
            model_name="importrun",
            name="undone_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                name="import_run_undone_by_somebody_if_undone",
                condition=models.Q(undone_by=None) | models.Q(state="undone"),
                violation_error_message="Only an import that is undone says who undid it.",
            ),
        ),
        migrations.RunPython(ask_to_check_again, migrations.RunPython.noop),
    ]
