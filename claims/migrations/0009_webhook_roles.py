from django.db import migrations

CHIEF = [
    *(("subscriber", f"{action}_subscriber") for action in ("view", "add", "change")),
    ("delivery", "view_delivery"),
]


def add(apps, schema_editor):
    """Django makes permissions only after all migrations have run, so those that the role needs are made here."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Chief editor")
    for model, codename in CHIEF:
        content_type, _ = ContentType.objects.get_or_create(app_label="claims", model=model)
        permission, _ = Permission.objects.get_or_create(
            content_type=content_type,
            codename=codename,
            defaults={"name": f"Can {codename.replace('_', ' ')}"},
        )
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("claims", "0008_webhooks")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
