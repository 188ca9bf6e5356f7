from django.db import migrations, models


def add(apps, schema_editor):
    """Give the right to chief editors; Django makes permissions only after all migrations have run."""
    claim, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="claims", model="claim")
    right, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=claim,
        codename="redact_claim",
        defaults={"name": "Can redact earlier versions of published claims"},
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Chief editor"):
        group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_search")]

    operations = [
        migrations.AlterModelOptions(
            name="claim",
            options={
                "ordering": ["-logged_at", "-pk"],
                "permissions": [
                    ("change_any_claim", "Can change claims of others"),
                    ("assign_claim", "Can assign claims"),
                    ("submit_claim", "Can submit claims for review"),
                    ("send_back_claim", "Can send claims back"),
                    ("approve_claim", "Can approve claims"),
                    ("publish_claim", "Can publish, correct and rerate claims"),
                    ("withdraw_claim", "Can withdraw published claims"),
                    ("redact_claim", "Can redact earlier versions of published claims"),
                    ("decline_claim", "Can decline claims"),
                    ("rename_in_record", "Can change names that readers see"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="claimevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("claim.logged", "Logged"),
                    ("claim.edited", "Edited"),
                    ("claim.assigned", "Assigned"),
                    ("claim.started", "Research started"),
                    ("claim.submitted", "Submitted for review"),
                    ("claim.sent-back", "Sent back"),
                    ("claim.approved", "Approved"),
                    ("claim.published", "Published"),
                    ("claim.corrected", "Corrected"),
                    ("claim.rerated", "Rerated"),
                    ("claim.renamed", "A name it shows was changed"),
                    ("claim.withdrawn", "Withdrawn"),
                    ("claim.redacted", "Earlier versions redacted"),
                    ("claim.declined", "Declined"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="act",
            field=models.CharField(
                choices=[
                    ("publish", "Published"),
                    ("correct", "Corrected"),
                    ("rerate", "Rating changed"),
                    ("rename", "Name changed"),
                    ("withdraw", "Withdrawn"),
                    ("republish", "Published again"),
                    ("redact", "Earlier versions redacted"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
