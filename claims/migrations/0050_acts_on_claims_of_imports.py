import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("claims", "0049_words_stay_in_their_row"),
    ]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="task",
            field=models.CharField(
                blank=True, choices=[("submit", "Submitting"), ("publish", "Publishing")], default="", max_length=20
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="importrun",
            name="task_at",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="importrun",
            name="task_by",
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
                condition=models.Q(("task", ""), ("task_by__isnull", False), _connector="OR"),
                name="import_run_task_is_done_by_somebody",
                violation_error_message="Acts on claims are done by a person.",
            ),
        ),
    ]
